#include "planner/plan.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "model/limits.h"
#include "planner/decide.h"
#include "planner/facts.h"
#include "tests/planner/obedient_world.h"

namespace hactl::testing {
namespace {

TEST(Plan, BootstrapsTheThreeRegionsUntilNothingIsLeftToDo) {
  ObedientWorld world(three_regions());
  world.settle();
  EXPECT_EQ(world.condition("Converged"), "True every node is as the spec says");
  EXPECT_EQ(world.record.primary, NodeName("paris-a"));
  EXPECT_EQ(to_string(world.record.in_force.back()), "ANY 1 (paris-b, paris-c)");
}

TEST(Plan, IsAFixedPointOnceConverged) {
  ObedientWorld world(three_regions());
  world.settle();
  const Plan once = world.next();
  EXPECT_FALSE(once.record);
  EXPECT_EQ(once.goals, world.next().goals);
}

TEST(Plan, NeverClonesMoreThanTheLimitAtOnce) {
  ObedientWorld world(three_regions());
  int most = 0;
  world.after_decision = [&](const FormationRecord&) {
    int cloning = 0;
    for (const auto& [name, goal] : world.next().goals) {
      if (goal.state == GoalState::standby &&
          world.observed.nodes[name].report.state == NodeState::empty) {
        ++cloning;
      }
    }
    most = std::max(most, cloning);
  };
  world.settle();
  EXPECT_LE(most, static_cast<int>(kClonesAtOnceMax));
}

TEST(Plan, WidensTheQuorumBeforeAMigrationAndNarrowsItAfter) {
  ObedientWorld world(three_regions());
  world.settle();
  world.events.clear();
  world.spec.regions[0].replication_quorum = false;
  world.spec.regions[1].replication_quorum = true;
  world.spec.regions[1].candidate_priority = 65;
  world.generation = Generation(2);
  std::vector<std::string> settings;
  world.after_decision = [&](const FormationRecord& record) {
    if (record.in_force.size() == 1) settings.push_back(to_string(record.in_force.back()));
  };
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("amsterdam-a"));
  EXPECT_EQ(world.condition("Converged"), "True every node is as the spec says");
  EXPECT_TRUE(before(world.events, "QuorumChanged", "SwitchoverStarted"));
  EXPECT_TRUE(before(world.events, "PrimaryOpened", "QuorumChanging"));
  const std::vector<std::string> expected{
      "ANY 1 (amsterdam-a, amsterdam-b, amsterdam-c, paris-b, paris-c)",
      "ANY 1 (amsterdam-b, amsterdam-c, paris-b, paris-c)", "ANY 1 (amsterdam-b, amsterdam-c)"};
  settings.erase(std::unique(settings.begin(), settings.end()), settings.end());
  EXPECT_EQ(settings, expected);
}

GoalState goal_of(ObedientWorld& world, const char* node) {
  return world.next().goals.at(NodeName(node)).state;
}

TEST(Plan, ANodeGoesIntoMaintenanceOnlyWhenNoCommitWaitsForIt) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.spec.regions[0].nodes[2].maintenance = true;
  world.generation = Generation(2);
  EXPECT_EQ(goal_of(world, "c"), GoalState::standby);
  ASSERT_TRUE(world.next().record);
  EXPECT_EQ(world.next().record->phase, Phase::reconfigure);
  world.settle();
  EXPECT_EQ(to_string(world.record.in_force.back()), "ANY 1 (b)");
  EXPECT_EQ(goal_of(world, "c"), GoalState::maintenance);
  EXPECT_EQ(world.report("c").state, NodeState::stopped);
  EXPECT_EQ(world.condition("Converged"), "True every node is as the spec says");
  world.spec.regions[0].nodes[2].maintenance = false;
  world.generation = Generation(3);
  world.settle();
  EXPECT_EQ(to_string(world.record.in_force.back()), "ANY 1 (b, c)");
  EXPECT_EQ(world.condition("Converged"), "True every node is as the spec says");
}

TEST(Plan, APrimaryThatIsToBeInMaintenanceMovesWhateverFailbackSays) {
  ObedientWorld world(three_nodes());
  world.spec.failback = Failback::never;
  world.settle();
  ASSERT_EQ(world.record.primary, NodeName("a"));
  world.spec.regions[0].nodes[0].maintenance = true;
  world.generation = Generation(2);
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("b"));
  EXPECT_EQ(goal_of(world, "a"), GoalState::maintenance);
  EXPECT_EQ(world.condition("Converged"), "True every node is as the spec says");
}

