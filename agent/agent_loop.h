// AgentLoop: looks at the local PostgreSQL, asks next_action() what to do, has it done, and tells
// the controller. It decides nothing itself. One thread: everything runs as tasks of the Scheduler,
// which outlives the loop's doors; the doors outlive the loop.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/postgres.h"
#include "agent/state_file.h"
#include "agent/transport.h"
#include "base/scheduler.h"
#include "converge/next_action.h"
#include "model/local.h"

namespace hactl {

/// Who the agent is, from its configuration.
struct AgentIdentity {
  FormationName formation;
  NodeName node;
  std::uint64_t process = 0;  ///< Start of this process, UTC ms.
  AgentPaths paths;
  std::string os_user = "postgres";
  /// Told in words what is begun and what failed; for the log.
  std::function<void(const std::string&)> say = [](const std::string&) {};
};

class AgentLoop {
 public:
  AgentLoop(Scheduler& scheduler, Postgres& postgres, StateFile& state_file, Transport& transport,
            AgentIdentity identity);

  /// Reads the state file and begins. A damaged file is like none: the node has forgotten its
  /// promises (R13). An error when it can't be read at all.
  Result<Done> start();

  /// What was last reported; for tests and the simulator.
  [[nodiscard]] const NodeReport& last_report() const { return report_; }
  [[nodiscard]] const LocalState& local() const { return local_; }

 private:
  void look();
  void seen(PostgresView view);
  void learn_from(PostgresView view);
  void decide();
  void learn_answer(const std::optional<SqlView>& sql);
  void perform(const Step& step);
  void performed(const Action& action, const Result<ActionOutcome>& outcome);
  void remember(const Action& action, const ActionOutcome& outcome);
  void forget_postgres();
  void failed(const Action& action, const Error& error);
  void look_after(Duration wait);
  /// When to look again, when that would do if no action were under way.
  [[nodiscard]] Duration pace(Duration wanted) const;
  [[nodiscard]] bool stops_to_restart() const { return stopping_ && stopping_->restart; }
  /// Tells the controller what was seen last, at least as often as it needs to hear.
  void beat();
  void tell();
  void say_whether_heard(const Result<Done>& sent);
  void receive();
  void received(const Result<std::optional<Transport::Order>>& answer);
  [[nodiscard]] Duration report_every() const;
  static Step wait_without_goal();

  Scheduler& scheduler_;
  Postgres& postgres_;
  StateFile& state_file_;
  Transport& transport_;
  AgentIdentity identity_;
  LocalState local_;
  std::optional<Goal> goal_;
  std::string goal_tag_;
  NodeReport report_;  ///< As it would be sent now.
  NodeReport told_;    ///< As it was last sent.
  std::uint64_t reports_ = 0;
  std::optional<Instant> told_at_;
  std::string doing_;  ///< Why the last step was taken; empty: it is at its goal.
  Instant doing_since_;
  std::optional<std::string> performing_;  ///< The action under way.
  Instant performing_since_;
  bool performing_routine_ = false;         ///< It is Step::routine.
  std::optional<action::Stop> stopping_;    ///< It, when it is one.
  std::optional<Instant> closing_since_{};  ///< A primary is being stopped since then.
  std::optional<Goal> performing_for_;      ///< The goal that it is under way for.
  bool looking_ = false;
  Instant seen_at_;
  bool look_again_ = false;
  bool telling_ = false;
  std::string unheard_;  ///< Why the last report did not arrive; empty: it did.
  int failures_ = 0;
  TimerId look_timer_;
};

}  // namespace hactl
