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
      watch(look.postmaster);
      seen(look.view);
    });
  });
}

void LocalPostgres::perform(const Action& action, std::function<void(Result<ActionOutcome>)> done) {
  const Performer::Setting setting{.postgres = postgres_, .now = scheduler_.utc()};
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

void LocalPostgres::watch(pid_t postmaster) {
  if (postmaster == 0 || postmaster == watched_) return;
  const Result<Done> watching = exit_.watch(postmaster, [this] { ended(); });
  if (watching.ok()) {
    watched_ = postmaster;
  } else {
    // The next look tries again, and sees by itself whether the server runs.
    log_warning("watch PostgreSQL: {}", watching.error().message);
  }
}

void LocalPostgres::ended() {
  reap(std::exchange(watched_, 0));
  if (changed_) changed_();
}

}  // namespace hactl