TEST(Plan, AFailoverDoesNotWaitForWhatIsInMaintenance) {
  ObedientWorld world(three_nodes());
  world.spec.regions[0].nodes[2].maintenance = true;
  world.settle();
  world.stop_postgres("a");
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("b"));
  EXPECT_EQ(goal_of(world, "c"), GoalState::maintenance);
}

TEST(Plan, FailsOverWhenThePrimarysPostgresHasStopped) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.stop_postgres("a");
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("b"));
  EXPECT_EQ(world.record.epoch, Epoch(2));
  EXPECT_EQ(world.condition("Available"), "True b takes writes");
}

/// The primary of three nodes is lost a moment after a failover.
ObedientWorld soon_after_a_failover(int failovers_recently) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.observed.last_failover = world.now;
  world.observed.failovers_recently = failovers_recently;
  world.stop_postgres("a");
  return world;
}

TEST(Plan, WaitsWithAFailoverWhenTheFormationHasNotBeenWholeSinceTheLast) {
  ObedientWorld world = soon_after_a_failover(2);
  EXPECT_EQ(world.next().record, std::nullopt);
  world.now += 2 * kFailoverBackOff;
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("b"));
}

TEST(Plan, FailsOverAtOnceWhenTheFormationHasBeenWholeSinceTheLast) {
  const Plan plan = soon_after_a_failover(0).next();
  ASSERT_TRUE(plan.record);
  EXPECT_EQ(plan.record->phase, Phase::collect);
}

TEST(Plan, IsNotConvergedBeforeEveryNodeHasHeardItsGoal) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.observed.nodes[NodeName("c")].knows_goal = false;
  EXPECT_EQ(world.condition("Converged"), "False c has not heard its goal yet");
}

TEST(Plan, IsNotConvergedWhileANodeHasMoreToDoForItsGoal) {
  ObedientWorld world(three_nodes());
  world.settle();
  for (const char* name : {"a", "b"}) {
    const NodeReport at_peace = world.report(name);
    world.report(name).doing = "setting PostgreSQL up";
    EXPECT_EQ(world.condition("Converged"),
              "False " + std::string(name) + " is still at it: setting PostgreSQL up");
    world.report(name) = at_peace;
  }
  EXPECT_EQ(world.condition("Converged"), "True every node is as the spec says");
}

// It may hold the primary's parameters, and be no better after a move.
TEST(Plan, DoesNotMoveThePrimaryForItsParametersBeforeTheStandbysHaveLookedAtThem) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.report("a").restart_pending = true;
  world.observed.nodes[NodeName("c")].knows_goal = false;
  EXPECT_FALSE(world.next().record);
  world.observed.nodes[NodeName("c")].knows_goal = true;
  const NodeReport free = world.report("c");
  world.report("c").parameters_held = true;
  EXPECT_FALSE(world.next().record);
  EXPECT_EQ(world.next().goals.at(NodeName("a")).restart, world.generation.value) << "in its place";
  world.report("c") = free;
  ASSERT_TRUE(world.next().record);
  EXPECT_EQ(world.next().record->phase, Phase::switchover);
}

TEST(Plan, DoesNotFailOverWhileStandbysStillReceiveFromASilentPrimary) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.kill("a");
  world.only_unheard = true;
  world.settle();
  EXPECT_EQ(world.record.epoch, Epoch(1));
  EXPECT_EQ(world.record.phase, Phase::stable);
}

TEST(Plan, ASwitchoverToTheRegionInWhichThePrimaryIsIsDone) {
  ObedientWorld world(three_regions());
  world.settle();
  world.record.request = MoveRequest{std::nullopt, RegionName("paris")};
  world.record.settled_generation = world.generation;
  const NodeName primary = *world.record.primary;
  world.kill("paris-b");
  world.kill("paris-c");
  world.settle();
  EXPECT_FALSE(world.record.request);
  EXPECT_EQ(world.record.primary, primary);
}

