// A simulator without teeth is worse than none: every bug that is planted here must be seen as lost
// or contradicting data, not only as a formation that does not converge.
#include <gtest/gtest.h>

#include <string>

#include "sim/run.h"

namespace hactl {
namespace {

constexpr std::uint64_t kSeedsMax = 150;

/// The first violation of safety within kSeedsMax seeds, or what was seen instead.
std::string first_violation(const std::string& scenario, const Hooks& hooks) {
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    const RunResult result = run_seed(
        {.scenario = *find_scenario(scenario), .seed = seed, .print = false, .hooks = hooks});
    if (result.violation.starts_with("I")) return result.violation;
  }
  return "none in " + std::to_string(kSeedsMax) + " seeds";
}

TEST(PlantedBug, AnAgentThatForgetsItsPromiseIsSeen) {
  Hooks hooks;
  hooks.loaded = [](AgentState& state) { state.promised = Epoch(0); };
  EXPECT_TRUE(first_violation("crash-primary", hooks).starts_with("I5"));
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
  EXPECT_TRUE(first_violation("chaos", hooks).starts_with("I1"));
}

TEST(PlantedBug, AStandbyThatIsNotCutOffIsSeen) {
  Hooks hooks;
  hooks.skip = [](const Action& action) { return std::holds_alternative<action::Detach>(action); };
  hooks.report = [](NodeReport& report) {
    if (report.state != NodeState::standby || report.position.lsn == Lsn{}) return;
    report.final_for = report.promised;
    report.state = NodeState::held;
  };
  EXPECT_TRUE(first_violation("chaos", hooks).starts_with("I"));
}

TEST(PlantedBug, APositionThatIsNotWaitedForIsSeen) {
  Hooks hooks;
  hooks.goal = [](Goal& goal) {
    if (goal.state == GoalState::promote && goal.position) goal.position = WalPosition{};
  };
  EXPECT_TRUE(first_violation("switchover", hooks).starts_with("I"));
}

TEST(PlantedBug, AGateThatOpensWithoutItsBarrierIsSeen) {
  Hooks hooks;
  hooks.skip = [](const Action& action) {
    return std::holds_alternative<action::WriteBarrier>(action);
  };
  EXPECT_TRUE(first_violation("chaos", hooks).starts_with("I"));
}

TEST(PlantedBug, ALieAboutThePositionIsSeen) {
  Hooks hooks;
  hooks.report = [](NodeReport& report) {
    if (report.node == NodeName("b") && report.position.lsn != Lsn{}) {
      report.position.lsn.value += 100'000;
    }
  };
  EXPECT_TRUE(first_violation("crash-primary", hooks).starts_with("I"));
}

}  // namespace
}  // namespace hactl
