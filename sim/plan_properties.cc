#include "sim/plan_properties.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "planner/plan.h"

namespace hactl {

namespace {

constexpr std::uint64_t kCheckedEvery = 64;

}  // namespace

void PlanProperties::looked_at(const FormationLoop& loop, Instant now) {
  if (!loop.exists() || loop.last_plan().conditions.empty()) return;
  check_parameters(loop);
  if (looks_++ % kCheckedEvery != 0) return;
  check_words(loop.last_plan());
  check_fixed(loop, now);
}

// L2: what is not as specified has a reason, and either something is under way or it is blocked.
void PlanProperties::check_words(const Plan& plan) {
  const Condition* converged = find_condition(plan.conditions, "Converged");
  const Condition* progressing = find_condition(plan.conditions, "Progressing");
  if (converged == nullptr || progressing == nullptr) {
    trace_.violate("L2", "a plan does not say whether the formation is as specified");
    return;
  }
  if (converged->status == ConditionStatus::yes) return;
  const bool works = progressing->status == ConditionStatus::yes;
  if (!converged->message.empty() && (works || progressing->reason == "Blocked")) return;
  trace_.violate("L2", "not as specified, and neither at work nor blocked: " + converged->message);
}

// L2: a formation that is said to be as specified runs with the parameters of its spec.
void PlanProperties::check_parameters(const FormationLoop& loop) {
  const Condition* converged = find_condition(loop.last_plan().conditions, "Converged");
  const StoredFormation& stored = loop.stored();
  if (converged->status != ConditionStatus::yes) return;
  if (converged->observed_generation != stored.generation_in_force()) return;
  const auto& parameters = stored.spec_in_force().postgres.parameters;
  const auto wanted = parameters.find("max_connections");
  const auto primary = cluster_.servers().find(*stored.record.primary);
  if (wanted == parameters.end() || primary == cluster_.servers().end()) return;
  const std::string runs_with = std::to_string(primary->second->connections());
  if (!primary->second->running() || runs_with == wanted->second) return;
  trace_.violate("L2", "said to be as specified, and " + primary->first.value + " runs with " +
                           runs_with + " connections, not with " + wanted->second);
}

// L3: plan() answers the same to the same facts, from now to the moment before wake_at.
void PlanProperties::check_fixed(const FormationLoop& loop, Instant now) {
  const StoredFormation& stored = loop.stored();
  const auto ask = [&](Instant when) {
    return plan(stored.formation.spec, stored.generation, stored.record, loop.observed(), when);
  };
  const Plan first = ask(now);
  if (!first.wake_at || *first.wake_at <= now + Duration{1}) return;
  const Instant before = *first.wake_at - Duration{1};
  const Plan second = ask(before);
  const bool same = first.record == second.record && first.goals == second.goals &&
                    first.deleted == second.deleted && first.knocks == second.knocks;
  if (same) return;
  trace_.violate("L3", "the same facts gave another plan " +
                           std::to_string((before - now).count()) + " ms later, before wake_at");
}

}  // namespace hactl
