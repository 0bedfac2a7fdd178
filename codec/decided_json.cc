#include "codec/decided_json.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "codec/fingerprint.h"
#include "codec/goal_fields.h"
#include "codec/json_difference.h"
#include "codec/messages.h"
#include "codec/spec_json.h"
#include "codec/sync_fields.h"
#include "codec/wire.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

/// What was kept as the difference from `empty`. What is no object stays as it is, to be refused
/// where it is read.
Json whole(Json empty, const Json& kept) {
  if (!kept.is_object()) return kept;
  empty.merge_patch(kept);
  return empty;
}

/// The object's member, or null when it has none.
const Json& member(const Json& json, const char* key) {
  static const Json kNull;
  const auto found = json.find(key);
  return found == json.end() ? kNull : *found;
}

/// Sixteen digits: JSON's readers may round numbers of 64 bits.
std::string hexadecimal(std::uint64_t number) {
  constexpr std::size_t kDigits = 16;
  std::string text(kDigits, '0');
  for (std::size_t i = kDigits; i > 0; --i, number >>= 4U) {
    text[i - 1] = "0123456789abcdef"[number & 15U];
  }
  return text;
}

/// Of the goal without its secret.
std::uint64_t fingerprint_of(Goal goal) {
  goal.postgres.password.clear();
  wire::Fingerprinter fingerprinter;
  fields(fingerprinter, std::as_const(goal));
  return fingerprinter.number();
}

const Json& empty_record() {
  static const Json kEmpty = to_json(FormationRecord{});
  return kEmpty;
}

const Json& empty_report() {
  static const Json kEmpty = to_json(NodeReport{});
  return kEmpty;
}

Json spec_json(const FormationSpec& spec) {
  Formation formation;
  formation.spec = spec;
  return std::move(formation_json(formation)["spec"]);
}

Result<FormationSpec> spec_from_json(const Json& spec, const FormationName& name) {
  ParsedFormation parsed = formation_from_json(Json{{"apiVersion", "hactl/v1"},
                                                    {"kind", "Formation"},
                                                    {"metadata", {{"name", name.value}}},
                                                    {"spec", spec}});
  if (!parsed.ok()) return Error{ErrorCode::invalid, "inputs: " + to_string(parsed.problems)};
  return std::move(parsed.formation.spec);
}

}  // namespace

template <typename Archive>
void fields(Archive& archive, wire::Of<Knocked> auto& knocked) {
  archive("answer", knocked.answer);
  archive("begun-at", knocked.begun_at);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<ObservedNode> auto& node) {
  archive("received-at", node.received_at);
  archive("answers-us", node.answers_us);
  archive("knows-goal", node.knows_goal);
  archive("complete-seen", node.complete_seen);
  archive("hung-up-at", node.hung_up_at);
  archive("steady-since", node.steady_since);
}

/// All but the nodes, whose reports are kept in a way of their own.
template <typename Archive>
void fields(Archive& archive, wire::Of<Observed> auto& observed) {
  archive("knocks", observed.knocks);
  archive("started-at", observed.started_at);
  archive("phase-since", observed.phase_since);
  archive("writes-stopped-at", observed.writes_stopped_at);
  archive("last-failover", observed.last_failover);
  archive("failovers-recently", observed.failovers_recently);
  archive("moves", observed.moves);
  archive("put-back-to", observed.put_back_to);
}

namespace {

Json nodes_json(const std::map<NodeName, ObservedNode>& nodes) {
  Json object = Json::object();
  for (const auto& [name, node] : nodes) {
    Json each = wire::encode(node);
    each["report"] = difference(empty_report(), to_json(node.report));
    object[name.value] = std::move(each);
  }
  return object;
}

Result<std::map<NodeName, ObservedNode>> nodes_from_json(const Json& json) {
  std::optional<Error> error;
  std::map<NodeName, ObservedNode> nodes;
  const wire::At at{json, "inputs.observed.nodes", error};
  wire::decode(at, nodes);
  if (error) return *error;
  for (auto& [name, node] : nodes) {
    Result<NodeReport> report =
        report_from_json(whole(empty_report(), member(json[name.value], "report")));
    if (!report.ok()) return report.error().within("inputs.observed.nodes." + name.value);
    node.report = std::move(*report);
  }
  return nodes;
}

}  // namespace

Json to_json(const PlanInputs& inputs) {
  Json observed = wire::encode(inputs.observed);
  observed["nodes"] = nodes_json(inputs.observed.nodes);
  return Json{{"spec", spec_json(inputs.spec)},
              {"generation", inputs.generation.value},
              {"record", difference(empty_record(), to_json(inputs.record))},
              {"observed", std::move(observed)},
              {"now", wire::encode(inputs.now)}};
}

Result<PlanInputs> plan_inputs_from_json(const Json& json) {
  if (!json.is_object()) return Error{ErrorCode::invalid, "inputs: is not an object"};
  PlanInputs inputs;
  Result<FormationRecord> record = record_from_json(whole(empty_record(), member(json, "record")));
  if (!record.ok()) return record.error().within("inputs");
  inputs.record = std::move(*record);
  Result<FormationSpec> spec = spec_from_json(member(json, "spec"), inputs.record.formation);
  if (!spec.ok()) return spec.error();
  inputs.spec = std::move(*spec);
  const Json& observed = member(json, "observed");
  Result<Observed> seen = wire::decode_message<Observed>(observed, "inputs.observed");
  if (!seen.ok()) return seen.error();
  inputs.observed = std::move(*seen);
  Result<std::map<NodeName, ObservedNode>> nodes = nodes_from_json(member(observed, "nodes"));
  if (!nodes.ok()) return nodes.error();
  inputs.observed.nodes = std::move(*nodes);
  std::optional<Error> error;
  wire::decode(wire::At{member(json, "generation"), "inputs.generation", error}, inputs.generation);
  wire::decode(wire::At{member(json, "now"), "inputs.now", error}, inputs.now);
  if (error) return *error;
  return inputs;
}

Json answer_json(const PlanInputs& inputs, const Plan& plan) {
  Json decisions = Json::array();
  Json goals = Json::object();
  for (const auto& [name, goal] : plan.goals) {
    goals[name.value] =
        Json{{"state", to_string(goal.state)}, {"fingerprint", hexadecimal(fingerprint_of(goal))}};
  }
  for (const Decision& decision : plan.decisions) {
    if (decision.node) {
      goals[decision.node->value]["rule"] = decision.rule;
    } else {
      decisions.push_back(Json{{"rule", decision.rule}, {"why", decision.why}});
    }
  }
  Json answer{{"decisions", std::move(decisions)}, {"goals", std::move(goals)}};
  if (plan.record) answer["changes"] = difference(to_json(inputs.record), to_json(*plan.record));
  return answer;
}

Json to_json(const Decided& decided) {
  return Json{{"inputs", to_json(decided.inputs)},
              {"answer", answer_json(decided.inputs, decided.plan)}};
}

}  // namespace hactl
