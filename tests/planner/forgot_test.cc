// Nodes that were put back to an older copy, and what their word is worth in a ballot (R13).
#include <gtest/gtest.h>

#include "model/limits.h"
#include "planner/facts.h"
#include "tests/planner/obedient_world.h"

namespace hactl::testing {
namespace {

/// Three nodes, a is primary, commits wait for one of b and c, and a ballot asks for last words.
/// Nobody but a is heard.
class Forgot : public ::testing::Test {
 protected:
  Forgot() {
    world_.settle();
    EXPECT_EQ(world_.record.primary, NodeName("a"));
    timeline_ = world_.record.lineage.back().timeline;
    world_.record.phase = Phase::collect;
    world_.record.epoch = Epoch(2);
    world_.now += 2 * kSilentAfter;
    says_its_last_word("a", Lsn(800));
  }

  ObservedNode& node(const char* name) { return world_.observed.nodes.at(NodeName(name)); }

  void says_its_last_word(const char* name, Lsn lsn) {
    NodeReport& report = node(name).report;
    report.state = NodeState::held;
    report.primary.reset();
    report.promised = report.final_for = Epoch(2);
    report.position = WalPosition{timeline_, lsn};
    node(name).received_at = world_.now;
  }

  /// Whether a promotion is ordered as things are.
  bool is_decided() const {
    ObedientWorld world = world_;
    for (Plan plan = world.next(); plan.record; plan = world.next()) {
      if (plan.record->phase == Phase::promote) return true;
      world.record = *plan.record;
    }
    return false;
  }

  GoalState told(const char* name) { return world_.next().goals.at(NodeName(name)).state; }

