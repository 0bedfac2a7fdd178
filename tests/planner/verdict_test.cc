// Whether the primary counts as lost, by who says what.
#include "planner/verdict.h"

#include <gtest/gtest.h>

#include "tests/planner/obedient_world.h"

namespace hactl::testing {
namespace {

/// Three nodes, a is primary, commits wait for one of b and c; then things happen to a.
class VerdictTest : public ::testing::Test {
 protected:
  VerdictTest() {
    world_.settle();
    EXPECT_EQ(world_.record.primary, NodeName("a"));
  }

  ObservedNode& node(const char* name) { return world_.observed.nodes.at(NodeName(name)); }
  /// `longer` passes, in which all are heard but those.
  void pass(Duration longer, const std::set<std::string>& silent) {
    world_.now += longer;
    for (auto& [name, node] : world_.observed.nodes) {
      if (!silent.contains(name.value)) node.received_at = world_.now;
    }
  }
  void lose_receiver(const char* name) {
    node(name).report.receiver.reset();
    node(name).steady_since = world_.now;
  }
  void hang_up() { node("a").hung_up_at = world_.now; }
  void knock(KnockAnswer answer) { world_.observed.knocks[NodeName("a")] = {answer, world_.now}; }

  Verdict judge() {
    facts_.emplace(world_.spec, world_.generation, world_.record, world_.observed, world_.now);
    return judge_primary(*facts_);
  }
  bool asks_postgres() { return !facts_->knocks.empty(); }

  ObedientWorld world_{three_nodes()};
  std::optional<Facts> facts_;
};

TEST_F(VerdictTest, AnOpenPrimaryIsNotLost) {
  EXPECT_EQ(judge().rule, 220U);
  EXPECT_FALSE(asks_postgres());
}

TEST_F(VerdictTest, ItsOwnAgentsWordThatPostgresStoppedSuffices) {
  node("a").report.state = NodeState::stopped;
  EXPECT_TRUE(judge().dead);
}

TEST_F(VerdictTest, AClosedPrimaryThatForgotIsLost) {
  node("a").answers_us = true;
  node("a").report.sequence = AgentSeq(1);
  world_.record.nodes.at(NodeName("a")).agent_seq_seen = AgentSeq(2);
  EXPECT_EQ(judge().rule, 220U);
  node("a").report.primary->gate_open = false;
  const Verdict verdict = judge();
  EXPECT_TRUE(verdict.dead);
  EXPECT_EQ(verdict.rule, 208U);
}

TEST_F(VerdictTest, AKilledMachineIsLostAtOnceWhenPortAndStandbysAgree) {
  hang_up();
  EXPECT_FALSE(judge().dead) << "standbys still vouch for it";
  EXPECT_FALSE(asks_postgres());
  lose_receiver("b");
  lose_receiver("c");
  EXPECT_FALSE(judge().dead);
  EXPECT_TRUE(asks_postgres());
  knock(KnockAnswer::refused);
  const Verdict verdict = judge();
  EXPECT_TRUE(verdict.dead);
  EXPECT_EQ(verdict.rule, 235U);
}

TEST_F(VerdictTest, AnAnswerFromBeforeTheStandbysWereLostProvesNothing) {
  hang_up();
  knock(KnockAnswer::answered);
  pass(Duration{50}, {"a"});
  lose_receiver("b");
  lose_receiver("c");
  EXPECT_FALSE(judge().dead);
  EXPECT_TRUE(asks_postgres());
}

TEST_F(VerdictTest, AnAnswerStandsUntilTheNextIsThere) {
  for (const char* standby : {"b", "c"})
    node(standby).report.receiver->quiet = true;
  pass(kPrimarySilentAfter, {"a"});
  knock(KnockAnswer::silent);
  EXPECT_TRUE(judge().dead);
  EXPECT_FALSE(asks_postgres());
  pass(kKnockTime, {"a"});
  EXPECT_TRUE(judge().dead);
  EXPECT_TRUE(asks_postgres());
  pass(kKnockTime, {"a"});
  EXPECT_TRUE(judge().dead) << "the next knock may take as long as the first";
  pass(kKnockGoodFor - 2 * kKnockTime, {"a"});
  EXPECT_FALSE(judge().dead);
  EXPECT_TRUE(asks_postgres());
}

TEST_F(VerdictTest, ADeadAgentBesideALivePostgresIsNoReasonToFailOver) {
  hang_up();
  pass(Duration{60'000}, {"a"});
  const Verdict verdict = judge();
  EXPECT_FALSE(verdict.dead);
  EXPECT_EQ(verdict.rule, 250U);
}

TEST_F(VerdictTest, ASilentMachineIsLostWhenNobodyHearsIt) {
  pass(kPrimarySilentAfter, {"a"});
  for (const char* standby : {"b", "c"})
    node(standby).report.receiver->quiet = true;
  EXPECT_FALSE(judge().dead);
  EXPECT_TRUE(asks_postgres());
  knock(KnockAnswer::silent);
  EXPECT_TRUE(judge().dead);
}

TEST_F(VerdictTest, ACutBetweenControllerAndPrimaryAloneIsNoFailover) {
  pass(Duration{600'000}, {"a"});
  knock(KnockAnswer::silent);
  EXPECT_FALSE(judge().dead);
}

TEST_F(VerdictTest, APrimaryThatOnlyTheControllerReachesIsLostWhenItsStandbysWaitedLongEnough) {
  pass(kPrimarySilentAfter, {"a"});
  lose_receiver("b");
  lose_receiver("c");
  knock(KnockAnswer::answered);
  EXPECT_FALSE(judge().dead);
  pass(kReplicationLostAfter, {"a"});
  knock(KnockAnswer::answered);
  const Verdict verdict = judge();
  EXPECT_TRUE(verdict.dead);
  EXPECT_TRUE(verdict.ill);
}

TEST_F(VerdictTest, AnOpenPrimaryThatItsStandbysCannotReachIsLeftAfterAWhile) {
  lose_receiver("b");
  lose_receiver("c");
  node("a").report.primary->senders.clear();
  node("a").steady_since = world_.now;
  pass(kReplicationLostAfter - Duration{1}, {});
  EXPECT_FALSE(judge().dead);
  pass(Duration{1}, {});
  EXPECT_EQ(judge().rule, 218U);
  EXPECT_TRUE(judge().ill);
}

TEST_F(VerdictTest, APrimaryWhoseStandbysAreDownIsKept) {
  node("a").report.primary->senders.clear();
  node("a").steady_since = world_.now;
  pass(Duration{60'000}, {"b", "c"});
  EXPECT_FALSE(judge().dead);
}

TEST_F(VerdictTest, AHungPostgresIsLostAtOnceOnlyWhenNoStandbyReceives) {
  node("a").report.state = NodeState::hung;
  node("a").steady_since = world_.now;
  EXPECT_FALSE(judge().dead);
  for (const char* standby : {"b", "c"})
    node(standby).report.receiver->quiet = true;
  EXPECT_EQ(judge().rule, 212U);
}

TEST_F(VerdictTest, ADiskThatTakesNoWalIsAReason) {
  node("a").report.primary->stalled = true;
  EXPECT_EQ(judge().rule, 216U);
}

}  // namespace
}  // namespace hactl::testing
