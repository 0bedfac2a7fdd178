#include "sim/sim_scheduler.h"

#include <algorithm>
#include <utility>

namespace hactl {

namespace {
// Where the simulated wall clock starts; any date does.
constexpr std::int64_t kUtcStartMs = 1'700'000'000'000;
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::uint64_t kUseShift = 32;
}  // namespace

EventQueue::EventQueue(std::uint64_t seed) : prng_(seed), now_(Duration{1'000'000}) {
  processes_.emplace_back();
}

ProcessId EventQueue::start_process() {
  processes_.emplace_back();
  return ProcessId{processes_.size() - 1};
}

void EventQueue::kill(ProcessId process) {
  if (process == kWorldProcess) return;
  Process& dead = processes_[index(process)];
  for (const Due& due : dead.held) {
    if (slots_[due.slot].use == due.use) leave(due.slot);
  }
  dead = Process{};
  dead.alive = false;
}

void EventQueue::freeze(ProcessId process) {
  if (process != kWorldProcess && alive(process)) processes_[index(process)].frozen = true;
}

void EventQueue::thaw(ProcessId process) {
  Process& thawed = processes_[index(process)];
  if (!thawed.frozen) return;
  thawed.frozen = false;
  for (Due due : std::exchange(thawed.held, {})) {
    due.when = now_;
    due.tie = prng_.next();
    push(due);
  }
}

void EventQueue::slow_down(ProcessId process, Duration longest) {
  if (process == kWorldProcess) return;
  processes_[index(process)].slow = longest;
}

void EventQueue::post(ProcessId process, Task task) {
  if (!alive(process)) return;
  processes_[index(process)].posted.push_back(std::move(task));
  at(process, now_, [this, process] { run_posted(process); });
}

void EventQueue::run_posted(ProcessId process) {
  Process& owner = processes_[index(process)];
  if (owner.next_posted >= owner.posted.size()) return;
  const Task task = std::move(owner.posted[owner.next_posted]);
  if (++owner.next_posted == owner.posted.size()) {
    owner.posted.clear();
    owner.next_posted = 0;
  }
  task();
}

TimerId EventQueue::at(ProcessId process, Instant when, Task task) {
  if (!alive(process)) return TimerId{};
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  Slot& taken = slots_[slot];
  taken.process = process;
  taken.task = std::move(task);
  push(Due{std::max(when, now_), prng_.next(), slot, taken.use});
  return TimerId{(std::uint64_t{taken.use} << kUseShift) | slot};
}

void EventQueue::cancel(TimerId timer) {
  const auto slot = static_cast<std::uint32_t>(timer.value);
  const auto use = static_cast<std::uint32_t>(timer.value >> kUseShift);
  if (use != 0 && slots_[slot].use == use) leave(slot);
}

void EventQueue::leave(std::uint32_t slot) {
  slots_[slot].task = nullptr;
  ++slots_[slot].use;
  free_slots_.push_back(slot);
}

void EventQueue::push(Due due) {
  heap_.push_back(due);
  std::push_heap(heap_.begin(), heap_.end(), Later{});
}

EventQueue::Due EventQueue::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), Later{});
  const Due due = heap_.back();
  heap_.pop_back();
  return due;
}

bool EventQueue::step(Instant until) {
  if (heap_.empty() || heap_.front().when > until) {
    now_ = std::max(now_, until);
    return false;
  }
  Due due = pop();
  Slot& slot = slots_[due.slot];
  if (slot.use != due.use) return true;
  now_ = std::max(now_, due.when);
  Process& process = processes_[index(slot.process)];
  if (!process.alive) {
    leave(due.slot);
    return true;
  }
  if (process.frozen) {
    process.held.push_back(due);
    return true;
  }
  if (process.slow > Duration{0}) {
    if (now_ < process.busy_until) {
      due.when = process.busy_until;
      push(due);
      return true;
    }
    process.busy_until = now_ + Duration{prng_.between(0, process.slow.count())};
  }
  const Task task = std::move(slot.task);
  leave(due.slot);
  ++steps_;
  task();
  return true;
}

Instant MachineClock::local(Instant world) const {
  const std::int64_t elapsed = world.time_since_epoch().count();
  return Instant{Duration{offset_ms + elapsed + elapsed * parts_per_million / kMillion}};
}

Instant MachineClock::world(Instant local_time) const {
  const std::int64_t shown = local_time.time_since_epoch().count() - offset_ms;
  Instant world{Duration{shown * kMillion / (kMillion + parts_per_million)}};
  while (local(world) < local_time)
    ++world;
  while (local(world - Duration{1}) >= local_time)
    --world;
  return world;
}

UtcTime ProcessScheduler::utc() const {
  return UtcTime{kUtcStartMs + clock_.utc_offset_ms + queue_.now().time_since_epoch().count()};
}

}  // namespace hactl
