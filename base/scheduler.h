// Scheduler: the seam for time and order. One a daemon; everything behind it runs on one strand, so
// what is reached through it needs no lock. Real: io/asio_scheduler; simulated: sim/sim_scheduler.
#pragma once

#include <cstdint>
#include <functional>

#include "base/strong.h"
#include "base/time.h"

namespace hactl {

/// Names an armed timer. Never reused within a scheduler's life; 0 names none.
using TimerId = Strong<struct TimerIdTag, std::uint64_t>;

class Scheduler {
 public:
  using Task = std::function<void()>;

  Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  virtual ~Scheduler() = default;

  /// Monotonic, and goes on while the machine sleeps.
  [[nodiscard]] virtual Instant now() const = 0;

  /// Wall-clock time; for people only.
  [[nodiscard]] virtual UtcTime utc() const = 0;

  /// Runs `task` soon, after the tasks posted before. Thread-safe: doors post their results here.
  virtual void post(Task task) = 0;

  /// Runs `task` at `when` or as soon after as possible. Called from a task.
  virtual TimerId at(Instant when, Task task) = 0;

  /// Disarms a timer; does nothing if it has run or was never armed. Called from a task.
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace hactl
