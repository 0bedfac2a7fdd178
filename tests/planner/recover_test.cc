// Stores that were put back, operators who give a primary up, settings that others change.
#include <gtest/gtest.h>

#include "model/limits.h"
#include "tests/planner/obedient_world.h"

namespace hactl::testing {
namespace {

FailoverRequest given_up(const char* node) {
  FailoverRequest request;
  request.by = "admin";
  request.assume_lost = {NodeName(node)};
  return request;
}

/// Three nodes; the primary moved from a to b in epoch 2, and the store was then put back to
/// epoch 1.
class PutBack : public ::testing::Test {
 protected:
  PutBack() {
    world_.settle();
    const FormationRecord old = world_.record;
    world_.kill("a");
    world_.settle();
    world_.revive("a");
    world_.settle();
    EXPECT_EQ(world_.record.primary, NodeName("b"));
    EXPECT_EQ(world_.record.epoch, Epoch(2));
    world_.record = old;
    world_.events.clear();
  }

  ObedientWorld world_{three_nodes()};
};

TEST_F(PutBack, IsNoticedAndNobodyIsToldAnythingBeforeTheFormationIsKnown) {
  const Plan plan = world_.next();
  ASSERT_TRUE(plan.record);
  EXPECT_EQ(plan.events.front().reason, "StoreIsOlderThanItsNodes");
  EXPECT_GT(plan.record->incarnation, world_.record.incarnation);
  world_.record = *plan.record;
  for (const auto& [name, goal] : world_.next().goals)
    EXPECT_EQ(goal.state, GoalState::init) << name.value;
}

TEST_F(PutBack, ItsBallotsAndTimelinesAreBeyondAllThatItMayHaveForgotten) {
  const Plan plan = world_.next();
  ASSERT_TRUE(plan.record);
  EXPECT_GE(plan.record->epoch.value, world_.record.epoch.value + kBallotsForgottenMax);
  EXPECT_GE(plan.record->timeline_max.value,
            world_.record.timeline_max.value + kTimelinesForgottenMax);
}

TEST_F(PutBack, SeveralTimesItsNumbersAreBeyondWhatEachLifeMayHaveForgotten) {
  constexpr std::uint64_t kLives = 3;
  const std::uint64_t before = world_.record.incarnation.value;
  world_.report("c").incarnation_seen = Incarnation(before + kLives - 1);
  const Plan plan = world_.next();
  ASSERT_TRUE(plan.record);
  EXPECT_EQ(plan.record->incarnation, Incarnation(before + kLives));
  EXPECT_GE(plan.record->epoch.value, world_.record.epoch.value + kLives * kBallotsForgottenMax);
  EXPECT_GE(plan.record->timeline_max.value,
            world_.record.timeline_max.value + kLives * kTimelinesForgottenMax);
}

TEST_F(PutBack, WhatWasAskedForWhenTheCopyWasMadeIsNotDoneOnceMore) {
  world_.record.request = MoveRequest{NodeName("a"), std::nullopt};
  world_.record.failover = FailoverRequest{};
  const Plan plan = world_.next();
  ASSERT_TRUE(plan.record);
  EXPECT_FALSE(plan.record->request);
  EXPECT_FALSE(plan.record->failover);
}

/// a has not heard that b replaced it, and is open; b is not heard.
class PutBackWithADeposedPrimary : public PutBack {
 protected:
  PutBackWithADeposedPrimary() {
    const Promotion& first = world_.record.lineage.back();
    later_ = world_.record.lineage;
    later_.push_back(
        Promotion{Epoch(2), NodeName("b"), first.timeline.next(), first.timeline, Lsn(500), true});
    world_.kill("b");
    NodeReport& report = world_.report("a");
    report.promised = Epoch(1);
    report.state = NodeState::primary;
    report.lineage = world_.record.lineage;
    PrimaryView& view = report.primary.emplace();
    view.epoch = Epoch(1);
    view.timeline = first.timeline;
    view.gate_open = true;
    view.granted = world_.record.in_force.back();
    world_.now += 2 * kSilentAfter;
    for (const char* name : {"a", "c"})
      world_.observed.nodes.at(NodeName(name)).received_at = world_.now;
    world_.report("c").lineage.clear();
  }

  /// The next step, which is taken.
  std::string step() {
    const Plan plan = world_.next();
    if (!plan.record) return "";
    world_.record = *plan.record;
    return plan.events.front().reason;
  }

