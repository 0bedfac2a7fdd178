// Virtual time: one queue of events for a whole simulated world, and a Scheduler for each simulated
// process over it. Single-threaded; events at the same instant run in an order drawn from the seed.
#pragma once

#include <cstddef>
#include <cstdint>
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
  /// Each of its events keeps it busy for up to `longest`; 0: for no time at all.
  void slow_down(ProcessId process, Duration longest);
  [[nodiscard]] bool alive(ProcessId process) const { return processes_[index(process)].alive; }
  [[nodiscard]] bool frozen(ProcessId process) const { return processes_[index(process)].frozen; }

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
  /// What the heap is ordered by; the event itself lies in a slot.
  struct Due {
    Instant when;
    std::uint64_t tie = 0;
    std::uint32_t slot = 0;
    std::uint32_t use = 0;  ///< Another one than the slot's: it was cancelled.
  };
  struct Slot {
    ProcessId process;
    Task task;
    std::uint32_t use = 1;
  };
  struct Process {
    bool alive = true;
    bool frozen = false;
    Duration slow{0};
    Instant busy_until;
    std::size_t next_posted = 0;
    std::vector<Task> posted;
    std::vector<Due> held;  ///< What was due while it was frozen.
  };
  static std::size_t index(ProcessId process) { return static_cast<std::size_t>(process.value); }
  struct Later {
    bool operator()(const Due& a, const Due& b) const {
      return a.when != b.when ? a.when > b.when : a.tie > b.tie;
    }
  };

  void push(Due due);
  Due pop();
  void run_posted(ProcessId process);
  void leave(std::uint32_t slot);

  Prng prng_;
  Instant now_;
  std::uint64_t steps_ = 0;
  std::vector<Process> processes_;
  std::vector<Due> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
};

/// A machine's clocks: they start anywhere, and run up to half a percent fast or slow.
struct MachineClock {
  std::int64_t offset_ms = 0;
  std::int64_t parts_per_million = 0;
  std::int64_t utc_offset_ms = 0;  ///< The wall clock is wrong by this much.

  [[nodiscard]] Instant local(Instant world) const;
  /// The first instant of the world at which this clock shows `local` or more.
  [[nodiscard]] Instant world(Instant local) const;
};

/// The Scheduler of one life of a process. The queue and the clock outlive it.
class ProcessScheduler : public Scheduler {
 public:
  ProcessScheduler(EventQueue& queue, ProcessId process, const MachineClock& clock)
      : queue_(queue), process_(process), clock_(clock) {}

  [[nodiscard]] Instant now() const override { return clock_.local(queue_.now()); }
  [[nodiscard]] UtcTime utc() const override;
  void post(Task task) override { queue_.post(process_, std::move(task)); }
  TimerId at(Instant when, Task task) override {
    return queue_.at(process_, clock_.world(when), std::move(task));
  }
  void cancel(TimerId timer) override { queue_.cancel(timer); }

  [[nodiscard]] ProcessId process() const { return process_; }

 private:
  EventQueue& queue_;
  ProcessId process_;
  const MachineClock& clock_;
};

}  // namespace hactl