TEST(Plan, ASwitchoverToARegionInWhichNobodyMayBePrimaryAnyMoreIsRefused) {
  ObedientWorld world(three_regions());
  world.spec.regions[1].candidate_priority = 10;
  world.settle();
  for (const char* name : {"amsterdam-a", "amsterdam-b", "amsterdam-c"})
    world.kill(name);
  world.settle();
  world.record.request = MoveRequest{std::nullopt, RegionName("amsterdam")};
  world.settle();
  EXPECT_TRUE(world.record.request) << "somebody there may come back";
  world.spec.regions[1].candidate_priority = 0;
  world.generation = world.generation.next();
  world.settle();
  EXPECT_FALSE(world.record.request);
  EXPECT_EQ(std::ranges::count(world.events, "SwitchoverRefused"), 1);
}

TEST(Plan, ASwitchoverThatWaitsSaysForWhom) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.report("a").position.lsn = Lsn(kSwitchoverLagBytesMax + 0x100'0000);
  const auto waits_for = [&](const MoveRequest& request) {
    world.record.request = request;
    return world.condition("Converged");
  };
  EXPECT_EQ(waits_for({NodeName("b"), std::nullopt}),
            "False a switchover is wanted: b is not ready to take over");
  EXPECT_EQ(waits_for({std::nullopt, RegionName("home")}), "False deciding")
      << "the primary is there";
  EXPECT_EQ(waits_for({std::nullopt, std::nullopt}),
            "False a switchover is wanted: no standby is ready to take over");
}

TEST(Plan, AFormationIsNotForgottenBeforeEveryNodeHasHeardThatItsDataIsToGo) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.record.deleting = world.record.deleting_data = true;
  for (auto& [name, node] : world.observed.nodes)
    node.report.state = NodeState::dropped;
  EXPECT_TRUE(world.next().deleted);
  world.observed.nodes[NodeName("b")].knows_goal = false;
  EXPECT_FALSE(world.next().deleted);
}

TEST(Plan, DoesNotMoveBackAfterAFailoverUnlessToldTo) {
  ObedientWorld world(three_nodes());
  world.spec.regions[0].nodes[0].candidate_priority = 90;
  world.settle();
  world.stop_postgres("a");
  world.settle();
  ASSERT_EQ(world.record.primary, NodeName("b"));
  world.revive("a");
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("b"));
  EXPECT_EQ(world.condition("PrimaryPreferred").substr(0, 5), "False");
  world.spec.failback = Failback::automatic;
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("a"));
}

TEST(Plan, MovesThePrimaryForPrioritiesAFewTimesAMinuteAtMost) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.spec.regions[0].nodes[1].candidate_priority = 90;
  world.generation = Generation(2);
  const Instant begun = world.now;
  world.observed.moves = {begun, begun, begun};
  EXPECT_FALSE(world.next().record);
  EXPECT_EQ(world.condition("Converged"),
            "False waiting: the primary has moved 3 times within a minute");
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("b"));
  EXPECT_GE(world.now, begun + kMoveBackOff);
}

// c is at it: its walsender is gone, which the primary has told and c has not.
TEST(Plan, DoesNotMoveThePrimaryForItsParametersWhileAStandbyMayBeRestarting) {
  ObedientWorld world(three_nodes());
  world.settle();
  for (const char* name : {"a", "c"})
    world.report(name).restart_pending = true;
  EXPECT_EQ(world.next().goals.at(NodeName("c")).restart, world.generation.value);
  std::vector<SenderView>& senders = world.report("a").primary->senders;
  const std::vector<SenderView> both = senders;
  std::erase_if(senders, [](const SenderView& sender) { return sender.node == NodeName("c"); });
  const auto move = [&] {
    Facts facts(world.spec, world.generation, world.record, world.observed, world.now);
    return wanted_move(facts);
  };
  EXPECT_FALSE(move());
  world.report("c").restart_pending = false;
  world.report("c").restart_done = world.generation.value;
  EXPECT_FALSE(move()) << "it is not back";
  senders = both;
  ASSERT_TRUE(move());
  EXPECT_EQ(move()->to, NodeName("b"));
}

