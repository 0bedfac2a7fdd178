#include <algorithm>

#include <fmt/format.h>

#include "hactl/verbs.h"
#include "hactl/waiting.h"

namespace hactl {
namespace {

std::string region_of(const FormationItem& item, const NodeName& node) {
  const auto found = std::ranges::find(item.status.nodes, node, &NodeStatus::name);
  return found == item.status.nodes.end() ? std::string() : found->region.value;
}

// Whether the move from `before` has been made and clients can write again.
bool moved(const FormationItem& item, const std::optional<NodeName>& before,
           const SwitchoverOptions& options) {
  if (!item.status.primary || item.status.phase != "stable") return false;
  const Condition* available = find_condition(item.status.conditions, "Available");
  if (available == nullptr || available->status != ConditionStatus::yes) return false;
  const NodeName& primary = *item.status.primary;
  if (!options.to.empty()) return primary.value == options.to;
  if (!options.to_region.empty()) return region_of(item, primary) == options.to_region;
  return !before || primary != *before;
}

}  // namespace

Result<int> run_switchover(Session& session, const SwitchoverOptions& options) {
  const Result<FormationItem> before = session.formation(options.formation);
  if (!before.ok()) return before.error();
  const std::string& name = before->formation.name.value;
  nlohmann::json body = nlohmann::json::object();
  if (!options.to.empty()) body["to"] = options.to;
  if (!options.to_region.empty()) body["to-region"] = options.to_region;
  const Result<Api*> api = session.api();
  const Result<nlohmann::json> answer =
      (*api)->send("POST", formation_path(name, "/switchover"), body);
  if (!answer.ok()) return answer.error();
  if (options.wait == Waiting::no) {
    session.terminal().out() << fmt::format("formation/{} switchover requested\n", name)
                             << std::flush;
    return kExitDone;
  }
  std::string primary;
  const Result<bool> held =
      wait_for_formation(**api, name, options.timeout, [&](const FormationItem* item) {
        if (item == nullptr || !moved(*item, before->status.primary, options)) return false;
        primary = item->status.primary->value;
        return true;
      });
  if (!held.ok()) return held.error();
  if (!*held) {
    return Error{ErrorCode::timed_out,
                 fmt::format("error: timed out waiting for the switchover of formations/{}", name)};
  }
  session.terminal().out() << fmt::format("formation/{} switched over to {}\n", name, primary)
                           << std::flush;
  return kExitDone;
}

}  // namespace hactl
