#include "why/replay.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "planner/plan.h"

namespace hactl {
namespace {

Error unsound(const std::string& what) {
  return Error{ErrorCode::invalid, "the record " + what};
}

/// The nodes that the planner knows.
std::set<NodeName> known_nodes(const PlanInputs& inputs) {
  std::set<NodeName> known;
  for (const Member& member : inputs.spec.members())
    known.insert(member.name);
  for (const auto& [name, node] : inputs.record.nodes) {
    if (!inputs.record.dropped.contains(name)) known.insert(name);
  }
  return known;
}

/// What each phase takes for granted.
struct Needs {
  bool primary = false;
  bool candidate = false;
  bool setting = false;
  bool opened = false;
};

Needs needs_of(const FormationRecord& record) {
  // While the store is recovering, less may be known.
  const bool found = !record.recovering || !record.in_force.empty();
  switch (record.phase) {
    case Phase::bootstrap: return {};
    case Phase::stable: return {.primary = true, .setting = true, .opened = true};
    case Phase::reconfigure: return {.primary = found, .setting = found, .opened = found};
    case Phase::switchover:
      return {.primary = true, .candidate = true, .setting = true, .opened = true};
    case Phase::collect: return {.candidate = record.donor.has_value()};
    case Phase::promote: return {.candidate = true, .setting = true};
  }
  return {};
}

Result<Done> check_promotion(const FormationRecord& record, const std::set<NodeName>& known) {
  if (record.lineage.empty()) return unsound("has no lineage");
  if (!record.target_position) return unsound("has no target position");
  if (std::ranges::find(record.in_force, record.epoch, &SyncConfig::epoch) ==
      record.in_force.end()) {
    return unsound("has no synchronous setting of its epoch");
  }
  const SyncConfig& last = record.in_force.back();
  if (!known.contains(last.primary) || !std::ranges::includes(known, last.members)) {
    return unsound("has a synchronous setting with unknown nodes");
  }
  return Done{};
}

}  // namespace

Result<Done> check_sound(const PlanInputs& inputs) {
  const FormationRecord& record = inputs.record;
  const Needs needs = needs_of(record);
  if (needs.primary && !record.primary) return unsound("has no primary");
  if (needs.candidate && !record.candidate) return unsound("has no candidate");
  if (needs.setting && record.in_force.empty()) return unsound("has no synchronous setting");
  const bool opened = std::ranges::any_of(
      record.lineage, [](const Promotion& p) { return p.opened && p.epoch.value != 0; });
  if (needs.opened && !opened) return unsound("has no promotion that opened");
  const std::set<NodeName> known = known_nodes(inputs);
  for (const std::optional<NodeName>* name : {&record.primary, &record.candidate, &record.donor}) {
    if (*name && !known.contains(**name)) return unsound("names an unknown node " + (*name)->value);
  }
  if (record.phase == Phase::promote) return check_promotion(record, known);
  return Done{};
}

Plan decide_again(const PlanInputs& inputs) {
  return plan(inputs.spec, inputs.generation, inputs.record, inputs.observed, inputs.now);
}

PlanInputs after(PlanInputs inputs, const Plan& answer) {
  if (!answer.record) return inputs;
  const bool goes_on =
      answer.record->phase != inputs.record.phase || answer.record->epoch != inputs.record.epoch;
  if (goes_on) inputs.observed.phase_since = inputs.now;
  inputs.record = *answer.record;
  return inputs;
}

}  // namespace hactl
