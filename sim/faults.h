// Faults: what goes wrong in a simulated world, and what its users do meanwhile. The whole schedule
// follows from the seed before anything happens, and each fault draws from a seed of its own: some
// can be left out, and the others stay what they are.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/prng.h"
#include "sim/world.h"

namespace hactl {

enum class FaultKind {
  // Processes and machines.
  crash_agent,
  crash_postgres,
  crash_node,
  crash_primary,
  crash_standby,
  crash_all,
  freeze_node,
  freeze_postgres,
  freeze_agent,
  slow_node,
  crash_controller,
  two_controllers,
  freeze_controller,
  clock_jump,
  // Disks.
  slow_disk,
  slow_replay,
  start_trouble,
  action_trouble,
  lose_disk,
  corrupt_state,
  roll_back,
  // Network and store.
  cut_controller,
  cut_primary,
  cut_pair,
  cut_node,
  cut_region,
  partition,
  one_way,
  slow_link,
  loss,
  slow_network,
  old_messages,
  store_trouble,
  restore_store,
  // Users.
  edit_priority,
  edit_quorum,
  edit_sync,
  edit_policy,
  edit_parameter,
  edit_many,
  add_node,
  remove_node,
  move_node,
  switchover,
  restart,
};
inline constexpr std::size_t kFaultKinds = 45;
/// Those of them that swarms draw from. Later ones come in scenarios of their own, so that kept
/// seeds stay the runs that they were.
inline constexpr std::size_t kSwarmKinds = 44;
std::string_view to_string(FaultKind kind);

/// How often each kind comes, relative to the others; 0: never.
using FaultWeights = std::array<int, kFaultKinds>;

/// What a run consists of.
struct Scenario {
  std::string name;
  int nodes_min = 2;
  int nodes_max = 9;
  FaultWeights weights{};
  Duration length{0};     ///< Of the time in which faults begin.
  Duration pause_max{0};  ///< Most time between one fault and the next, in the slowest of runs.
  bool swarm = false;     ///< Each run has some of the kinds only, and those more often.
  bool calm = false;      ///< Nothing of it justifies another primary.
  bool durable = false;   ///< Its formations ask for durability.
};

/// The scenarios by name; nullopt: there is none of this name.
std::optional<Scenario> find_scenario(std::string_view name);
/// Those that a run of all of them takes.
std::vector<std::string> scenario_names();

/// One fault of a schedule.
struct Fault {
  int index = 0;
  Duration at{0};  ///< After the formation was made.
  FaultKind kind = FaultKind::crash_agent;
  std::uint64_t seed = 0;
};
std::vector<Fault> schedule_faults(const Scenario& scenario, std::uint64_t seed);

/// Lets faults happen to a world, which outlives it.
class Faults {
 public:
  Faults(World& world, std::vector<Fault> schedule)
      : world_(world), schedule_(std::move(schedule)), prng_(0) {}

  /// Runs the world while faults begin and end; then heals it.
  void run();

  [[nodiscard]] const std::map<FaultKind, std::uint64_t>& counts() const { return counts_; }
  [[nodiscard]] const std::vector<int>& injected() const { return injected_; }

 private:
  [[nodiscard]] NodeName draw_node();
  [[nodiscard]] std::optional<NodeName> draw_standby();
  [[nodiscard]] std::vector<NodeName> draw_group();
  [[nodiscard]] bool commits_may_be_on_one_disk() const;
  void inject(const Fault& fault);
  void inject_process(FaultKind kind);
  void inject_controller(FaultKind kind);
  void inject_disk(FaultKind kind);
  void inject_network(FaultKind kind);
  void inject_messages(FaultKind kind);
  void inject_user(FaultKind kind);
  void crash(const NodeName& node);
  void freeze(const NodeName& node, FaultKind kind);
  void cut_from_controller(const NodeName& node);
  void isolate(const std::vector<NodeName>& group);
  void cut_one_way();
  void roll_back(const NodeName& node);
  void edit(FaultKind kind);
  void edit_one(FaultKind kind, FormationSpec& spec);
  void edit_node(FaultKind kind, FormationSpec& spec);
  /// Ends a fault after a while.
  void later(std::function<void()> end);
  void note(FaultKind kind, const std::string& what);

  World& world_;
  std::vector<Fault> schedule_;
  Prng prng_;  ///< Of the fault that is being injected.
  std::map<FaultKind, std::uint64_t> counts_;
  std::vector<int> injected_;
  std::set<NodeName> removed_;
  int added_ = 0;
  bool data_given_up_ = false;  ///< One node's memory or disk at most is taken.
  bool over_ = false;
};

}  // namespace hactl
