#include "agent/local_postgres.h"

#include <utility>

#include "io/asio_scheduler.h"
#include "io/log.h"
#include "io/process.h"

namespace hactl {

LocalPostgres::LocalPostgres(AsioScheduler& scheduler, AgentPaths paths, NodeName node)
    : scheduler_(scheduler),
      paths_(std::move(paths)),
      exit_(scheduler),
      receiver_exit_(scheduler),
      alive_(std::make_shared<bool>(true)),
      observer_(paths_, stopping_),
      performer_(paths_, std::move(node), stopping_) {}

LocalPostgres::~LocalPostgres() {
  *alive_ = false;
  stopping_ = true;
}

void LocalPostgres::observe(const PostgresGoal& postgres, std::function<void(PostgresView)> seen) {
  postgres_ = postgres;
  looking_.add([this, postgres, alive = alive_, seen = std::move(seen)] {
    Observer::Seen look = observer_.look(postgres);
    scheduler_.post([this, alive, seen, look = std::move(look)] {
      if (!*alive) return;
      watch(look);
      seen(look.view);
    });
  });
}

void LocalPostgres::perform(const Action& action, std::function<void(Result<ActionOutcome>)> done) {
  const Performer::Setting setting{.postgres = postgres_, .clock = scheduler_};
  acting_.add([this, action, setting, alive = alive_, done = std::move(done)] {
    Result<ActionOutcome> outcome = performer_.perform(action, setting);
    scheduler_.post([alive, done, outcome = std::move(outcome)] {
      if (*alive) done(outcome);
    });
  });
}

void LocalPostgres::on_exit(std::function<void()> changed) {
  changed_ = std::move(changed);
}

void LocalPostgres::watch(const Observer::Seen& look) {
  // Where a watch can't be had, the next look tries again, and sees by itself what has ended.
  if (look.postmaster != 0 && look.postmaster != watched_) {
    const Result<Done> watching = exit_.watch(look.postmaster, [this] { ended(); });
    if (watching.ok()) watched_ = look.postmaster;
    if (!watching.ok()) log_warning("watch PostgreSQL: {}", watching.error().message);
  }
  if (look.receiver != 0 && look.receiver != watched_receiver_) {
    const Result<Done> watching = receiver_exit_.watch(look.receiver, [this] {
      watched_receiver_ = 0;
      if (changed_) changed_();
    });
    if (watching.ok()) watched_receiver_ = look.receiver;
  }
}

void LocalPostgres::ended() {
  reap(std::exchange(watched_, 0));
  if (changed_) changed_();
}

}  // namespace hactl
