#include "io/process_exit.h"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "io/asio.h"
#include "io/asio_scheduler.h"
#include "io/errno_error.h"
#include "io/process.h"

namespace hactl {

struct ExitNotifier::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(AsioScheduler& to_use) : scheduler(to_use), process(to_use.context()) {}

  void forget() {
    ++round;
    ended = nullptr;
    boost::system::error_code ignored;  // The wait is over either way.
    process.close(ignored);
  }

  void finish(std::uint64_t of_round) {
    if (of_round != round) return;
    const std::function<void()> callback = std::move(ended);
    forget();
    callback();
  }

  void wait() {
    process.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this(), of_round = round](const auto& error) {
                         if (error || of_round != self->round) return;
                         self->woken(of_round);
                       });
  }

  // Asio also wakes for nothing: only the pidfd itself says whether the process has ended.
  void woken(std::uint64_t of_round) {
    pollfd state{process.native_handle(), POLLIN, 0};
    if (poll(&state, 1, 0) == 1) {
      finish(of_round);
    } else {
      wait();
    }
  }

  AsioScheduler& scheduler;
  boost::asio::posix::stream_descriptor process;
  std::function<void()> ended;
  std::uint64_t round = 0;  // Tells a completion of an earlier watch from one of this.
};

ExitNotifier::ExitNotifier(AsioScheduler& scheduler) : impl_(std::make_shared<Impl>(scheduler)) {}

ExitNotifier::~ExitNotifier() {
  forget();
}

Result<Done> ExitNotifier::watch(pid_t pid, std::function<void()> ended) {
  const Result<ProcessWatch> process = ProcessWatch::open(pid);
  if (process.ok()) return watch(*process, std::move(ended));
  if (process.error().code != ErrorCode::not_found) return process.error();
  impl_->forget();
  impl_->ended = std::move(ended);
  impl_->scheduler.post([impl = impl_, of_round = impl_->round]() { impl->finish(of_round); });
  return Done{};
}

Result<Done> ExitNotifier::watch(const ProcessWatch& process, std::function<void()> ended) {
  impl_->forget();
  // A descriptor of its own: Asio closes what it is given.
  const int descriptor = fcntl(process.descriptor(), F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) {
    return errno_error("watch process " + std::to_string(process.pid()), errno);
  }
  impl_->process.assign(descriptor);
  impl_->ended = std::move(ended);
  impl_->wait();
  return Done{};
}

void ExitNotifier::forget() {
  impl_->forget();
}

}  // namespace hactl
