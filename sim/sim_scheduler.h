// Virtual time: one queue of events for a whole simulated world, and a Scheduler for each simulated
// process over it. Single-threaded; events at the same instant run in an order drawn from the seed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "base/prng.h"
#include "base/scheduler.h"
#include "base/strong.h"
#include "base/time.h"

namespace hactl {

/// One life of a simulated process. Never reused: a restarted process is another one.
using ProcessId = Strong<struct ProcessIdTag, std::uint64_t>;

/// The world itself: never dies, never freezes.
inline constexpr ProcessId kWorldProcess{0};

/// Everything that is going to happen, in order.
class EventQueue {
 public:
  using Task = Scheduler::Task;

  explicit EventQueue(std::uint64_t seed);

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  /// A new process, running.
  ProcessId start_process();
  /// Its events never happen.
  void kill(ProcessId process);
  /// Its events wait, in order, until it is thawed.
  void freeze(ProcessId process);
  void thaw(ProcessId process);
  [[nodiscard]] bool alive(ProcessId process) const { return processes_.contains(process); }
  [[nodiscard]] bool frozen(ProcessId process) const;

  /// Runs `task` in `process` after the tasks that were posted to it before.
  void post(ProcessId process, Task task);
  /// Runs `task` in `process` at `when`, or now if that has passed. Does nothing for a dead
  /// process.
  TimerId at(ProcessId process, Instant when, Task task);
  void cancel(TimerId timer);

  /// Runs the next event that is due by `until`. False when there is none: the time is then
  /// `until`.
  bool step(Instant until);

 private:
  struct Key {
    Instant when;
    std::uint64_t tie = 0;
    TimerId id;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Event {
    ProcessId process;
    Task task;
  };
  struct Process {
    bool frozen = false;
    std::deque<Task> posted;
    std::vector<std::pair<TimerId, Task>> held;  ///< What was due while it was frozen.
  };

  void run_posted(ProcessId process);

  Prng prng_;
  Instant now_;
  std::uint64_t steps_ = 0;
  ProcessId last_process_;
  TimerId last_timer_;
  std::map<ProcessId, Process> processes_;
  std::map<Key, Event> events_;
  std::map<TimerId, Key> keys_;
};

/// The Scheduler of one life of a process. The queue outlives it.
class ProcessScheduler : public Scheduler {
 public:
  ProcessScheduler(EventQueue& queue, ProcessId process) : queue_(queue), process_(process) {}

  [[nodiscard]] Instant now() const override { return queue_.now(); }
  [[nodiscard]] UtcTime utc() const override;
  void post(Task task) override { queue_.post(process_, std::move(task)); }
  TimerId at(Instant when, Task task) override {
    return queue_.at(process_, when, std::move(task));
  }
  void cancel(TimerId timer) override { queue_.cancel(timer); }

  [[nodiscard]] ProcessId process() const { return process_; }

 private:
  EventQueue& queue_;
  ProcessId process_;
};

}  // namespace hactl