  Lineage later_;
};

TEST_F(PutBackWithADeposedPrimary, ItIsNotAskedToProveASettingThatWasGivenUp) {
  world_.report("c").lineage = later_;
  EXPECT_EQ(step(), "StoreIsOlderThanItsNodes");
  EXPECT_EQ(step(), "HistoryLearned");
  EXPECT_EQ(step(), "RecoveringByAll");
}

TEST_F(PutBackWithADeposedPrimary, ItsSettingLeavesTheRecordWhenItIsKnownToBeReplaced) {
  EXPECT_EQ(step(), "StoreIsOlderThanItsNodes");
  EXPECT_EQ(step(), "RecoveringByPrimary");
  EXPECT_EQ(world_.record.in_force.size(), 1U);
  world_.report("c").lineage = later_;
  EXPECT_EQ(step(), "HistoryLearned");
  EXPECT_TRUE(world_.record.in_force.empty());
}

TEST_F(PutBack, TheOpenPrimaryProvesItsOwnSettingAndStays) {
  world_.settle();
  EXPECT_FALSE(world_.record.recovering);
  EXPECT_EQ(world_.record.primary, NodeName("b"));
  EXPECT_EQ(world_.record.in_force.size(), 1U);
  EXPECT_EQ(world_.record.in_force.front().epoch, Epoch(2));
  EXPECT_EQ(world_.condition("Converged"), "True every node is as the spec says");
}

TEST_F(PutBack, ASettingThatWasNotProvenIsForgotten) {
  world_.settle();
  world_.observed.put_back_to = world_.record.incarnation;
  world_.record = *world_.next().record;
  world_.record = *world_.next().record;
  ASSERT_EQ(world_.record.in_force.size(), 1U);
  world_.observed.phase_since = world_.now - kProofWait;
  const Plan plan = world_.next();
  ASSERT_TRUE(plan.record);
  EXPECT_EQ(plan.record->phase, Phase::collect);
  EXPECT_TRUE(plan.record->in_force.empty());
}

TEST_F(PutBack, WithoutThePrimaryNothingIsPromotedUntilItReturns) {
  world_.kill("b");
  world_.settle();
  EXPECT_TRUE(world_.record.recovering);
  EXPECT_EQ(world_.record.phase, Phase::collect);
  EXPECT_NE(world_.condition("Available").find("b may hold acknowledged commits"),
            std::string::npos);
  world_.revive("b");
  world_.settle();
  EXPECT_FALSE(world_.record.recovering);
  EXPECT_EQ(world_.record.phase, Phase::stable);
}

TEST_F(PutBack, EveryNodeIsAskedThoughTheSpecAllowsToLoseCommits) {
  world_.spec.number_sync_standbys = 0;
  world_.kill("b");
  world_.settle();
  EXPECT_TRUE(world_.record.recovering);
  EXPECT_EQ(world_.record.phase, Phase::collect);
}

/// Commits wait for nobody. a is open, and c is not heard: it may have been primary later.
class PutBackWhereCommitsWaitForNobody : public ::testing::Test {
 protected:
  static FormationSpec spec() {
    FormationSpec spec = three_nodes();
    spec.number_sync_standbys = 0;
    return spec;
  }
  PutBackWhereCommitsWaitForNobody() {
    world_.settle();
    world_.kill("c");
    world_.settle();
    world_.observed.put_back_to = world_.record.incarnation;
    world_.settle();
    EXPECT_TRUE(world_.record.recovering);
    EXPECT_EQ(world_.record.phase, Phase::reconfigure) << "the primary goes on meanwhile";
    EXPECT_NE(world_.condition("Progressing").find("waiting for c"), std::string::npos)
        << world_.condition("Progressing");
  }

