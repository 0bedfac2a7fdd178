// A simulator without teeth is worse than none: every bug that is planted here must be seen as lost
// or contradicting data, not only as a formation that does not converge.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/run.h"
#include "sim/world.h"

namespace hactl {
namespace {

constexpr std::uint64_t kSeedsMax = 150;

/// The first violation of safety within kSeedsMax seeds, or what was seen instead.
std::string first_violation(const Scenario& scenario, const Hooks& hooks) {
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    RunOptions options;
    options.scenario = scenario;
    options.seed = seed;
    options.hooks = hooks;
    const RunResult result = run_seed(options);
    if (result.violation.starts_with("I")) return result.violation;
  }
  return "none in " + std::to_string(kSeedsMax) + " seeds";
}

WorldOptions three_nodes(std::uint64_t seed, const Hooks& hooks) {
  WorldOptions options;
  options.seed = seed;
  options.nodes_min = options.nodes_max = 3;
  options.hooks = hooks;
  return options;
}

/// Three nodes; the primary goes on, but neither the controller hears it nor it the controller.
std::string depose_an_unreachable_primary(std::uint64_t seed, const Hooks& hooks) {
  World world(three_nodes(seed, hooks));
  world.run_for(Duration{20'000});
  if (!world.primary()) return {};
  const NodeName first = *world.primary();
  world.network().cut_up.insert(first);
  world.network().cut_down.insert(first);
  world.run_for(Duration{20'000});
  world.heal();
  world.run_for(Duration{20'000});
  return world.checkers().violation();
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
  EXPECT_TRUE(first_violation(*find_scenario("chaos"), hooks).starts_with("I"));
}

TEST(PlantedBug, ASettingThatLetsCommitsGoInTooFewPlacesIsSeen) {
  Hooks hooks;
  // After the first failover, long after durability was promised.
  hooks.record = [](FormationRecord& record) {
    if (record.phase != Phase::reconfigure || record.epoch < Epoch(2)) return false;
    SyncConfig& next = record.in_force.back();
    if (next.required == 0) return false;
    --next.required;
    return true;
  };
  const std::string seen = first_violation(*find_scenario("durable"), hooks);
  EXPECT_TRUE(seen.starts_with("I15")) << seen;
}

TEST(PlantedBug, AReloadThatIsTakenForADetachIsSeen) {
  bool skipped = false;
  Hooks hooks;
  hooks.skip = [&](const Action& action) {
    const bool detaches = std::holds_alternative<action::Detach>(action);
    skipped = skipped || detaches;
    return detaches;
  };
  hooks.seen = [&](PostgresView& view) {
    if (!view.sql || !view.sql->in_recovery) return;
    // From the beginning, or nobody would think that the primary is lost.
    view.sql->receiver.reset();
    if (skipped) view.credential = false;
  };
  std::string seen;
  for (std::uint64_t seed = 1; seed <= kSeedsMax && !seen.starts_with("I"); ++seed) {
    EXPECT_EQ(depose_an_unreachable_primary(seed, {}), "");
    skipped = false;
    seen = depose_an_unreachable_primary(seed, hooks);
  }
  EXPECT_TRUE(seen.starts_with("I")) << seen;
}

/// Three nodes; a switchover is under way when its target loses sight of the old primary.
std::string cut_the_target_off_in_a_switchover(std::uint64_t seed, const Hooks& hooks) {
  World world(three_nodes(seed, hooks));
  if (!world.run_until_converged(Duration{60'000})) return "not converged";
  const NodeName first = *world.primary();
  world.move(MoveRequest{});
  for (int i = 0; i < 2'000 && world.record()->phase != Phase::switchover; ++i)
    world.run_for(Duration{1});
  if (world.record()->phase != Phase::switchover) return {};
  const NodeName target = *world.record()->candidate;
  world.cluster().cut(first, target);
  world.cluster().cut(target, first);
  world.run_for(Duration{30'000});
  world.heal();
  world.run_for(Duration{30'000});
  return world.checkers().violation();
}

TEST(PlantedBug, APositionThatIsNotWaitedForIsSeen) {
  Hooks hooks;
  hooks.goal = [](Goal& goal) {
    if (goal.state == GoalState::promote && goal.position) goal.position = WalPosition{};
  };
  std::string seen;
  for (std::uint64_t seed = 1; seed <= kSeedsMax && !seen.starts_with("I"); ++seed) {
    EXPECT_EQ(cut_the_target_off_in_a_switchover(seed, {}), "");
    seen = cut_the_target_off_in_a_switchover(seed, hooks);
  }
  EXPECT_TRUE(seen.starts_with("I")) << seen;
}

/// Three nodes, one of which lags behind while the primary is lost, and then the next one as well.
std::string lose_two_primaries_in_a_row(const Hooks& hooks) {
  World world(three_nodes(1, hooks));
  EXPECT_TRUE(world.run_until_converged(Duration{60'000}));
  const NodeName first = *world.primary();
  std::vector<NodeName> others = world.names();
  std::erase(others, first);
  const NodeName& second = others.front();
  const NodeName& laggard = others.back();
  FormationSpec spec = world.spec();
  spec.number_sync_standbys = 1;
  spec.when_short = WhenShort::block;
  spec.failback = Failback::never;
  for (RegionSpec& region : spec.regions) {
    for (NodeSpec& node : region.nodes) {
      node.replication_quorum = true;
      node.candidate_priority = node.name == second ? 80 : 50;
    }
  }
  world.apply(spec);
  EXPECT_TRUE(world.run_until_converged(Duration{60'000}));
  EXPECT_EQ(world.primary(), first);
  for (const NodeName& node : {first, second}) {
    world.cluster().cut(node, laggard);
    world.cluster().cut(laggard, node);
  }
  world.run_for(Duration{5'000});
  for (const NodeName& node : {first, second}) {
    world.kill_agent(node);
    world.cluster().server(node).crash();
    world.run_for(Duration{10'000});
  }
  world.cluster().heal_all();
  world.run_for(Duration{10'000});
  world.heal();
  world.run_for(Duration{30'000});
  return world.checkers().violation();
}

TEST(PlantedBug, AGateThatOpensWithoutItsBarrierIsSeen) {
  EXPECT_EQ(lose_two_primaries_in_a_row({}), "");
  Hooks hooks;
  const auto sync = std::make_shared<SyncConfig>();  // Shared by the two hooks.
  hooks.goal = [sync](Goal& goal) {
    if (goal.state == GoalState::promote) *sync = *goal.sync;
  };
  // A gated primary sees every member hold whatever it asks for.
  hooks.seen = [sync](PostgresView& view) {
    if (!view.sql || view.sql->in_recovery || !view.sql->read_only) return;
    constexpr Lsn kEverything{~std::uint64_t{0}};
    view.sql->senders.clear();
    for (const NodeName& member : sync->members) {
      view.sql->senders.push_back({member, sync->epoch, true, kEverything, kEverything, 1});
    }
  };
  const std::string seen = lose_two_primaries_in_a_row(hooks);
  EXPECT_TRUE(seen.starts_with("I9")) << seen;
}

}  // namespace
}  // namespace hactl
