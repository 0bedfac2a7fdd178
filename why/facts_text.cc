#include "why/facts_text.h"

#include <algorithm>
#include <set>

#include "base/utc.h"
#include "planner/draft.h"
#include "planner/facts.h"
#include "planner/verdict.h"

#include "why/rules.h"

namespace hactl {
namespace {

/// "0.4 s", "12.0 s", "5m32s".
std::string length_text(Duration length) {
  constexpr Duration kTenthsBelow{60'000};
  if (length >= kTenthsBelow) return age_text(length);
  const std::int64_t tenths = std::max<std::int64_t>(0, length.count()) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string at_text(const WalPosition& position) {
  return to_string(position.lsn) + " on timeline " + std::to_string(position.timeline.value);
}

std::string epoch_text(Epoch epoch) {
  return "epoch " + std::to_string(epoch.value);
}

/// What the report says that the node is, and how far.
std::string state_text(const NodeReport& report) {
  std::string text(to_string(report.state));
  if (report.primary) {
    text += report.primary->gate_open ? ", open to clients" : ", closed to clients";
    text += " in " + epoch_text(report.primary->epoch);
  }
  if (report.position.lsn.value != 0) text += ", WAL up to " + at_text(report.position);
  if (const auto source = receiving_from(report)) {
    text += ", receives from " + source->first.value + " of " + epoch_text(source->second);
  } else if (report.state == NodeState::standby) {
    text += ", receives from nobody";
  }
  return text;
}

std::string node_text(const Facts& facts, const NodeName& name) {
  const NodeFacts& node = facts.node(name);
  if (node.report == nullptr) return "its agent has not been heard";
  const std::string ago = length_text(facts.now - node.heard_at);
  std::string text = node.heard ? "heard " + ago + " ago: " : "not heard for " + ago + ", was: ";
  text += state_text(*node.report);
  if (node.hung_up_at)
    text += "; its agent hung up " + length_text(facts.now - *node.hung_up_at) + " ago";
  if (node.final) text += "; gave its last word to " + epoch_text(facts.record.epoch);
  if (node.heard && !node.knows_goal) text += "; has not answered its present goal";
  if (node.forgot || node.excluded) text += "; forgot what it once knew, so counts as lost";
  if (node.heard && !node.report->doing.empty()) text += "; is at: " + node.report->doing;
  if (node.heard && node.report->problem) {
    text += "; reports " + node.report->problem->reason + ": " + node.report->problem->message;
  }
  return text;
}

std::string member_text(const NodeFacts& node) {
  if (!node.member) return "not in the spec any more";
  return "region " + node.member->region.value + ", candidate-priority " +
         std::to_string(node.member->candidate_priority) + ", replication-quorum " +
         (node.member->replication_quorum ? "true" : "false");
}

std::string primary_text(const Facts& facts) {
  const std::optional<NodeName>& primary = facts.record.primary;
  if (!primary) return "there has been none yet";
  if (facts.primary_open()) return primary->value + ", open to clients";
  return primary->value + ", not known to be open";
}

std::string verdict_text(Facts& facts) {
  const Verdict verdict = judge_primary(facts);
  const std::string is = !verdict.dead ? " is not lost" : verdict.ill ? " is given up" : " is lost";
  return facts.record.primary->value + is + " by rule " + rule_title(verdict.rule) + ": " +
         verdict.why;
}

/// Those of the setting's members that stream from the primary.
std::string streaming_text(const Facts& facts, const SyncConfig& setting) {
  std::set<NodeName> names;
  for (const NodeName& member : setting.members) {
    const auto found = facts.nodes.find(member);
    if (found != facts.nodes.end() && found->second.sender != nullptr) names.insert(member);
  }
  return names.empty() ? "none of them streams" : "streaming: " + join(names);
}

std::string commits_text(const Facts& facts) {
  const std::vector<SyncConfig>& in_force = facts.record.in_force;
  if (in_force.empty()) return "what they wait for is not known";
  const SyncConfig& last = in_force.back();
  std::string text = last.required == 0 ? "wait for no standby" : "wait for " + to_string(last);
  if (last.required > 0 && facts.primary_report() != nullptr) {
    text += "; " + streaming_text(facts, last);
  }
  for (std::size_t i = 0; i + 1 < in_force.size(); ++i) {
    text += (i == 0 ? "; may still be in force: " : ", ") + to_string(in_force[i]) + " of " +
            epoch_text(in_force[i].epoch);
  }
  return text;
}

/// Who has said how far it is, and who has not.
std::string ballot_text(const Facts& facts) {
  std::string given;
  std::set<NodeName> missing;
  for (const auto& [name, node] : facts.nodes) {
    const auto kept = facts.record.finals.find(name);
    std::optional<Position> last;
    if (kept != facts.record.finals.end()) last = kept->second.position;
    if (node.final) last = node.position;
    if (!last) {
      missing.insert(name);
      continue;
    }
    given += (given.empty() ? "" : ", ") + name.value + " " + to_string(last->lsn) + " of " +
             epoch_text(last->epoch);
  }
  return "last words: " + (given.empty() ? "none" : given) +
         (missing.empty() ? "" : "; not given by " + join(missing));
}

std::string request_text(const MoveRequest& request) {
  if (request.to) return "a switchover to " + request.to->value + " is asked for";
  if (request.to_region) return "a switchover to region " + request.to_region->value;
  return "a switchover to the best candidate is asked for";
}

void add_phase(const Facts& facts, std::vector<Fact>& lines) {
  const FormationRecord& record = facts.record;
  lines.push_back({"phase", phase_text(record.phase) + ", for " +
                                length_text(facts.now - facts.observed.phase_since)});
  if (record.recovering) lines.push_back({"store", "was put back: older than its nodes"});
  if (record.phase == Phase::collect) lines.push_back({"ballot", ballot_text(facts)});
  if (record.candidate) {
    std::string text = record.candidate->value;
    if (record.target_position)
      text += ", to hold WAL up to " + to_string(record.target_position->lsn);
    if (record.donor) text += ", which it fetches from " + record.donor->value;
    lines.push_back({"candidate", text});
  }
  if (record.request) lines.push_back({"request", request_text(*record.request)});
  if (record.failover) {
    lines.push_back({"request", "a failover is asked for by " + record.failover->by});
  }
}

void add_primary(Facts& facts, std::vector<Fact>& lines) {
  lines.push_back({"primary", primary_text(facts)});
  if (!facts.record.primary) return;
  // Once another is being sought, it is judged no more.
  const Phase phase = facts.record.phase;
  const bool judged = phase == Phase::stable || phase == Phase::reconfigure;
  if (judged) lines.push_back({"verdict", verdict_text(facts)});
  lines.push_back({"commits", commits_text(facts)});
}

Facts facts_of(const PlanInputs& inputs) {
  return {inputs.spec, inputs.generation, inputs.record, inputs.observed, inputs.now};
}

}  // namespace

std::string phase_text(Phase phase) {
  const std::string name(to_string(phase));
  switch (phase) {
    case Phase::bootstrap: return name + " (no data yet)";
    case Phase::stable: return name + " (one primary, one synchronous setting)";
    case Phase::reconfigure: return name + " (a new synchronous setting is being proven)";
    case Phase::switchover: return name + " (the old primary stops, another takes over)";
    case Phase::collect: return name + " (a ballot: every node says how far it is)";
    case Phase::promote: return name + " (the chosen node takes over)";
  }
  return name;
}

std::string goal_text(const Goal& goal) {
  std::string text(to_string(goal.state));
  const bool demote = goal.state == GoalState::demote;
  if (goal.upstream && goal.state != GoalState::promote) {
    text += (demote ? ", hands over to " : ", from ") + goal.upstream->node.value;
  }
  if (goal.sync && goal.state != GoalState::standby && goal.state != GoalState::rebuild) {
    text += goal.sync->required == 0 ? ", commits wait for no standby"
                                     : ", commits wait for " + to_string(*goal.sync);
  }
  if (goal.position) text += ", WAL up to " + at_text(*goal.position);
  return text;
}

std::vector<Fact> facts_of_node(const PlanInputs& inputs, const NodeName& node) {
  Facts facts = facts_of(inputs);
  const auto found = facts.nodes.find(node);
  if (found == facts.nodes.end()) return {{node.value, "is not known to the formation"}};
  std::vector<Fact> lines{{node.value, member_text(found->second)},
                          {node.value, node_text(facts, node)}};
  add_primary(facts, lines);
  const std::optional<NodeName>& primary = facts.record.primary;
  if (primary && *primary != node && facts.nodes.contains(*primary)) {
    lines.push_back({primary->value, node_text(facts, *primary)});
  }
  add_phase(facts, lines);
  return lines;
}

std::vector<Fact> facts_of_formation(const PlanInputs& inputs) {
  Facts facts = facts_of(inputs);
  std::vector<Fact> lines;
  add_primary(facts, lines);
  add_phase(facts, lines);
  for (const auto& [name, node] : facts.nodes)
    lines.push_back({name.value, node_text(facts, name)});
  return lines;
}

}  // namespace hactl
