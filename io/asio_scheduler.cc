#include "io/asio_scheduler.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "base/check.h"
#include "io/asio.h"

namespace hactl {
namespace {

std::int64_t milliseconds_on(clockid_t clock) {
  timespec time{};
  HACTL_CHECK(clock_gettime(clock, &time) == 0);
  return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

int open_timer() {
  const int descriptor = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  HACTL_CHECK(descriptor >= 0);
  return descriptor;
}

}  // namespace

struct AsioScheduler::Impl {
  using TimerKey = std::pair<Instant, TimerId>;

  // Arms the one kernel timer for the first of ours.
  void arm() {
    itimerspec setting{};
    if (!timers.empty()) {
      // All zeroes would disarm: an instant in the past is the clock's first nanosecond.
      const std::int64_t when = timers.begin()->first.first.time_since_epoch().count();
      setting.it_value.tv_sec = when > 0 ? when / 1000 : 0;
      setting.it_value.tv_nsec = when > 0 ? when % 1000 * 1'000'000 : 1;
    }
    HACTL_CHECK(timerfd_settime(alarm.native_handle(), TFD_TIMER_ABSTIME, &setting, nullptr) == 0);
  }

  void wait() {
    alarm.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (error) return;
                       std::uint64_t expirations = 0;
                       // Nothing to read means a spurious wake-up, which run_due() sees by the
                       // clock.
                       [[maybe_unused]] const ssize_t read_bytes =
                           read(alarm.native_handle(), &expirations, sizeof expirations);
                       wait();
                       run_due();
                     });
  }

  void run_due() {
    const Instant now{Duration(milliseconds_on(CLOCK_BOOTTIME))};
    // Timers that these tasks arm wait for the next round, so that posted tasks get their turn.
    const TimerId newest = last;
    auto next = timers.begin();
    while (next != timers.end() && next->first.first <= now) {
      if (next->first.second > newest) {
        ++next;
        continue;
      }
      const Task task = std::move(next->second);
      instants.erase(next->first.second);
      timers.erase(next);
      task();
      next = timers.begin();
    }
    arm();
  }

  void await_signal() {
    signals->async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      await_signal();
      signalled(number);
    });
  }

  boost::asio::io_context context{1};
  boost::asio::posix::stream_descriptor alarm{context, open_timer()};
  std::map<TimerKey, Task> timers;
  std::map<TimerId, Instant> instants;
  TimerId last;
  std::unique_ptr<boost::asio::signal_set> signals;
  std::function<void(int)> signalled;
};

AsioScheduler::AsioScheduler() : impl_(std::make_unique<Impl>()) {
  impl_->wait();
}

AsioScheduler::~AsioScheduler() = default;

Instant AsioScheduler::now() const {
  return Instant(Duration(milliseconds_on(CLOCK_BOOTTIME)));
}

UtcTime AsioScheduler::utc() const {
  return UtcTime{milliseconds_on(CLOCK_REALTIME)};
}

void AsioScheduler::post(Task task) {
  boost::asio::post(impl_->context, std::move(task));
}

TimerId AsioScheduler::at(Instant when, Task task) {
  impl_->last = impl_->last.next();
  const TimerId timer = impl_->last;
  impl_->timers.emplace(Impl::TimerKey{when, timer}, std::move(task));
  impl_->instants.emplace(timer, when);
  if (impl_->timers.begin()->first.second == timer) impl_->arm();
  return timer;
}

void AsioScheduler::cancel(TimerId timer) {
  const auto found = impl_->instants.find(timer);
  if (found == impl_->instants.end()) return;
  impl_->timers.erase(Impl::TimerKey{found->second, timer});
  impl_->instants.erase(found);
  // The kernel timer may now be early; run_due() then finds nothing and arms it again.
}

void AsioScheduler::run() {
  const auto work = boost::asio::make_work_guard(impl_->context);
  impl_->context.run();
  impl_->context.restart();
}

void AsioScheduler::stop() {
  impl_->context.stop();
}

void AsioScheduler::on_signal(std::function<void(int)> callback) {
  HACTL_CHECK(impl_->signals == nullptr);
  impl_->signalled = std::move(callback);
  impl_->signals = std::make_unique<boost::asio::signal_set>(impl_->context, SIGTERM, SIGINT);
  impl_->await_signal();
}

boost::asio::io_context& AsioScheduler::context() {
  return impl_->context;
}

}  // namespace hactl