  ObedientWorld world_{spec()};
};

TEST_F(PutBackWhereCommitsWaitForNobody, EveryNodeIsHeardBeforeThePrimaryIsKnownToBeTheLast) {
  world_.revive("c");
  world_.settle();
  EXPECT_FALSE(world_.record.recovering);
  EXPECT_EQ(world_.record.primary, NodeName("a"));
}

TEST_F(PutBackWhereCommitsWaitForNobody, AnOperatorMayGiveUpWhoIsNotHeard) {
  world_.record.failover = given_up("c");
  world_.settle();
  EXPECT_FALSE(world_.record.recovering);
  EXPECT_FALSE(world_.record.failover);
  EXPECT_EQ(world_.record.primary, NodeName("a"));
}

TEST_F(PutBack, AnOperatorMayGiveTheMissingNodeUpOnRecord) {
  world_.kill("b");
  world_.settle();
  world_.record.failover = given_up("b");
  world_.settle();
  EXPECT_FALSE(world_.record.recovering);
  EXPECT_EQ(world_.record.primary, NodeName("a"));
  ASSERT_EQ(world_.record.overrides.size(), 1U);
  EXPECT_NE(world_.record.overrides.front().reason.find("admin"), std::string::npos);
}

TEST(PutBackUnseen, IsSaidByAnOperatorWhereNoNodeCanShowIt) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.kill("a");
  world.kill("b");
  world.observed.put_back_to = world.record.incarnation;
  const Incarnation before = world.record.incarnation;
  world.settle();
  EXPECT_GT(world.record.incarnation, before);
  EXPECT_TRUE(world.record.recovering);
  world.revive("a");
  world.revive("b");
  world.settle();
  EXPECT_FALSE(world.record.recovering);
  EXPECT_EQ(world.record.incarnation, before.next());
}

TEST_F(PutBack, AStandbyThatTellsItsHistoryBeforeThePrimaryHidesNobody) {
  world_.kill("b");
  world_.settle();
  world_.revive("b");
  world_.settle();
  EXPECT_EQ(find_timeline(world_.record.lineage, TimelineId(3))->node, NodeName("b"));
}

TEST_F(PutBack, OnceMoreWhileItIsBeingMadeGoodIsNoticedToo) {
  const FormationRecord first_notice = *world_.next().record;
  world_.record = first_notice;
  for (const char* name : {"a", "b", "c"})
    world_.report(name).incarnation_seen = first_notice.incarnation.next();
  world_.settle();
  EXPECT_GT(world_.record.incarnation, first_notice.incarnation.next());
  EXPECT_FALSE(world_.record.recovering);
}

TEST_F(PutBack, NodesThatAreHeardLaterTellTheirHistoryToo) {
  world_.kill("a");
  world_.kill("b");
  world_.kill("c");
  world_.settle();
  ASSERT_TRUE(world_.record.lineage.empty() || world_.record.lineage.back().epoch == Epoch(1));
  for (const char* name : {"a", "b", "c"})
    world_.revive(name);
  world_.report("b").primary.reset();
  world_.report("b").state = NodeState::standby;
  world_.settle();
  EXPECT_FALSE(world_.record.recovering);
  EXPECT_EQ(world_.record.phase, Phase::stable);
  EXPECT_EQ(world_.condition("Converged"), "True every node is as the spec says");
}

TEST(PutBackToTheBeginning, IsMadeGoodByTheOpenPrimaryToo) {
  ObedientWorld world(three_nodes());
  std::optional<FormationRecord> chosen;
  world.after_decision = [&](const FormationRecord& record) {
    if (record.phase == Phase::promote && !chosen) chosen = record;
  };
  const FormationRecord fresh = world.record;
  world.settle();
  const SystemId data = world.record.system_id;
  for (const FormationRecord& copy : {fresh, *chosen}) {
    world.record = copy;
    world.settle();
    EXPECT_FALSE(world.record.recovering);
    EXPECT_EQ(world.record.phase, Phase::stable);
    EXPECT_EQ(world.record.system_id, data);
    EXPECT_EQ(world.condition("Converged"), "True every node is as the spec says");
  }
}

/// Three nodes of which a, the primary, and b are lost: c alone does not cover what was
/// acknowledged.
class TwoLost : public ::testing::Test {
 protected:
  TwoLost() {
    world_.settle();
    for (const char* name : {"a", "b", "c"})
      world_.report(name).position = WalPosition{TimelineId(2), Lsn(1'000'000)};
    world_.report("c").position.lsn = Lsn(990'000);
    world_.kill("a");
    world_.kill("b");
    world_.settle();
    EXPECT_EQ(world_.record.epoch, Epoch(1));
    world_.events.clear();
  }
  void ask(FailoverRequest request) {
    request.by = "admin";
    world_.record.failover = std::move(request);
    world_.settle();
  }

  ObedientWorld world_{three_nodes()};
};

TEST_F(TwoLost, AFailoverWithoutAnAcceptedLossIsRefusedWithWhatItWouldCost) {
  const Plan plan = [&] {
    FailoverRequest request;
    request.by = "admin";
    world_.record.failover = request;
    return world_.next();
  }();
  ASSERT_EQ(plan.events.size(), 1U);
  EXPECT_EQ(plan.events.front().reason, "FailoverRefused");
  EXPECT_NE(plan.events.front().message.find("up to 10000 bytes of WAL"), std::string::npos)
      << plan.events.front().message;
}

TEST_F(TwoLost, ALossWithinWhatWasAcceptedIsTakenAndRecordedForGood) {
  FailoverRequest request;
  request.accept_loss = WalBytes(9'999);
  ask(request);
  EXPECT_EQ(world_.record.epoch, Epoch(1));
  request.accept_loss = WalBytes(10'000);
  ask(request);
  EXPECT_EQ(world_.record.primary, NodeName("c"));
  ASSERT_EQ(world_.record.overrides.size(), 1U);
  EXPECT_EQ(world_.record.overrides.front().reason,
            "admin accepted the loss of up to 10000 bytes of WAL");
}

TEST(Failover, OfAPrimaryThatIsWellIsRefused) {
  ObedientWorld world(three_nodes());
  world.settle();
  FailoverRequest request;
  request.accept_any_loss = true;
  world.record.failover = request;
  world.settle();
  EXPECT_EQ(world.events.back(), "FailoverRefused");
  EXPECT_EQ(world.record.epoch, Epoch(1));
}

TEST(ForeignSetting, IsSetAgainAndUntilThenOnlyThePrimarySpeaksForItsCommits) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.report("a").primary->foreign_sync = true;
  const Plan plan = world.next();
  ASSERT_TRUE(plan.record);
  EXPECT_EQ(plan.events.front().reason, "ForeignSetting");
  const std::set<NodeName> others{NodeName("b"), NodeName("c")};
  EXPECT_FALSE(covers_all(others, plan.record->in_force));
  EXPECT_TRUE(covers_all({NodeName("a")}, plan.record->in_force));
  world.record = *plan.record;
  world.report("a").primary->foreign_sync = false;
  world.settle();
  EXPECT_TRUE(covers_all(others, world.record.in_force));
}

TEST(ForeignSetting, CountsWhileTheSettingIsBeingChangedAndIsNotedOnce) {
  FormationSpec spec = three_nodes();
  ObedientWorld world(spec);
  world.settle();
  spec.number_sync_standbys = 2;
  world.spec = spec;
  world.generation = world.generation.next();
  world.record = *world.next().record;
  ASSERT_EQ(world.record.phase, Phase::reconfigure);
  world.report("a").primary->foreign_sync = true;
  const Plan plan = world.next();
  ASSERT_TRUE(plan.record);
  EXPECT_EQ(plan.events.front().reason, "ForeignSetting");
  EXPECT_FALSE(covers_all({NodeName("b"), NodeName("c")}, plan.record->in_force));
  world.record = *plan.record;
  // The agent says so until it has heard its new goal.
  EXPECT_FALSE(world.next().record);
}

TEST(LostWal, AStandbyThatNeedsWalWhichThePrimaryRemovedIsBuiltAnew) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.report("a").primary->oldest = Lsn(5'000'000);
  world.report("a").position.lsn = Lsn(9'000'000);
  world.report("c").receiver.reset();
  world.observed.nodes[NodeName("c")].steady_since = world.now - kWalGoneAfter;
  world.observed.phase_since = world.now - kWalGoneAfter;
  const Plan plan = world.next();
  EXPECT_EQ(plan.goals.at(NodeName("c")).state, GoalState::rebuild);
  EXPECT_EQ(plan.goals.at(NodeName("b")).state, GoalState::standby);
}

TEST(AsynchronousFormation, FailsOverWithoutItsPrimaryOnceTheLeaseHasRunOutAndSaysSo) {
  FormationSpec spec = three_nodes();
  spec.number_sync_standbys = 0;
  ObedientWorld world(spec);
  world.settle();
  EXPECT_TRUE(world.next().goals.at(NodeName("a")).lease);
  const Instant killed = world.now;
  world.kill("a");
  world.settle();
  EXPECT_NE(world.record.primary, NodeName("a")) << world.condition("Available");
  EXPECT_EQ(world.record.overrides.size(), 1U);
  EXPECT_GE(world.observed.last_failover.value_or(world.now) - killed, kLease + kLeaseMargin);
}

// b was told to take over, and may still open for as long as its lease lasts.
TEST(AsynchronousFormation, DoesNotGoOnWithoutACandidateBeforeItsLeaseHasRunOut) {
  FormationSpec spec = three_nodes();
  spec.number_sync_standbys = 0;
  ObedientWorld world(spec);
  world.settle();
  std::optional<Instant> heard;
  std::optional<Instant> ordered;
  world.after_decision = [&](const FormationRecord& record) {
    if (record.phase != Phase::promote) return;
    if (record.candidate == NodeName("b") && !heard) {
      heard = world.now;
      world.kill("b");
    } else if (record.candidate == NodeName("c") && !ordered) {
      ordered = world.now;
    }
  };
  world.kill("a");
  world.settle();
  ASSERT_TRUE(heard.has_value());
  ASSERT_TRUE(ordered.has_value()) << world.condition("Available");
  EXPECT_GE(*ordered - *heard, kLease + kLeaseMargin);
}

}  // namespace
}  // namespace hactl::testing
