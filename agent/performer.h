// Performer: carries out one action on the local PostgreSQL. Blocks, for as long as the action's
// own deadline allows: for one worker thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "agent/pg_programs.h"
#include "agent/pg_session.h"
#include "base/result.h"
#include "base/scheduler.h"
#include "base/time.h"
#include "model/action.h"
#include "model/goal.h"

namespace hactl {

class Performer {
 public:
  /// What one action needs beside itself.
  struct Setting {
    PostgresGoal postgres{};  ///< As it was last observed.
    const Scheduler& clock;   ///< Names what is kept, and says when it is too late.
  };

  /// `paths` and `stopping` outlive this.
  Performer(const AgentPaths& paths, NodeName node, const std::atomic<bool>& stopping)
      : paths_(paths), node_(std::move(node)), stopping_(stopping), programs_(paths, stopping) {}

  Result<ActionOutcome> perform(const Action& action, const Setting& setting);

 private:
  struct Dispatch;

  Result<Done> init_database(const PostgresGoal& postgres);
  Result<Done> clone(const action::Clone& order);
  Result<Done> ask_source(const action::AskSource& order);
  Result<Done> rewind(const action::Rewind& order, UtcTime now);
  Result<Done> configure(const action::Configure& order, const Scheduler& clock);
  Result<Done> start_standby(const PostgresGoal& postgres);
  Result<Done> resume_gated(const PostgresGoal& postgres);
  Result<Done> stop(const std::string& directory, const action::Stop& order);
  Result<Done> detach(const std::string& directory);
  Result<Done> nudge_receiver(const std::string& directory);
  Result<Done> promote_to(const std::string& directory, TimelineId timeline);
  Result<Lsn> barrier(const std::string& directory, const action::WriteBarrier& order);

  /// No server runs on it.
  static Result<Done> check_unused(const std::string& directory);
  /// Neither foreign files nor a running server are there, and the programs fit.
  Result<Done> check_replaceable(const PostgresGoal& postgres);
  Result<Done> check_startable(const PostgresGoal& postgres);
  Result<Done> start(const PostgresGoal& postgres);
  Result<Done> keep_diverged(const std::string& directory, const std::string& history,
                             const ControlFacts& control, UtcTime now);
  /// Waits a moment until a session sees the settings that were just reloaded, so that the next
  /// look does too.
  void await_reload(const std::string& directory, const std::string& config_id);
  /// Sees to it that a standby asks its new upstream at once.
  static void press_to_follow(const std::string& directory);
  /// Waits a moment until the server has left recovery.
  void await_promotion(const std::string& directory);
  /// Does something with a session on the running server. The session is kept for the next time: a
  /// new one costs more than most actions.
  Result<Done> with_session(const std::string& directory,
                            const std::function<Result<Done>(PgSession&)>& use);

  const AgentPaths& paths_;
  const NodeName node_;
  const std::atomic<bool>& stopping_;
  PgPrograms programs_;
  std::optional<PgSession> session_;
  pid_t session_postmaster_ = 0;
};

}  // namespace hactl
