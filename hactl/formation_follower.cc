#include "hactl/formation_follower.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "hactl/rows.h"

namespace hactl {

FormationFollower::FormationFollower(const Context& context, Duration request_timeout,
                                     std::string formation)
    : api_(context, std::min(request_timeout, kFollowTimeout)),
      formation_(std::move(formation)),
      news_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  HACTL_CHECK(news_ >= 0);
}

FormationFollower::~FormationFollower() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stopped_changed_.notify_all();
  api_.interrupt();
  if (thread_.joinable()) thread_.join();
  close(news_);
}

Result<Done> FormationFollower::first() {
  return ask();
}

void FormationFollower::start() {
  thread_ = std::thread([this] { run(); });
}

ScreenState FormationFollower::latest() {
  eventfd_t count = 0;
  static_cast<void>(eventfd_read(news_, &count));  // None is no news.
  const std::lock_guard lock(mutex_);
  return state_;
}

void FormationFollower::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_changed_.wait_for(lock, kFollowEvery, [this] { return stopped_; })) {
    lock.unlock();
    const Result<Done> answered = ask();
    lock.lock();
    state_.unanswered.reset();
    if (!answered.ok()) state_.unanswered = Unanswered{answered_, answered.error()};
    static_cast<void>(eventfd_write(news_, 1));  // Full, it is readable already.
  }
}

Result<Done> FormationFollower::ask() {
  Result<FormationItem> item = api_.formation(formation_);
  if (!item.ok()) return item.error();
  // Events come with what is written of the formation.
  const bool changed = item->resource_version != state_.item.resource_version;
  Result<std::vector<Event>> events = std::vector<Event>();
  if (changed) events = api_.events(formation_);
  if (!events.ok()) return events.error();
  const std::lock_guard lock(mutex_);
  state_.item = std::move(*item);
  if (changed) state_.events = std::move(*events);
  answered_ = utc_now();
  return Done{};
}

}  // namespace hactl
