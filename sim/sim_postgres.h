// SimPostgres: the agent's door to its simulated PostgreSQL. One for each life of an agent; the
// server behind it lives on. Actions take time, fail now and then, and are cut short when the agent
// dies: what was begun in the server goes on, what the agent's own programs did does not.
#pragma once

#include <cstdint>
#include <functional>

#include "agent/postgres.h"
#include "base/prng.h"
#include "sim/hooks.h"
#include "sim/sim_cluster.h"
#include "sim/sim_scheduler.h"

namespace hactl {

class SimPostgres : public Postgres {
 public:
  using Done = std::function<void(Result<ActionOutcome>)>;

  /// All references outlive the door. `trouble_percent`: how many actions fail for no reason.
  SimPostgres(EventQueue& queue, SimCluster& cluster, SimServer& server,
              const ProcessScheduler& agent, const Hooks& hooks, std::uint64_t seed);

  void observe(const PostgresGoal& postgres, std::function<void(PostgresView)> seen) override;
  void perform(const Action& action, Done done) override;
  void on_exit(std::function<void()> changed) override;

  void set_trouble(int percent) { trouble_percent_ = percent; }

 private:
  void run(const action::InitDatabase& order, Done done);
  void run(const action::Clone& order, Done done);
  void run(const action::AskSource& order, Done done);
  void run(const action::Rewind& order, Done done);
  void run(const action::Configure& order, Done done);
  void run(const action::StartStandby& order, Done done);
  void run(const action::ResumeGated& order, Done done);
  void run(const action::Stop& order, Done done);
  void run(const action::Attach& order, Done done);
  void run(const action::Detach& order, Done done);
  void run(const action::NudgeReceiver& order, Done done);
  void run(const action::Promote& order, Done done);
  void run(const action::Checkpoint& order, Done done);
  void run(const action::ProveCheckpointer& order, Done done);
  void run(const action::WriteBarrier& order, Done done);
  void run(const action::PrepareDatabase& order, Done done);
  void run(const action::SetSlots& order, Done done);
  void run(const action::Tick& order, Done done);
  void run(const action::AskToOpen& order, Done done);
  /// Actions that never reach the door: the loop keeps them to itself.
  template <typename Other>
  void run(const Other& order, Done done);

  [[nodiscard]] std::int64_t look_time();
  /// Runs in the agent's process: not at all when it has died meanwhile.
  void after(std::int64_t low_ms, std::int64_t high_ms, std::function<void()> task);
  void start(SimServer::StartAs as, Done done);
  void await_start(Instant deadline, Done done);
  void await_leftovers(Done done);
  /// Runs `use` on a session after a while, or answers that there is none.
  void with_session(std::int64_t high_ms, std::function<Result<ActionOutcome>()> use, Done done);
  void write(RecordKind kind, Done done);
  [[nodiscard]] Result<ActionOutcome> copy_from(const Upstream& upstream);
  [[nodiscard]] Result<ActionOutcome> rewind_from(const Upstream& upstream);
  [[nodiscard]] SimServer* source(const Upstream& upstream);

  EventQueue& queue_;
  SimCluster& cluster_;
  SimServer& server_;
  ProcessId agent_;
  const Scheduler& clock_;  ///< Of the agent's machine.
  const Hooks& hooks_;
  Prng prng_;
  int trouble_percent_ = 0;
};

}  // namespace hactl
