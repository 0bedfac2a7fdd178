// Postgres: the agent's door to its local PostgreSQL: the data directory, the processes, a session.
// Real: agent/local_postgres (libpq, signals, files, PostgreSQL's own programs); simulated: sim/.
#pragma once

#include <functional>

#include "base/result.h"
#include "model/action.h"
#include "model/goal.h"
#include "model/local.h"

namespace hactl {

/// Called from tasks of one Scheduler; answers come as tasks of the same one.
class Postgres {
 public:
  Postgres() = default;
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;
  virtual ~Postgres() = default;

  /// Looks at everything once. `postgres` says where the data directory is; the door remembers it
  /// for the actions. Bounded: answers within a few seconds even when PostgreSQL hangs, then
  /// without PostgresView::sql. One at a time; may be called while an action is under way.
  virtual void observe(const PostgresGoal& postgres, std::function<void(PostgresView)> seen) = 0;

  /// Carries out one action; one at a time. Every action has a deadline of its own. An error leaves
  /// the world such that the same action, or another, can be tried.
  virtual void perform(const Action& action, std::function<void(Result<ActionOutcome>)> done) = 0;

  /// `changed` is called whenever the postmaster or a WAL receiver has ended.
  virtual void on_exit(std::function<void()> changed) = 0;
};

}  // namespace hactl
