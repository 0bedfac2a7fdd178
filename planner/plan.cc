#include "planner/plan.h"

#include <algorithm>

#include "planner/conditions.h"
#include "planner/decide.h"
#include "planner/facts.h"
#include "planner/goals.h"
#include "planner/invariants.h"

namespace hactl {

Plan plan(const FormationSpec& spec, Generation generation, const FormationRecord& record,
          const Observed& observed, Instant now) {
  Facts facts(spec, generation, record, observed, now);
  Plan result;
  NextStep step = decide(facts);
  result.record = std::move(step.record);
  result.events = std::move(step.events);
  result.decisions = std::move(step.decisions);
  result.goals = goals_of(facts, result.decisions);
  result.conditions = conditions_of(facts, result);
  result.wake_at = facts.wake_at;
  result.knocks = std::move(facts.knocks);
  result.deleted =
      record.deleting && std::ranges::all_of(facts.nodes, [](const auto& entry) {
        const NodeFacts& node = entry.second;
        // Who has not heard that its data is to go has not removed it.
        return !node.heard || (node.report->state == NodeState::dropped && node.knows_goal);
      });
  check_invariants(record, result);
  return result;
}

FormationRecord first_record(const FormationName& name, Incarnation incarnation) {
  FormationRecord record;
  record.formation = name;
  record.incarnation = incarnation;
  record.revision = Revision(1);
  return record;
}

}  // namespace hactl
