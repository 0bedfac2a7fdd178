// Faults: what goes wrong in a simulated world, and what its users do meanwhile, drawn from the
// seed.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/prng.h"
#include "sim/world.h"

namespace hactl {

enum class FaultKind {
  crash_agent,
  crash_postgres,
  crash_node,
  crash_primary,
  crash_standby,
  freeze_node,
  freeze_postgres,
  freeze_agent,
  crash_controller,
  two_controllers,
  cut_controller,
  cut_pair,
  cut_node,
  cut_region,
  loss,
  slow_network,
  store_trouble,
  action_trouble,
  slow_replay,
  lose_disk,
  edit_priority,
  edit_quorum,
  edit_sync,
  add_node,
  remove_node,
  switchover,
};
inline constexpr std::size_t kFaultKinds = 26;
std::string_view to_string(FaultKind kind);

/// How often each kind comes, relative to the others; 0: never.
using FaultWeights = std::array<int, kFaultKinds>;

/// What a run consists of.
struct Scenario {
  std::string name;
  int nodes_min = 2;
  int nodes_max = 7;
  FaultWeights weights{};
  Duration length{0};     ///< Of the time in which faults begin.
  Duration pause_max{0};  ///< Between one fault and the next.
};

/// The scenarios by name; nullopt: there is none of this name.
std::optional<Scenario> find_scenario(std::string_view name);
std::vector<std::string> scenario_names();

/// Lets faults happen to a world, which outlives it.
class Faults {
 public:
  Faults(World& world, const Scenario& scenario, std::uint64_t seed)
      : world_(world), scenario_(scenario), prng_(seed) {}

  /// Runs the world while faults begin and end; then heals it.
  void run();

  [[nodiscard]] const std::map<FaultKind, std::uint64_t>& counts() const { return counts_; }

 private:
  [[nodiscard]] FaultKind draw_kind();
  [[nodiscard]] NodeName draw_node();
  [[nodiscard]] std::optional<NodeName> draw_standby();
  [[nodiscard]] bool commits_may_be_on_one_disk() const;
  void inject(FaultKind kind);
  void inject_process(FaultKind kind);
  void inject_network(FaultKind kind);
  void inject_user(FaultKind kind);
  void crash(const NodeName& node);
  void freeze(const NodeName& node, FaultKind kind);
  void isolate(const std::vector<NodeName>& group);
  void edit(FaultKind kind);
  /// Ends a fault after a while.
  void later(Duration longest, std::function<void()> end);

  World& world_;
  Scenario scenario_;
  Prng prng_;
  std::map<FaultKind, std::uint64_t> counts_;
  int added_ = 0;
  int disks_lost_ = 0;
  bool over_ = false;
};

}  // namespace hactl
