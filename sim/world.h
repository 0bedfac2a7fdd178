// World: one simulated formation. The real FormationLoop and the real AgentLoops over simulated
// doors; one thread, virtual time, and one seed from which everything follows.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent_loop.h"
#include "base/prng.h"
#include "model/spec.h"
#include "sim/checkers.h"
#include "sim/hooks.h"
#include "sim/sim_cluster.h"
#include "sim/sim_controller.h"
#include "sim/sim_network.h"
#include "sim/sim_postgres.h"
#include "sim/sim_scheduler.h"
#include "sim/sim_state_file.h"
#include "sim/sim_store.h"

namespace hactl {

struct WorldOptions {
  std::uint64_t seed = 1;
  int nodes_min = 2;
  int nodes_max = 7;
  bool print = false;  ///< The trace, to standard output.
  Hooks hooks;
};

class World {
 public:
  explicit World(WorldOptions options);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  /// Runs until `length` has passed or a property was violated.
  void run_for(Duration length);
  /// Runs until the formation has converged; false: not within `limit`.
  bool run_until_converged(Duration limit);
  /// Ends every fault: cuts, freezes, losses, dead processes.
  void heal();

  [[nodiscard]] Instant now() const { return queue_.now(); }
  [[nodiscard]] std::uint64_t steps() const { return queue_.steps(); }
  [[nodiscard]] const Checkers& checkers() const { return checkers_; }
  [[nodiscard]] const std::map<std::uint32_t, std::uint64_t>& rules() const { return rules_; }
  /// Empty: the formation is as its spec says. Else what is missing.
  [[nodiscard]] std::string missing() const;
  /// Why the last convergence took too long; kept as a violation of L1.
  void not_converged();

  // What faults act on.
  [[nodiscard]] EventQueue& queue() { return queue_; }
  [[nodiscard]] Prng& prng() { return prng_; }
  [[nodiscard]] SimCluster& cluster() { return cluster_; }
  [[nodiscard]] SimNetwork& network() { return network_; }
  [[nodiscard]] StoreDisk& store() { return store_; }
  /// Whether any node's data is being made anew.
  [[nodiscard]] bool any_rebuilding() const;
  /// As the store has it; null: nothing was ever applied.
  [[nodiscard]] const FormationRecord* record() const {
    return store_.formations.empty() ? nullptr : &store_.formations.begin()->second.record;
  }
  [[nodiscard]] const FormationSpec& spec() const { return spec_; }
  [[nodiscard]] std::optional<NodeName> primary() const;
  [[nodiscard]] std::vector<NodeName> names() const;
  void note(const std::string& line) { checkers_.note(line); }
  void kill_agent(const NodeName& node);
  void start_agent(const NodeName& node);
  void freeze_agent(const NodeName& node);
  void thaw_agent(const NodeName& node);
  void lose_disk(const NodeName& node);
  void set_action_trouble(int percent);
  void kill_controller();
  /// Starts a controller. The one before it, if it lives, stays as it is and is no longer called.
  void start_controller();
  /// Applies a changed spec as a user would.
  void apply(FormationSpec spec);
  void move(MoveRequest request);
  [[nodiscard]] FormationSpec wanted() const { return wanted_; }

 private:
  /// One machine.
  struct Machine {
    StateFileDisk state_file;
    std::unique_ptr<ProcessScheduler> scheduler;
    std::unique_ptr<SimPostgres> postgres;
    std::unique_ptr<SimStateFile> file;
    std::unique_ptr<SimTransport> transport;
    std::unique_ptr<AgentLoop> loop;
  };

  void make_spec();
  void add_machine(const Member& member);
  void client_tick();
  void count_rules(const Plan& plan);
  [[nodiscard]] std::string missing_standby(const Member& member, const NodeName& primary) const;

  WorldOptions options_;
  EventQueue queue_;
  Prng prng_;
  Checkers checkers_;
  SimCluster cluster_;
  SimNetwork network_;
  StoreDisk store_;
  FormationName formation_{"sim"};
  FormationSpec spec_;    ///< As the store has it.
  FormationSpec wanted_;  ///< As it was last asked for.
  std::map<NodeName, Machine> machines_;
  std::vector<std::unique_ptr<SimController>> controllers_;
  std::map<std::uint32_t, std::uint64_t> rules_;
  std::string last_phase_;
  Instant healed_at_;
  int action_trouble_ = 0;
};

/// A valid spec of `nodes` nodes in 1..3 regions.
FormationSpec random_spec(Prng& prng, int nodes);

}  // namespace hactl
