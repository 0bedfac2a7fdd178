// A simulator without teeth is worse than none: every bug that is planted here must be seen as lost
// or contradicting data, not only as a formation that does not converge.
#include <string>

#include <gtest/gtest.h>

#include "sim/run.h"

namespace hactl {
namespace {

constexpr std::uint64_t kSeedsMax = 150;

/// Primaries that crash and links that break as fast as the formation can mend itself.
Scenario storm() {
  Scenario scenario = *find_scenario("crash-primary");
  scenario.nodes_min = 3;
  const auto weight = [&](FaultKind kind) -> int& {
    return scenario.weights[static_cast<std::size_t>(kind)];
  };
  weight(FaultKind::cut_pair) = 6;
  weight(FaultKind::freeze_node) = 3;
  weight(FaultKind::cut_node) = 3;
  scenario.pause_max = Duration{1'500};
  return scenario;
}

/// The first violation of safety within kSeedsMax seeds, or what was seen instead.
std::string first_violation(const Scenario& scenario, const Hooks& hooks) {
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    const RunResult result =
        run_seed({.scenario = scenario, .seed = seed, .print = false, .hooks = hooks});
    if (result.violation.starts_with("I")) return result.violation;
  }
  return "none in " + std::to_string(kSeedsMax) + " seeds";
}

TEST(PlantedBug, AnAgentThatForgetsItsPromiseIsSeen) {
  Hooks hooks;
  hooks.loaded = [](AgentState& state) { state.promised = Epoch(0); };
  EXPECT_TRUE(first_violation(*find_scenario("crash-primary"), hooks).starts_with("I5"));
}

TEST(PlantedBug, APlannerThatIgnoresCoverageIsSeen) {
  Hooks hooks;
  // Every setting on record looks as if all of its members had held every commit.
  hooks.record = [](FormationRecord& record) {
    if (record.phase != Phase::collect || record.candidate) return false;
    bool changed = false;
    for (SyncConfig& config : record.in_force) {
      const int all = static_cast<int>(config.members.size());
      changed = changed || config.required != all;
      config.required = all;
    }
    return changed;
  };
  EXPECT_TRUE(first_violation(*find_scenario("chaos"), hooks).starts_with("I1"));
}

TEST(PlantedBug, AReloadThatIsTakenForADetachIsSeen) {
  Hooks hooks;
  hooks.skip = [](const Action& action) { return std::holds_alternative<action::Detach>(action); };
  hooks.seen = [](PostgresView& view) {
    if (!view.sql || !view.sql->in_recovery) return;
    view.credential = false;
    view.sql->receiver.reset();
  };
  EXPECT_TRUE(first_violation(storm(), hooks).starts_with("I"));
}

TEST(PlantedBug, APositionThatIsNotWaitedForIsSeen) {
  Hooks hooks;
  hooks.goal = [](Goal& goal) {
    if (goal.state == GoalState::promote && goal.position) goal.position = WalPosition{};
  };
  EXPECT_TRUE(first_violation(*find_scenario("switchover"), hooks).starts_with("I"));
}

TEST(PlantedBug, AGateThatOpensWithoutItsBarrierIsSeen) {
  Hooks hooks;
  hooks.skip = [](const Action& action) {
    return std::holds_alternative<action::WriteBarrier>(action);
  };
  EXPECT_TRUE(first_violation(storm(), hooks).starts_with("I"));
}

}  // namespace
}  // namespace hactl
