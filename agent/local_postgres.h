// LocalPostgres: the real door to the PostgreSQL beside the agent. One thread looks, one acts;
// answers come as tasks of the scheduler. The server is started in a session of its own: it
// outlives the agent, and a new agent finds it again.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "agent/observer.h"
#include "agent/performer.h"
#include "agent/postgres.h"
#include "agent/worker.h"
#include "converge/postgres_settings.h"
#include "io/process_exit.h"
#include "model/ids.h"

namespace hactl {

class AsioScheduler;

/// Used from tasks of `scheduler`, which outlives it. Must run as the user that owns the data
/// directory.
class LocalPostgres final : public Postgres {
 public:
  LocalPostgres(AsioScheduler& scheduler, AgentPaths paths, NodeName node);
  /// Ends a copy or a rewind that is under way; leaves PostgreSQL running. Answers no longer come.
  ~LocalPostgres() override;

  void observe(const PostgresGoal& postgres, std::function<void(PostgresView)> seen) override;
  void perform(const Action& action, std::function<void(Result<ActionOutcome>)> done) override;
  void on_exit(std::function<void()> changed) override;

 private:
  void watch(const Observer::Seen& look);
  void ended();

  AsioScheduler& scheduler_;
  const AgentPaths paths_;
  std::atomic<bool> stopping_ = false;
  PostgresGoal postgres_;
  std::function<void()> changed_;
  ExitNotifier exit_;
  pid_t watched_ = 0;
  ExitNotifier receiver_exit_;
  pid_t watched_receiver_ = 0;
  // Shared with answers on their way, which must see that this is gone.
  std::shared_ptr<bool> alive_;
  Observer observer_;
  Performer performer_;
  // Last: their threads use the others.
  Worker looking_;
  Worker acting_;
};

}  // namespace hactl
