// World: one simulated formation. The real FormationLoop and the real AgentLoops over simulated
// doors; one thread, virtual time, and one seed from which everything follows.
#pragma once

#include <array>
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
#include "sim/trace.h"

namespace hactl {

struct WorldOptions {
  std::uint64_t seed = 1;
  int nodes_min = 2;
  int nodes_max = 7;
  bool print = false;  ///< The trace, to standard output.
  Hooks hooks;
  /// Another course of the same events: delays and orders are drawn anew, spec and faults are not.
  std::uint64_t course = 0;
  /// No fault comes that could justify another primary than the spec's and the users'.
  bool calm = false;
  /// The spec that is drawn asks for durability.
  bool durable = false;
  /// Valid; unset: drawn by the seed.
  std::optional<FormationSpec> spec;
};

/// What of a machine is an older copy of itself, or gone.
enum class Forgets { machine, data, state, state_file };

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
  /// The same, and a violation of L1 or L2 if it has not.
  void must_converge(Duration limit);
  /// Runs at peace for `length`, in which nothing may change any more once it has settled (L3).
  void must_stay(Duration length);
  /// Ends every fault: cuts, freezes, losses, dead processes.
  void heal();

  [[nodiscard]] Instant now() const { return queue_.now(); }
  [[nodiscard]] std::uint64_t steps() const { return queue_.steps(); }
  [[nodiscard]] const Checkers& checkers() const { return checkers_; }
  [[nodiscard]] const Trace& trace() const { return trace_; }
  [[nodiscard]] const std::map<std::uint32_t, std::uint64_t>& rules() const { return rules_; }
  /// Empty: the formation is as its spec says. Else what is missing.
  [[nodiscard]] std::string missing() const;

  // What faults act on.
  [[nodiscard]] EventQueue& queue() { return queue_; }
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
  void note(const std::string& line) { trace_.note(line); }
  /// Clients write all the time for a while: something happens.
  void stir();
  void kill_agent(const NodeName& node);
  void start_agent(const NodeName& node);
  void freeze_agent(const NodeName& node);
  void thaw_agent(const NodeName& node);
  /// Everything on the machine ends at once, and nobody hears a word of it.
  void power_off(const NodeName& node);
  /// Its agent and its PostgreSQL take up to `longest` for everything that they do; 0: no time.
  void slow_down(const NodeName& node, Duration longest);
  void lose_disk(const NodeName& node);
  /// Neither copy of its state file is whole any more. Requires that its agent is down.
  void corrupt_state(const NodeName& node);
  /// Where the node is; unset: it was never anywhere.
  [[nodiscard]] std::optional<std::string> host_of(const NodeName& node) const;
  /// Remembers the machine as it is now, for roll_back().
  void take_snapshot(const NodeName& node);
  /// The machine is off, and the part of it is as it was at its last snapshot, or gone.
  void roll_back(const NodeName& node, Forgets part);
  void set_wall_time(const NodeName& node, Duration by);
  void set_action_trouble(int percent);
  void kill_controller();
  /// Starts a controller. The one before it, if it lives, stays as it is and is no longer called.
  void start_controller();
  /// Stops the controller and puts an older copy of its store in place. `said`: whoever starts it
  /// next says so, until the formation has been noted to be older.
  enum class Restored { said, silently };
  void restore_store(Restored how = Restored::said);
  /// Applies a changed spec as a user would.
  void apply(FormationSpec spec);
  void move(MoveRequest request);
  void restart();
  [[nodiscard]] FormationSpec wanted() const { return wanted_; }

 private:
  struct Snapshot {
    DataDirectory disk;
    std::optional<AgentState> state;
    std::set<Epoch> credentials;
  };
  /// One machine.
  struct Machine {
    MachineClock clock;
    StateFileDisk state_file;
    Duration slow{0};
    std::optional<Snapshot> snapshot;
    std::unique_ptr<ProcessScheduler> scheduler;
    std::unique_ptr<SimPostgres> postgres;
    std::unique_ptr<SimStateFile> file;
    std::unique_ptr<SimTransport> transport;
    std::unique_ptr<AgentLoop> loop;
  };

  [[nodiscard]] std::uint64_t seed_for(std::uint64_t use) const;
  [[nodiscard]] MachineClock draw_clocks();
  void add_machine(const Member& member);
  void end_agent(const NodeName& node);
  void client_tick();
  void written(const SimController& controller, const StoredFormation& stored);
  void looked_at(const SimController& controller);
  void check_calm(const FormationRecord& record);
  void tell_where_it_stands();
  [[nodiscard]] bool blocked() const;
  [[nodiscard]] std::string missing_standby(const Member& member, const NodeName& primary) const;

  WorldOptions options_;
  EventQueue queue_;
  Prng prng_;
  Trace trace_;
  SimCluster cluster_;
  Checkers checkers_;
  SimNetwork network_;
  StoreDisk store_;
  FormationName formation_{"sim"};
  FormationSpec spec_;    ///< As the store has it.
  FormationSpec wanted_;  ///< As it was last asked for.
  std::map<NodeName, Machine> machines_;
  std::array<MachineClock, 2> controller_clocks_;  ///< Of the two machines that may run one.
  std::vector<std::unique_ptr<SimController>> controllers_;
  std::map<std::uint32_t, std::uint64_t> rules_;
  TimerId client_timer_;
  Instant clients_busy_until_;
  Instant healed_at_;
  std::optional<Incarnation> put_back_to_;  ///< And it was said, and not noted yet.
  int action_trouble_ = 0;
  std::optional<NodeName> target_;  ///< Of the switchover under way.
  int ballots_asked_for_ = 0;
};

/// A valid spec of `nodes` nodes in 1..3 regions.
FormationSpec random_spec(Prng& prng, int nodes);

/// A valid spec of `nodes` nodes, three or more, that asks for as much durability as they allow.
FormationSpec random_durable_spec(Prng& prng, int nodes);

}  // namespace hactl
