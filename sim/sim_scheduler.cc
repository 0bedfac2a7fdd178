#include "sim/sim_scheduler.h"

#include <algorithm>
#include <utility>

namespace hactl {

namespace {
// Where the simulated wall clock starts; any date does.
constexpr std::int64_t kUtcStartMs = 1'700'000'000'000;
}  // namespace

EventQueue::EventQueue(std::uint64_t seed) : prng_(seed), now_(Duration{1'000'000}) {
  processes_.emplace(kWorldProcess, Process{});
}

ProcessId EventQueue::start_process() {
  last_process_ = last_process_.next();
  processes_.emplace(last_process_, Process{});
  return last_process_;
}

void EventQueue::kill(ProcessId process) {
  processes_.erase(process);
}

void EventQueue::freeze(ProcessId process) {
  if (auto found = processes_.find(process); found != processes_.end()) found->second.frozen = true;
}

void EventQueue::thaw(ProcessId process) {
  const auto found = processes_.find(process);
  if (found == processes_.end() || !found->second.frozen) return;
  found->second.frozen = false;
  for (auto& [id, task] : std::exchange(found->second.held, {})) {
    const Key key{now_, prng_.next(), id};
    keys_[id] = key;
    events_.emplace(key, Event{process, std::move(task)});
  }
}

bool EventQueue::frozen(ProcessId process) const {
  const auto found = processes_.find(process);
  return found != processes_.end() && found->second.frozen;
}

void EventQueue::post(ProcessId process, Task task) {
  const auto found = processes_.find(process);
  if (found == processes_.end()) return;
  found->second.posted.push_back(std::move(task));
  at(process, now_, [this, process] { run_posted(process); });
}

void EventQueue::run_posted(ProcessId process) {
  const auto found = processes_.find(process);
  if (found == processes_.end() || found->second.posted.empty()) return;
  const Task task = std::move(found->second.posted.front());
  found->second.posted.pop_front();
  task();
}

TimerId EventQueue::at(ProcessId process, Instant when, Task task) {
  last_timer_ = last_timer_.next();
  if (!alive(process)) return last_timer_;
  const Key key{std::max(when, now_), prng_.next(), last_timer_};
  keys_.emplace(last_timer_, key);
  events_.emplace(key, Event{process, std::move(task)});
  return last_timer_;
}

void EventQueue::cancel(TimerId timer) {
  const auto found = keys_.find(timer);
  if (found == keys_.end()) return;
  events_.erase(found->second);
  keys_.erase(found);
  for (auto& [id, process] : processes_) {
    if (process.frozen)
      std::erase_if(process.held, [&](auto& held) { return held.first == timer; });
  }
}

bool EventQueue::step(Instant until) {
  if (events_.empty() || events_.begin()->first.when > until) {
    now_ = std::max(now_, until);
    return false;
  }
  auto node = events_.extract(events_.begin());
  const Key key = node.key();
  now_ = std::max(now_, key.when);
  const auto process = processes_.find(node.mapped().process);
  if (process == processes_.end()) {
    keys_.erase(key.id);
    return true;
  }
  if (process->second.frozen) {
    process->second.held.emplace_back(key.id, std::move(node.mapped().task));
    return true;
  }
  keys_.erase(key.id);
  ++steps_;
  node.mapped().task();
  return true;
}

UtcTime ProcessScheduler::utc() const {
  return UtcTime{kUtcStartMs + queue_.now().time_since_epoch().count()};
}

}  // namespace hactl