// Neither it nor the primary may have told yet that it is down.
TEST(Plan, ASwitchoverWaitsWhileItsTargetIsToldToRestart) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.report("b").restart_pending = true;
  const auto moves_to = [&](const char* name) {
    world.record.request = MoveRequest{NodeName(name), std::nullopt};
    Facts facts(world.spec, world.generation, world.record, world.observed, world.now);
    return wanted_move(facts).has_value();
  };
  EXPECT_FALSE(moves_to("b"));
  EXPECT_TRUE(moves_to("c"));
  world.report("b").restart_done = world.generation.value;
  EXPECT_TRUE(moves_to("b"));
}

TEST(Plan, DropsANodeThatLeftTheSpecAndMovesThePrimaryAwayFirst) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.spec.regions[0].nodes.erase(world.spec.regions[0].nodes.begin());
  world.generation = Generation(2);
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("b"));
  EXPECT_TRUE(world.record.dropped.contains(NodeName("a")));
  EXPECT_TRUE(before(world.events, "PrimaryOpened", "NodeDropped"));
}

/// c has left, was let go unheard while it streamed, and is in the spec again.
ObedientWorld world_with_c_let_go(const FormationSpec& spec) {
  ObedientWorld world(spec);
  world.settle();
  world.record.in_force.back().members = {NodeName("b")};
  world.record.nodes.erase(NodeName("c"));
  world.record.dropped.insert(NodeName("c"));
  ObservedNode& c = world.observed.nodes[NodeName("c")];
  c.knows_goal = false;
  c.received_at = world.now - kSilentAfter;
  return world;
}

// The order to leave may still come to it, and it would leave though commits count on it.
TEST(Plan, CountsNobodyWhoWasLetGoUntilItIsHeardToHaveANewerOrder) {
  ObedientWorld world = world_with_c_let_go(three_nodes());
  ASSERT_EQ(world.report("a").primary->senders.size(), 2U) << "c streams";
  EXPECT_FALSE(world.next().record);
  world.observed.nodes[NodeName("c")].received_at = world.now;
  EXPECT_FALSE(world.next().record) << "what it said, it may have said before";
  world.observed.nodes[NodeName("c")].knows_goal = true;
  const Plan plan = world.next();
  ASSERT_TRUE(plan.record);
  EXPECT_TRUE(plan.record->in_force.back().members.contains(NodeName("c")));
  EXPECT_FALSE(plan.record->dropped.contains(NodeName("c")));
}

TEST(Plan, WhoeverCountsInANewEpochIsOnRecordAndLetGoNoMore) {
  FormationSpec spec = three_nodes();
  spec.regions[0].nodes[0].replication_quorum = false;
  ObedientWorld world = world_with_c_let_go(spec);
  world.kill("c");
  world.stop_postgres("a");
  std::optional<ObedientWorld> then;
  world.after_decision = [&](const FormationRecord& record) {
    if (record.phase == Phase::promote && !then) then = world;
  };
  world.settle();
  ASSERT_TRUE(then);
  EXPECT_TRUE(then->record.in_force.back().members.contains(NodeName("c")));
  EXPECT_FALSE(then->record.dropped.contains(NodeName("c")));
  then->spec.regions[0].nodes.pop_back();
  EXPECT_TRUE(then->next().goals.contains(NodeName("c"))) << "as long as it counts";
}

TEST(Plan, ExcludesANodeThatForgotAndBuildsItAnew) {
  ObedientWorld world(three_nodes());
  for (auto& [name, node] : world.observed.nodes)
    node.report.sequence = AgentSeq(20);
  world.settle();
  world.report("c").sequence = AgentSeq(2);
  world.settle();
  EXPECT_TRUE(before(world.events, "NodeForgot", "QuorumChanging") ||
              before(world.events, "NodeForgot", "NodeForgot"));
  EXPECT_EQ(world.condition("Converged"), "True every node is as the spec says");
}

TEST(Plan, AClosedPrimaryThatForgotLeadsNobody) {
  ObedientWorld world(three_nodes());
  for (auto& [name, node] : world.observed.nodes)
    node.report.sequence = AgentSeq(20);
  world.settle();
  world.kill("b");
  world.kill("c");
  world.report("a").sequence = AgentSeq(2);
  world.report("a").primary->gate_open = false;
  const Plan plan = world.next();
  EXPECT_EQ(plan.goals.at(NodeName("a")).state, GoalState::fence);
  ASSERT_TRUE(plan.record);
  EXPECT_TRUE(plan.record->nodes.at(NodeName("a")).excluded);
}

}  // namespace
}  // namespace hactl::testing