  ObedientWorld world_{three_nodes()};
  TimelineId timeline_;
};

TEST_F(Forgot, ANodeThatShowsAllThatItOnceHadDecidesABallot) {
  node("a").complete_seen = WalPosition{timeline_, Lsn(800)};
  EXPECT_TRUE(is_decided());
}

TEST_F(Forgot, ANodeThatShowsLessThanItOnceHadDecidesNothing) {
  node("a").complete_seen = WalPosition{timeline_, Lsn(900)};
  EXPECT_FALSE(is_decided());
}

TEST_F(Forgot, ALastWordIsNoneBeforeTheNodeHasHeardTheController) {
  node("a").complete_seen = WalPosition{timeline_, Lsn(900)};
  node("a").answers_us = false;
  EXPECT_FALSE(is_decided()) << "what it forgot does not show yet";
}

TEST_F(Forgot, WhoWroteATimelineAndShowsLessOfItThanAnotherHasShownDecidesNothing) {
  node("b").complete_seen = WalPosition{timeline_, Lsn(900)};
  EXPECT_FALSE(is_decided());
}

TEST_F(Forgot, TheWordForTheBallotThatChoseThePrimaryIsNotHeldAgainstWhatItHasWrittenSince) {
  node("b").complete_seen = WalPosition{timeline_, Lsn(900)};
  node("a").report.final_for = node("a").report.promised = world_.record.lineage.back().epoch;
  node("a").report.position.lsn = Lsn(800);
  const Facts facts(world_.spec, world_.generation, world_.record, world_.observed, world_.now);
  EXPECT_FALSE(facts.node(NodeName("a")).forgot);
}

TEST_F(Forgot, WhatAnotherHasShownIsHeldAgainstTheWriterAfterTheControllerWasStartedAnew) {
  world_.record.nodes.at(NodeName("b")).complete_seen = WalPosition{timeline_, Lsn(900)};
  world_.observed.nodes.erase(NodeName("b"));
  EXPECT_FALSE(is_decided());
}

TEST_F(Forgot, AStandbyMayHaveLessOfATimelineThanAnother) {
  says_its_last_word("b", Lsn(700));
  node("b").complete_seen = WalPosition{timeline_, Lsn(700)};
  const Facts facts(world_.spec, world_.generation, world_.record, world_.observed, world_.now);
  EXPECT_FALSE(facts.node(NodeName("b")).forgot);
  EXPECT_TRUE(facts.node(NodeName("b")).final);
}

TEST_F(Forgot, ALastWordOnRecordIsTakenBackWhenTheNodeForgotSince) {
  world_.record.finals[NodeName("a")] =
      FinalReport{Position{Epoch(1), Lsn(900)}, timeline_, AgentSeq(1)};
  says_its_last_word("a", Lsn(900));
  says_its_last_word("c", Lsn(900));
  EXPECT_TRUE(is_decided());
  says_its_last_word("a", Lsn(800));
  node("a").complete_seen = WalPosition{timeline_, Lsn(900)};
  EXPECT_FALSE(is_decided());
}

TEST_F(Forgot, ANodeThatForgotIsStoppedInABallotAndBuiltAnewFromTheNextPrimary) {
  node("a").complete_seen = WalPosition{timeline_, Lsn(900)};
  const Plan plan = world_.next();
  ASSERT_TRUE(plan.record);
  EXPECT_TRUE(plan.record->nodes.at(NodeName("a")).excluded);
  world_.record = *plan.record;
  EXPECT_EQ(told("a"), GoalState::fence) << "nobody is to fetch WAL from it";
  says_its_last_word("b", Lsn(900));
  says_its_last_word("c", Lsn(900));
  world_.record = *world_.next().record;
  ASSERT_EQ(world_.record.phase, Phase::promote);
  EXPECT_EQ(told("a"), GoalState::rebuild);
}

TEST_F(Forgot, APrimaryThatIsNotOpenIsToldHowMuchItHasShown) {
  ObedientWorld world(three_nodes());
  world.settle();
  ObservedNode& primary = world.observed.nodes.at(NodeName("a"));
  primary.complete_seen = WalPosition{timeline_, Lsn(800)};
  EXPECT_FALSE(world.next().goals.at(NodeName("a")).position);
  primary.report.primary->gate_open = false;
  primary.answers_us = false;
  EXPECT_EQ(world.next().goals.at(NodeName("a")).position, primary.complete_seen);
}

TEST_F(Forgot, WhatOthersHaveOfItsTimelineAPrimaryThatIsNotOpenHasToHave) {
  ObedientWorld world(three_nodes());
  world.settle();
  ObservedNode& primary = world.observed.nodes.at(NodeName("a"));
  primary.complete_seen = WalPosition{timeline_, Lsn(800)};
  primary.report.primary->gate_open = false;
  ObservedNode& standby = world.observed.nodes.at(NodeName("b"));
  standby.complete_seen = WalPosition{timeline_, Lsn(900)};
  EXPECT_EQ(world.next().goals.at(NodeName("a")).position, standby.complete_seen);
  standby.complete_seen.timeline = TimelineId(timeline_.value - 1);
  EXPECT_EQ(world.next().goals.at(NodeName("a")).position, primary.complete_seen);
}

TEST_F(Forgot, APrimaryThatForgotDoesNotSayHowFarASwitchoverMustReach) {
  FormationRecord& record = world_.record;
  record.phase = Phase::switchover;
  record.candidate = NodeName("b");
  SyncConfig next = record.in_force.back();
  next.epoch = Epoch(2);
  next.primary = NodeName("b");
  next.members = {NodeName("a"), NodeName("c")};
  record.in_force.push_back(next);
  world_.observed.phase_since = world_.now;
  says_its_last_word("b", Lsn(900));
  node("b").report.final_for = Epoch(0);
  node("a").complete_seen = WalPosition{timeline_, Lsn(900)};
  EXPECT_FALSE(is_decided());
  node("a").complete_seen = WalPosition{timeline_, Lsn(800)};
  EXPECT_TRUE(is_decided());
}

}  // namespace
}  // namespace hactl::testing
