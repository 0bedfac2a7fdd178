// AsioScheduler: the real Scheduler. One io_context run by one thread; timers are on
// CLOCK_BOOTTIME, so that one that came due while the machine slept runs as soon as it wakes.
#pragma once

#include <functional>
#include <memory>

#include "base/scheduler.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace hactl {

/// Everything but post(), now(), utc() and stop() is called from the thread that calls run(), or
/// before run(). What tasks refer to must outlive the scheduler's last run().
class AsioScheduler : public Scheduler {
 public:
  AsioScheduler();
  ~AsioScheduler() override;

  [[nodiscard]] Instant now() const override;
  [[nodiscard]] UtcTime utc() const override;
  void post(Task task) override;
  TimerId at(Instant when, Task task) override;
  void cancel(TimerId timer) override;

  /// Runs tasks until stop(). A task that throws ends it with that exception. May be called again.
  void run();

  /// Makes run() return after the task that is running; tasks not yet run stay queued. Thread-safe.
  void stop();

  /// Calls `callback` with the signal's number at each SIGTERM or SIGINT, instead of dying of it.
  /// Called at most once, before run().
  void on_signal(std::function<void(int)> callback);

  /// For the other doors in io/, which bring their own sockets.
  boost::asio::io_context& context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hactl
