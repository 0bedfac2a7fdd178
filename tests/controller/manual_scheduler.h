// ManualScheduler: time that passes when a test says so.
#pragma once

#include <deque>
#include <map>
#include <utility>

#include "base/scheduler.h"

namespace hactl {

class ManualScheduler final : public Scheduler {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] UtcTime utc() const override {
    constexpr std::int64_t kEpoch = 1'763'890'000'000;
    return UtcTime{kEpoch + now_.time_since_epoch().count()};
  }
  void post(Task task) override { tasks_.push_back(std::move(task)); }
  TimerId at(Instant when, Task task) override {
    last_ = last_.next();
    timers_.emplace(std::pair(std::max(when, now_), last_), std::move(task));
    return last_;
  }
  void cancel(TimerId timer) override {
    std::erase_if(timers_, [&](const auto& entry) { return entry.first.second == timer; });
  }

  /// Runs what was posted, and what that posts.
  void run() {
    while (!tasks_.empty()) {
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  /// Lets time pass, timer by timer.
  void advance(Duration length) {
    const Instant end = now_ + length;
    run();
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      const auto first = timers_.begin();
      now_ = first->first.first;
      const Task task = std::move(first->second);
      timers_.erase(first);
      task();
      run();
    }
    now_ = end;
  }
  [[nodiscard]] std::size_t timers() const { return timers_.size(); }

 private:
  Instant now_{Duration{1'000}};
  TimerId last_;
  std::deque<Task> tasks_;
  std::map<std::pair<Instant, TimerId>, Task> timers_;
};

}  // namespace hactl
