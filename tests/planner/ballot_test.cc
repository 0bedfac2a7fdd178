// Ballots: who is chosen, whose word is needed, and when a choice is given up.
#include <utility>

#include <gtest/gtest.h>

#include "model/limits.h"
#include "planner/plan.h"
#include "tests/planner/obedient_world.h"

namespace hactl::testing {
namespace {

TEST(Ballot, IsBlockedWhenAcknowledgedCommitsMayBeElsewhere) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.kill("a");
  world.kill("b");
  world.settle();
  EXPECT_EQ(world.record.epoch, Epoch(1));
  EXPECT_NE(world.condition("Available").find("one of a, b may hold acknowledged commits"),
            std::string::npos)
      << world.condition("Available");
  world.revive("b");
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("b"));
}

TEST(Ballot, FetchesWhatTheCandidateLacksBeforeItIsPromoted) {
  ObedientWorld world(three_nodes());
  world.spec.regions[0].nodes[2].candidate_priority = 0;
  world.settle();
  world.report("c").position.lsn = Lsn(500);
  world.report("b").position.lsn = Lsn(300);
  world.report("a").state = NodeState::stopped;
  world.report("a").primary.reset();
  world.report("a").position = WalPosition{};
  world.kill("a");
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("b"));
  EXPECT_TRUE(before(world.events, "FetchingWal", "CandidateChosen"));
  EXPECT_EQ(world.record.lineage.back().start, Lsn(500));
}

TEST(Ballot, LetsTheOldPrimaryHelpSoonWhenAStandbySaysNothingToTheNewEpoch) {
  ObedientWorld world(three_nodes());
  world.settle();
  std::optional<ObedientWorld> then;
  world.after_decision = [&](const FormationRecord& record) {
    if (record.phase != Phase::promote || then) return;
    EXPECT_EQ(record.candidate, NodeName("b"));
    then.emplace(world);
  };
  world.spec.regions[0].nodes[1].candidate_priority = 90;
  world.generation = Generation(2);
  world.settle();
  ASSERT_TRUE(then.has_value());
  const auto told_to_a = [&] { return then->next().goals.at(NodeName("a")).state; };
  EXPECT_EQ(told_to_a(), GoalState::demote);
  then->now += kPromiseSoon;
  EXPECT_EQ(told_to_a(), GoalState::standby);
  then->report("c").promised = then->record.epoch;
  EXPECT_EQ(told_to_a(), GoalState::demote);
}

TEST(Ballot, ChoosesAnotherWhenTheChosenNodeHasForgotten) {
  ObedientWorld world(three_nodes());
  for (auto& [name, node] : world.observed.nodes)
    node.report.sequence = AgentSeq(20);
  world.settle();
  std::optional<ObedientWorld> then;
  world.after_decision = [&](const FormationRecord& record) {
    if (record.phase == Phase::promote && !then) then = world;
  };
  world.stop_postgres("a");
  world.settle();
  ASSERT_TRUE(then);
  EXPECT_FALSE(then->next().record);
  then->report("b").sequence = AgentSeq(2);
  const Plan plan = then->next();
  ASSERT_TRUE(plan.record);
  EXPECT_NE(plan.record->candidate, NodeName("b"));
}

TEST(Ballot, ChoosesAnotherWhenPostgresOfTheChosenNodeHangs) {
  ObedientWorld world(three_nodes());
  world.settle();
  std::optional<Instant> chosen;
  world.after_decision = [&](const FormationRecord& record) {
    if (record.phase != Phase::promote || chosen) return;
    EXPECT_EQ(record.candidate, NodeName("b"));
    world.hung.insert(NodeName("b"));
    chosen = world.now;
  };
  world.stop_postgres("a");
  world.settle();
  ASSERT_TRUE(chosen.has_value());
  EXPECT_NE(world.record.candidate, NodeName("b"));
  EXPECT_NE(world.record.primary, NodeName("b"));
  EXPECT_EQ(world.record.epoch, Epoch(3));
  EXPECT_LT(world.observed.phase_since - *chosen, kPromoteWait);
}

