#include "planner/invariants.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/rule_switch.h"
#include "planner/candidate.h"

namespace hactl {
namespace {

void check_goals(const Plan& plan) {
  int primaries = 0;
  for (const auto& [name, goal] : plan.goals) {
    HACTL_CHECK(goal.node == name);
    const bool leads = goal.state == GoalState::promote || goal.state == GoalState::primary ||
                       goal.state == GoalState::bootstrap;
    if (!leads) continue;
    ++primaries;
    HACTL_CHECK(goal.sync.has_value());
    HACTL_CHECK(goal.sync->primary == name);
    HACTL_CHECK(!goal.sync->members.contains(name));
  }
  HACTL_CHECK(primaries <= 1);
}

void check_promotion(const FormationRecord& next) {
  if (next.phase != Phase::promote || next.system_id.value == 0) return;
  HACTL_CHECK(next.candidate.has_value() && next.target_position.has_value());
  std::set<NodeName> asked;
  for (const auto& [name, final_report] : next.finals) {
    asked.insert(name);
    HACTL_CHECK(!is_further(final_report.position, *next.target_position));
  }
  // A loss of commits is accepted in so many words, for one ballot, or not at all.
  if (std::ranges::count(next.overrides, next.epoch, &Override::epoch) > 0) return;
  if (next.recovering) return;  // Everybody was asked.
  if (!rule_holds(Rule::r3_covered)) return;
  std::vector<SyncConfig> former = to_be_covered(next.in_force, next.finals);
  std::erase_if(former, [&](const SyncConfig& config) { return config.epoch == next.epoch; });
  HACTL_CHECK(covers_all(asked, former));
}

}  // namespace

void check_invariants(const FormationRecord& record, const Plan& plan) {
  check_goals(plan);
  if (!plan.record) return;
  const FormationRecord& next = *plan.record;
  HACTL_CHECK(next.revision > record.revision);
  HACTL_CHECK(next.epoch >= record.epoch);
  HACTL_CHECK(next.timeline_max >= record.timeline_max);
  HACTL_CHECK(!next.in_force.empty() || next.phase == Phase::bootstrap || next.recovering);
  for (const SyncConfig& config : next.in_force) {
    HACTL_CHECK(config.required >= 0);
    HACTL_CHECK(static_cast<std::size_t>(config.required) <= config.members.size());
    HACTL_CHECK(std::ranges::count(next.in_force, config.epoch, &SyncConfig::epoch) <= 2);
  }
  if (next.epoch == record.epoch && record.phase == Phase::promote &&
      next.phase == Phase::promote) {
    HACTL_CHECK(next.candidate == record.candidate);
  }
  check_promotion(next);
}

}  // namespace hactl
