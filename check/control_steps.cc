#include "check/control_steps.h"

#include <algorithm>
#include <string>
#include <utility>

#include "planner/plan.h"

namespace hactl::check {
namespace {

constexpr Instant kNow{Duration{1'000'000'000}};
constexpr Duration kLongAgo = 1h;

/// Whether every set of nodes by which `config` may have acknowledged a commit has a node of
/// `asked`; by going through them all, and not by the arithmetic that is to be checked.
bool every_quorum_was_asked(const SyncConfig& config, const FormationRecord& record) {
  for (unsigned quorum = 0; quorum < (1U << kNodes); ++quorum) {
    int members = 0;
    bool met = false;
    bool valid = true;
    for (std::uint8_t node = 0; node < kNodes; ++node) {
      if ((quorum >> node & 1U) == 0) continue;
      const NodeName name = node_name(node);
      met = met || record.finals.contains(name);
      if (name == config.primary) continue;
      valid = valid && config.members.contains(name);
      ++members;
    }
    const bool with_primary = (quorum >> node_index(config.primary) & 1U) != 0;
    if (valid && with_primary && members == config.required && !met) return false;
  }
  return true;
}

/// I8: a promotion is ordered only when everything that may have been acknowledged is known, and
/// the candidate holds the furthest position, or waits for the WAL of a primary that has stopped.
std::string check_promotion(const FormationRecord& before, const FormationRecord& after) {
  const bool ordered =
      after.phase == Phase::promote && before.phase != Phase::promote && after.system_id.value != 0;
  if (!ordered) return {};
  // Who holds WAL of an epoch holds all that was acknowledged before it; whether that is so, I1
  // tells.
  Epoch newest;
  for (const auto& [name, final_report] : after.finals)
    newest = std::max(newest, final_report.position.epoch);
  for (const SyncConfig& config : after.in_force) {
    if (config.epoch == after.epoch || config.epoch < newest) continue;
    if (!every_quorum_was_asked(config, after)) {
      return "I8: a promotion is ordered although " + to_string(config) + " at " +
             config.primary.value + " is not covered";
    }
  }
  for (const SyncConfig& config : before.in_force) {
    const bool kept = std::ranges::find(after.in_force, config) != after.in_force.end();
    if (!kept && config.epoch != after.epoch) {
      return "I8: a setting of an older epoch is forgotten before the new primary is open";
    }
  }
  for (const auto& [name, final_report] : after.finals) {
    if (final_report.position > *after.target_position) {
      return "I8: " + name.value + " holds more than the candidate is to hold";
    }
    if (name == after.candidate && final_report.position < *after.target_position) {
      return "I8: " + name.value + " is to be promoted without the WAL that others hold";
    }
  }
  return {};
}

/// I6: what somebody else did to the setting of an open primary is on record as soon as it is told.
std::string check_foreign(const FormationRecord& record, const Observed& seen) {
  if (record.phase != Phase::stable && record.phase != Phase::reconfigure) return {};
  const auto found = seen.nodes.find(*record.primary);
  if (found == seen.nodes.end() || found->second.received_at != kNow) return {};
  const std::optional<PrimaryView>& view = found->second.report.primary;
  if (!view || !view->foreign_sync || !view->gate_open) return {};
  const bool known = std::ranges::any_of(record.in_force, [&](const SyncConfig& config) {
    return config.epoch != view->epoch || config.required == 0;
  });
  if (known) return {};
  return "I6: somebody else changed the setting of " + record.primary->value +
         ", and the record does not know";
}

std::string formation_words(const Plan& plan) {
  for (const Decision& decision : plan.decisions) {
    if (!decision.node) return decision.why;
  }
  return {};
}

/// A loss that the spec allows is on record: it asks for no synchronous standby.
bool accepts_loss(const FormationRecord& record, const FormationSpec& spec) {
  return spec.number_sync_standbys == 0 && !record.overrides.empty() &&
         record.overrides.back().epoch == record.epoch;
}

}  // namespace

bool ControlSteps::within(const FormationRecord& record) const {
  return record.epoch <= epoch_max_ && record.config_generation <= config_max_;
}

void ControlSteps::begin_at(const FormationRecord& beginning) {
  epoch_max_ =
      Epoch(std::min<std::uint64_t>(beginning.epoch.value + scope_.ballots, kEpochsMax - 1));
  config_max_ = ConfigGeneration(beginning.config_generation.value + scope_.configs);
  // What was worked out for the way to the beginning does not know the scope's end.
  inputs_ = Interner<Input>();
  known_.clear();
}

Observed ControlSteps::observed(const Input& input, unsigned silent, Waits waits) const {
  const Instant long_ago = kNow - kLongAgo;
  const Instant since = waits == Waits::over ? long_ago : kNow;
  Observed observed;
  observed.started_at = observed.phase_since = since;
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    if (input.reports[node] == kNoId) continue;
    const bool heard = (silent >> node & 1U) == 0;
    ObservedNode seen;
    seen.report = catalog_.reports[input.reports[node]];
    seen.received_at = heard ? kNow : long_ago;
    seen.steady_since = since;
    seen.answers_us = true;
    observed.nodes.emplace(node_name(node), seen);
    // Nobody answers for a node that is silent; what could be found out would only delay a verdict.
    if (!heard) observed.knocks[node_name(node)] = Knocked{KnockAnswer::silent, kNow};
  }
  return observed;
}

std::optional<ControlStep> ControlSteps::look(const Input& input, unsigned silent, Waits waits) {
  const Stored before = catalog_.stored[input.stored];
  const FormationSpec& spec = scope_.spec_of(before.generation);
  const Observed seen = observed(input, silent, waits);
  Plan planned = plan(spec, before.generation, before.record, seen, kNow);
  ControlStep step;
  step.stored = input.stored;
  if (waits == Waits::over) step.manner = Manner::patient;
  step.silent = silent;
  std::string words = "the controller publishes goals";
  if (planned.record) {
    // What a state has no room for.
    if (planned.record->epoch.value >= kEpochsMax) return std::nullopt;
    if (planned.record->timeline_max.value >= kTimelinesMax) return std::nullopt;
    step.beyond = !within(*planned.record);
    Stored after{*planned.record, before.generation};
    step.stored = catalog_.stored(after);
    words = "the controller stores revision " + std::to_string(after.record.revision.value) + ", " +
            std::string(to_string(after.record.phase)) + " " +
            std::to_string(after.record.epoch.value) + ": " + formation_words(planned);
    step.waived = accepts_loss(after.record, spec);
    const std::string broken =
        step.waived ? std::string{} : check_promotion(before.record, after.record);
    if (!broken.empty()) step.broken = catalog_.say(broken);
    if (after.record.phase == Phase::promote && after.record.candidate) {
      step.epoch = static_cast<std::uint8_t>(after.record.epoch.value);
      step.candidate = static_cast<std::uint8_t>(node_index(*after.record.candidate) + 1);
    }
    planned = plan(spec, after.generation, after.record, seen, kNow);
  }
  const std::string foreign =
      check_foreign(planned.record ? *planned.record : catalog_.stored[step.stored].record, seen);
  if (!foreign.empty()) step.broken = catalog_.say(foreign);
  // Who is silent matters to decisions; what is published meanwhile would only come and go.
  if (!planned.record && (silent == 0 || step.stored != input.stored)) {
    for (const auto& [name, goal] : planned.goals)
      step.goals[node_index(name)] = catalog_.goals(goal);
  }
  step.words = catalog_.say(words);
  return step;
}

std::vector<ControlStep> ControlSteps::work_out(const Input& input) {
  std::vector<ControlStep> steps;
  unsigned spoken = 0;
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    if (input.reports[node] != kNoId) spoken |= 1U << node;
  }
  for (unsigned silent = 0; silent < (1U << kNodes); ++silent) {
    if ((silent & ~spoken) != 0) continue;
    for (const Waits waits : {Waits::not_over, Waits::over}) {
      const std::optional<ControlStep> step = look(input, silent, waits);
      if (!step) continue;
      const bool known = std::ranges::any_of(steps, [&](const ControlStep& other) {
        return other.stored == step->stored && other.goals == step->goals &&
               other.manner <= step->manner && (other.silent & ~step->silent) == 0;
      });
      if (!known) steps.push_back(*step);
    }
  }
  return steps;
}

const std::vector<ControlStep>& ControlSteps::of(Id stored, const std::array<Id, kNodes>& reports) {
  const Input input{stored, reports};
  const Id number = inputs_(input);
  if (number == known_.size()) known_.push_back(work_out(input));
  return known_[number];
}

Id ControlSteps::edited(Id stored, std::size_t number) {
  const Edit& edit = scope_.edits[number];
  Stored after = catalog_.stored[stored];
  if (edit.spec) after.generation = after.generation.next();
  if (edit.move) {
    if (!after.record.primary) return kNoId;
    after.record.request = edit.move;
    after.record.revision = after.record.revision.next();
  }
  return catalog_.stored(after);
}

std::uint32_t ControlSteps::order_of(Id goal) {
  if (order_of_.size() <= goal) order_of_.resize(catalog_.goals.size(), kNoId);
  if (order_of_[goal] == kNoId) {
    Goal order = catalog_.goals[goal];
    order.revision = Revision{};
    order_of_[goal] = orders_(order);
  }
  return order_of_[goal];
}

}  // namespace hactl::check