/// `node` was promoted in epoch 2, at 500, and did not open; the ballot of epoch 3 is under way.
/// Yields the timeline of before and the node's own.
std::pair<TimelineId, TimelineId> promote_in_vain(ObedientWorld& world, const char* node) {
  FormationRecord& record = world.record;
  const TimelineId first = record.lineage.back().timeline;
  const TimelineId second = first.next();
  record.lineage.push_back(Promotion{Epoch(2), NodeName(node), second, first, Lsn(500), false});
  record.timeline_max = second;
  record.phase = Phase::collect;
  record.epoch = Epoch(3);
  return {first, second};
}

void hold_at(ObedientWorld& world, const char* node, const WalPosition& position) {
  NodeReport& report = world.report(node);
  report.state = NodeState::held;
  report.primary.reset();
  report.promised = report.final_for = world.record.epoch;
  report.position = position;
}

// c still took WAL of the old primary while a was promoted in epoch 2; b was chosen before a spoke.
TEST(Ballot, LetsGoOfACandidateThatHasGoneAnotherWayThanWhoeverSpeaksLater) {
  ObedientWorld world(three_nodes());
  world.settle();
  const auto [first, second] = promote_in_vain(world, "a");
  FormationRecord& record = world.record;
  record.candidate = NodeName("b");
  record.donor = NodeName("c");
  record.target_position = Position{Epoch(1), Lsn(900)};
  hold_at(world, "a", WalPosition{second, Lsn(600)});
  hold_at(world, "b", WalPosition{first, Lsn(800)});
  hold_at(world, "c", WalPosition{first, Lsn(900)});
  const Plan plan = world.next();
  ASSERT_TRUE(plan.record);
  EXPECT_EQ(plan.record->epoch, Epoch(4));
  EXPECT_EQ(plan.record->candidate, std::nullopt);
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("a"));
}

TEST(Ballot, WhoHoldsWalOfALaterEpochSpeaksForTheSettingsBeforeIt) {
  ObedientWorld world(three_nodes());
  world.settle();
  // b was promoted in epoch 2, and crashed before it opened; the others have given their data up
  // for it.
  const auto [first, second] = promote_in_vain(world, "b");
  FormationRecord& record = world.record;
  SyncConfig own = record.in_force.back();
  own.epoch = Epoch(2);
  own.primary = NodeName("b");
  own.members = {NodeName("a"), NodeName("c")};
  record.in_force.push_back(own);
  for (const char* name : {"a", "c"}) {
    world.report(name) = NodeReport{};
    world.report(name).state = NodeState::creating;
  }
  hold_at(world, "b", WalPosition{first, Lsn(500)});
  EXPECT_FALSE(world.next().record) << "a may have acknowledged what b lacks";
  hold_at(world, "b", WalPosition{second, Lsn(600)});
  const Plan plan = world.next();
  ASSERT_TRUE(plan.record);
  EXPECT_EQ(plan.record->phase, Phase::promote);
  EXPECT_EQ(plan.record->candidate, NodeName("b"));
}

// b has fetched WAL of the old primary beyond the place where a was promoted in epoch 2.
TEST(Ballot, LetsGoOfACandidateThatHasFetchedWhatWhoeverSpeaksLaterDoesNotHave) {
  ObedientWorld world(three_nodes());
  world.settle();
  const auto [first, second] = promote_in_vain(world, "a");
  FormationRecord& record = world.record;
  record.candidate = NodeName("b");
  record.donor = NodeName("c");
  record.target_position = Position{Epoch(1), Lsn(900)};
  record.finals[NodeName("b")] = FinalReport{Position{Epoch(1), Lsn(400)}, first, AgentSeq(1)};
  NodeReport& b = world.report("b");
  b.promised = Epoch(3);
  b.position = WalPosition{first, Lsn(800)};
  hold_at(world, "a", WalPosition{second, Lsn(600)});
  const Plan plan = world.next();
  ASSERT_TRUE(plan.record);
  EXPECT_EQ(plan.record->epoch, Epoch(4));
  b.position = WalPosition{first, Lsn(450)};
  ASSERT_TRUE(world.next().record);
  EXPECT_EQ(world.next().record->donor, NodeName("a")) << "it can go on with the other's WAL";
}

}  // namespace
}  // namespace hactl::testing
