#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "codec/json.h"
#include "hactl/modify.h"
#include "hactl/verbs.h"
#include "hactl/waiting.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

// Beside each node that is cordoned stays what it was, so that uncordon can put it back.
constexpr std::string_view kMark = "hactl.io/cordoned.";

constexpr const char* kPriority = "candidate-priority";
constexpr const char* kMaintenance = "maintenance";

std::string mark_of(const std::string& node) {
  return std::string(kMark) + node;
}

std::vector<std::string> nodes_of(const Json& formation, const ResourceType& type,
                                  const std::string& name) {
  std::vector<std::string> nodes;
  for (const Json& region : formation["spec"]["regions"]) {
    const bool all = type.resource == Resource::region && text_at(region, "name") == name;
    for (const Json& node : region["nodes"]) {
      if (all || (type.resource == Resource::node && text_at(node, "name") == name)) {
        nodes.push_back(text_at(node, "name"));
      }
    }
  }
  return nodes;
}

// Takes the node out of what may be promoted.
void cordon(Json& formation, Json& spec) {
  Json& annotations = formation["metadata"]["annotations"];
  const std::string mark = mark_of(text_at(spec, "name"));
  if (!annotations.contains(mark)) {
    Json before = Json::object();
    if (spec.contains(kPriority)) before[kPriority] = spec[kPriority];
    annotations[mark] = dump_json(before);
  }
  spec[kPriority] = 0;
}

// What cordon and drain did.
void uncordon(Json& formation, Json& spec) {
  spec.erase(kMaintenance);
  Json& annotations = formation["metadata"]["annotations"];
  const std::string mark = mark_of(text_at(spec, "name"));
  if (!annotations.contains(mark)) return;
  const Result<Json> before = parse_json(text_at(annotations, mark.c_str()));
  annotations.erase(mark);
  if (!before.ok() || !before->is_object()) return;
  spec.erase(kPriority);
  if (before->contains(kPriority)) spec[kPriority] = (*before)[kPriority];
}

std::string_view verbed(Maintenance what) {
  switch (what) {
    case Maintenance::cordon: return "cordoned";
    case Maintenance::uncordon: return "uncordoned";
    case Maintenance::drain: return "drained";
  }
  return "";
}

bool any_leads(const FormationItem& item, const std::vector<std::string>& nodes) {
  const std::string primary = item.status.primary ? item.status.primary->value : "";
  return std::ranges::find(nodes, primary) != nodes.end();
}

// Until none of the nodes is the primary and all are stopped.
Result<Done> wait_until_left(Session& session, const std::string& formation,
                             const std::vector<std::string>& nodes, Duration timeout) {
  const Result<bool> held =
      wait_for_formation(**session.api(), formation, timeout, [&](const FormationItem* item) {
        return item != nullptr && !any_leads(*item, nodes) &&
               condition_is(*item, "Converged", ConditionStatus::yes);
      });
  if (!held.ok()) return held.error();
  if (*held) return Done{};
  return Error{
      ErrorCode::timed_out,
      fmt::format("error: timed out waiting for the condition on formations/{}", formation)};
}

}  // namespace

Result<int> run_maintenance(Session& session, const MaintenanceOptions& options) {
  const Result<Targets> targets = parse_targets(options.targets);
  if (!targets.ok()) return targets.error();
  const ResourceType& type = *targets->type;
  if (type.resource != Resource::node && type.resource != Resource::region) {
    return local_error(fmt::format("{} cannot be cordoned: name a node or a region", type.plural));
  }
  if (targets->names.empty()) return local_error("name a node or a region");
  const Result<std::string> formation = session.formation_name(options.formation);
  if (!formation.ok()) return formation.error();
  for (const std::string& name : targets->names) {
    std::vector<std::string> nodes;
    const auto change = [&](Json& object) -> Result<Done> {
      nodes = nodes_of(object, type, name);
      if (nodes.empty()) return not_found_error(type, name);
      for (const std::string& node : nodes) {
        Json& spec = **spec_of(object, type_of(Resource::node), node);
        switch (options.what) {
          case Maintenance::cordon: cordon(object, spec); break;
          case Maintenance::uncordon: uncordon(object, spec); break;
          case Maintenance::drain: spec[kMaintenance] = true; break;
        }
      }
      if (object["metadata"]["annotations"].empty()) object["metadata"].erase("annotations");
      return Done{};
    };
    const Result<Modified> modified =
        modify_formation(session, *formation, options.dry_run, change);
    if (!modified.ok()) return modified.error();
    const bool waits = options.what == Maintenance::drain && options.dry_run == DryRun::none;
    if (waits) {
      const Result<Done> left = wait_until_left(session, *formation, nodes, options.timeout);
      if (!left.ok()) return left.error();
    }
    session.terminal().out() << fmt::format("{}/{} {}{}{}\n", type.singular, name,
                                            modified->changed() || waits ? "" : "already ",
                                            verbed(options.what), dry_run_suffix(options.dry_run));
  }
  session.terminal().out() << std::flush;
  return kExitDone;
}

}  // namespace hactl
