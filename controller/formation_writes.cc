// The part of FormationLoop that says what is to be written, and keeps what was.
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/event_number.h"
#include "controller/formation_loop.h"
#include "controller/involved.h"
#include "model/limits.h"

namespace hactl {
namespace {

/// Of the condition Progressing, and of the event when it becomes so.
constexpr const char* kBlockedReason = "Blocked";

}  // namespace

void FormationLoop::write_planned(Instant now) {
  if (++writes_in_a_row_ > kWritesInARowMax) {
    writes_in_a_row_ = 0;
    return pause(kStoreRetryMax);
  }
  Store::Write write;
  write.formation = stored_;
  write.formation.record = *plan_.record;
  write.expected_version = stored_.version;
  write.events = plan_.events;
  for (Event& event : write.events) {
    event.time = scheduler_.utc();
    event.involved = involved(stored_.record, *plan_.record);
  }
  write.decided = Decided{inputs_at(now), plan_};
  write_and_become(std::move(write), 0);
}

void FormationLoop::write_conditions(Instant now) {
  Store::Write write;
  write.formation = stored_;
  write.formation.conditions = dated(conditions());
  write.expected_version = stored_.version;
  if (std::optional<Event> blocked = newly_blocked()) {
    write.events.push_back(std::move(*blocked));
    write.decided = Decided{inputs_at(now), plan_};
  }
  const std::uint32_t said = write.events.empty() ? blocked_said_ : write.events.front().rule;
  write_and_become(std::move(write), said);
}

void FormationLoop::write_and_become(Store::Write write, std::uint32_t blocked_said) {
  start_write(write, [this, blocked_said, next = write.formation,
                      events = write.events](const Result<std::uint64_t>& version) {
    if (!version.ok()) return store_trouble(version.error());
    const FormationRecord& before = stored_.record;
    const bool decided = before.revision != next.record.revision;
    if (decided) steps_.decided(before.phase, next.record.phase, events);
    StoredFormation stored = next;
    stored.version = *version;
    become(std::move(stored));
    keep_events(events, *version);
    blocked_said_ = blocked_said;
  });
}

/// The rule that blocks the formation; nullptr when it is not blocked.
const Decision* FormationLoop::blocking() const {
  const Condition* progressing = find_condition(plan_.conditions, "Progressing");
  const bool blocked = progressing != nullptr && progressing->reason == kBlockedReason;
  return blocked ? formation_decision(plan_) : nullptr;
}

std::optional<Event> FormationLoop::newly_blocked() const {
  const Decision* decision = blocking();
  if (decision == nullptr || decision->rule == blocked_said_) return std::nullopt;
  // A ballot lacks words when it begins. Its own event tells that it waits for them.
  if (stored_.record.phase == Phase::collect) return std::nullopt;
  Event event;
  event.warning = true;
  event.reason = kBlockedReason;
  event.object = "formation/" + name_.value;
  event.epoch = stored_.record.epoch;
  event.time = scheduler_.utc();
  event.rule = decision->rule;
  event.message = decision->why;
  if (stored_.record.primary) event.involved.insert(*stored_.record.primary);
  return event;
}

PlanInputs FormationLoop::inputs_at(Instant now) const {
  PlanInputs inputs{stored_.spec_in_force(), stored_.generation_in_force(), stored_.record,
                    observed_, now};
  inputs.observed.password.clear();
  for (auto& [name, node] : inputs.observed.nodes) {
    node.former_lives.clear();
  }
  return inputs;
}

void FormationLoop::forget() {
  Store::Write write;
  write.formation = stored_;
  write.expected_version = stored_.version;
  write.remove = true;
  start_write(write, [this](const Result<std::uint64_t>& version) {
    if (!version.ok()) return store_trouble(version.error());
    become(StoredFormation{});
  });
}

void FormationLoop::keep_events(const std::vector<Event>& events, std::uint64_t version) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    events_.push_back(events[i]);
    events_.back().number = event_number(version, i);
  }
  while (events_.size() > kEventsMax) {
    events_.pop_front();
  }
}

}  // namespace hactl
