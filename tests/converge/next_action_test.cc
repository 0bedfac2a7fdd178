// One step of an agent toward its goal, from the states that matter.
#include "converge/next_action.h"

#include <gtest/gtest.h>

#include "model/limits.h"
#include "tests/converge/node_c.h"

namespace hactl {
namespace {

TEST(NextAction, InMaintenancePostgresIsStoppedAndThatIsOnFile) {
  Goal goal = follow_b();
  goal.state = GoalState::maintenance;
  LocalState local = detached_standby(Lsn(0x3000));
  EXPECT_EQ(name_of_next(goal, local), "stop");
  EXPECT_NE(local.state.goal, goal);
  local.seen.running = false;
  local.seen.sql.reset();
  EXPECT_EQ(name_of_next(goal, local), "wait: ");
  EXPECT_EQ(local.state.goal, goal);
}

TEST(NextAction, AGoalOfAnOlderEpochThanThePromisedOneIsNotObeyed) {
  LocalState local = detached_standby(Lsn(0x2000));
  local.state.promised = Epoch(3);
  EXPECT_FALSE(next_action(follow_b(), local, kNow).action);
}

TEST(NextAction, AnOrderToWaitIsReportedAsSeenThoughItIsNotOnFile) {
  LocalState local = detached_standby(Lsn(0x2000));
  Goal wait = follow_b();
  wait.state = GoalState::init;
  wait.incarnation = Incarnation(2);
  EXPECT_FALSE(next_action(wait, local, kNow).action);
  const NodeReport report = report_of(wait, local, kNow);
  EXPECT_EQ(report.incarnation_seen, wait.incarnation);
  EXPECT_EQ(report.revision_seen, wait.revision);
}

// Before it has noted that, it says nothing in a ballot; and a ballot may need the word of all.

TEST(NextAction, AnotherNodesOldPrimaryStopsBeforeItFollows) {
  LocalState local = detached_standby(Lsn(0x2100));
  local.seen.sql->in_recovery = false;
  local.state.promised = Epoch(1);
  EXPECT_EQ(name_of_next(follow_b(), local), "stop");
  EXPECT_EQ(local.state.promised, Epoch(2));
}

TEST(NextAction, AStoppingPrimarySpeaksAsSoonAsItsLastWalIsWritten) {
  LocalState local = detached_standby(Lsn(0));
  local.seen.sql.reset();
  local.seen.control->was_primary = true;
  local.seen.control->timeline = TimelineId(2);
  local.seen.control->end = Lsn(0x2100);
  Goal demote = follow_b();
  demote.state = GoalState::demote;
  const auto spoken = [&] {
    const NodeReport report = report_of(demote, local, kNow);
    return report.state == NodeState::fenced && report.final_for == Epoch(2) &&
           report.position == WalPosition{TimelineId(2), Lsn(0x2100)};
  };
  EXPECT_FALSE(spoken());
  local.seen.stopping = true;
  EXPECT_FALSE(spoken()) << "it may write its shutdown yet";
  local.seen.control->clean_shutdown = true;
  EXPECT_TRUE(spoken());
  local.seen.stopping = false;
  EXPECT_FALSE(spoken()) << "it has just been started: this tells of its former life";
}

TEST(NextAction, AnOrderedPromotionIsEndedBeforeANodeSaysItsLastWord) {
  LocalState local = detached_standby(Lsn(0x2000));
  local.state.promoted = OwnPromotion{Epoch(2), TimelineId(3), Lsn(0)};
  local.state.grant = Grant{SyncConfig{Epoch(2), ConfigGeneration(4), NodeName("c"), 0, {}}};
  local.promote_ordered_for = Epoch(2);
  Goal hold = follow_b();
  hold.state = GoalState::hold;
  hold.epoch = Epoch(3);
  EXPECT_EQ(name_of_next(hold, local), "stop");
  EXPECT_EQ(report_of(hold, local, kNow).final_for, Epoch(0));
  local.seen.running = false;
  local.seen.sql.reset();
  EXPECT_EQ(name_of_next(hold, local), "start_standby");
  EXPECT_FALSE(local.state.grant.has_value());
  local.seen = detached_standby(Lsn(0x2000)).seen;
  EXPECT_EQ(report_of(hold, local, kNow).final_for, Epoch(3));
}

/// Node c is primary in epoch 2 on timeline 3, behind its gate, and commits wait for `required` of

/// b.

Goal lead_in_epoch_2(int required) {
  Goal goal = follow_b();
  goal.state = GoalState::primary;
  goal.timeline = TimelineId(3);
  goal.sync = SyncConfig{Epoch(2), ConfigGeneration(4), NodeName("c"), required, {}};
  if (required > 0) goal.sync->members = {NodeName("b")};
  goal.chain.back().node = NodeName("c");
  return goal;
}

LocalState gated_primary(const Goal& goal) {
  LocalState local = detached_standby(Lsn(0x2100));
  local.state.promoted = OwnPromotion{Epoch(2), TimelineId(3), Lsn(0x2000)};
  local.state.grant = Grant{*goal.sync};
  local.seen.sql->in_recovery = false;
  local.seen.sql->timeline = TimelineId(3);
  local.seen.sql->flushed = Lsn(0x2100);
  local.seen.sql->database_ready = local.seen.sql->lineage_ready = true;
  local.controller_heard_at = kNow;
  return local;
}

TEST(NextAction, WhereCommitsWaitForNobodyAGateOpensOnlyAtAFreshAnswerOfTheController) {
  Goal goal = lead_in_epoch_2(0);
  LocalState local = gated_primary(goal);
  local.promote_ordered_for = Epoch(2);
  EXPECT_EQ(name_of_next(goal, local), "ask_to_open");
  local.start_nonce = 5;
  local.asked_at = kNow;
  EXPECT_EQ(name_of_next(goal, local), "write_barrier");
  local.proof.epoch = Epoch(2);
  local.proof.generation = ConfigGeneration(4);
  local.proof.confirmed = true;
  EXPECT_TRUE(name_of_next(goal, local).starts_with("wait: waiting for the controller's word"));
  goal.start_nonce = 5;
  local.asked_at = kNow - kLease;
  EXPECT_EQ(name_of_next(goal, local), "ask_to_open") << "others may have gone on by now";
  local.asked_at = kNow;
  const Step opening = next_action(goal, local, kNow);
  const auto* open = opening.action ? std::get_if<action::Configure>(&*opening.action) : nullptr;
  ASSERT_NE(open, nullptr);
  EXPECT_EQ(open->until, kNow + kLease) << "an agent that was frozen must not open after that";
  EXPECT_EQ(name_of_next(goal, local), "wait: opening");
  local.asked_at = kNow - kLease;
  EXPECT_EQ(name_of_next(goal, local), "wait: opening") << "by the answer that it has";
}

TEST(NextAction, AfterARestartTheCheckpointerIsAskedWhetherCommitsWait) {
  const Goal goal = lead_in_epoch_2(1);
  LocalState local = gated_primary(goal);
  EXPECT_EQ(name_of_next(goal, local), "prove_checkpointer");
}

TEST(NextAction, DataThatWasNeverPromotedIsNotPromotedOnceMoreAfterItWasOpen) {
  const Goal goal = lead_in_epoch_2(1);
  LocalState local = gated_primary(goal);
  local.seen.running = false;
  local.seen.sql.reset();
  local.seen.control->was_primary = false;
  EXPECT_EQ(name_of_next(goal, local), "start_standby");
  local.state.applied_generation = goal.sync->generation;
  EXPECT_EQ(name_of_next(goal, local), "stuck: DataForgotten");
}

TEST(NextAction, AStoppingPrimaryWaitsOnlyForWhoeverTakesOver) {
  LocalState local = gated_primary(lead_in_epoch_2(1));
  Goal goal = follow_b();
  goal.state = GoalState::demote;
  goal.epoch = Epoch(3);
  local.checkpointed_for = goal.epoch;
  const Step step = settled(goal, local);
  const auto* stop = step.action ? std::get_if<action::Stop>(&*step.action) : nullptr;
  ASSERT_NE(stop, nullptr);
  EXPECT_EQ(stop->mode, action::Stop::Mode::fast);
  EXPECT_EQ(stop->successor, NodeName("b"));
}

TEST(NextAction, APrimaryGoesOnUntilWhoeverTakesOverStreamsFromIt) {
  LocalState local = gated_primary(lead_in_epoch_2(1));
  local.seen.sql->read_only = false;
  local.seen.sql->senders.clear();
  Goal goal = follow_b();
  goal.state = GoalState::demote;
  goal.epoch = Epoch(3);
  local.checkpointed_for = goal.epoch;
  EXPECT_EQ(name_of_next(goal, local), "wait: waiting until b, which takes over, streams");
  SenderView sender;
  sender.node = NodeName("b");
  sender.streaming = true;
  local.seen.sql->senders = {sender};
  EXPECT_EQ(name_of_next(goal, local), "wait: waiting until b, which takes over, streams");
  EXPECT_LT(local.state.promised, goal.epoch);
  local.seen.sql->senders.front().fresh = true;
  EXPECT_EQ(name_of_next(goal, local), "stop");
  // It takes no writes any more: nothing is won by waiting.
  local.seen.sql->senders.clear();
  EXPECT_EQ(name_of_next(goal, local), "stop");
}

TEST(Acceptable, AnOrderOlderThanTheOneBeingObeyedIsDroppedThoughThatIsNotOnFileYet) {
  AgentState state;
  state.node = NodeName("c");
  Goal late = follow_b();
  Goal obeyed = follow_b();
  obeyed.revision = late.revision.next();
  EXPECT_TRUE(acceptable(late, state, nullptr));
  EXPECT_FALSE(acceptable(late, state, &obeyed));
  EXPECT_TRUE(acceptable(obeyed, state, &late));
  state.incarnation_seen = obeyed.incarnation;
  state.revision_seen = obeyed.revision;
  EXPECT_FALSE(acceptable(late, state, nullptr));
}

TEST(NextAction, WhoLeavesRemovesItsDataWhenThatIsAskedForAndNobodyElses) {
  LocalState local = detached_standby(Lsn(0x2000));
  local.seen.running = false;
  local.seen.sql.reset();
  Goal goal = follow_b();
  goal.state = GoalState::drop;
  LocalState kept = local;
  EXPECT_EQ(name_of_next(goal, kept), "wait: ");
  EXPECT_EQ(report_of(goal, kept, kNow).state, NodeState::dropped);
  goal.delete_data = true;
  EXPECT_NE(report_of(goal, kept, kNow).state, NodeState::dropped) << "it was told later";
  EXPECT_EQ(name_of_next(goal, local), "delete_data");
  local.seen.control->system_id = SystemId(78);
  EXPECT_EQ(name_of_next(goal, local), "wait: ") << "another system's";
  local.seen.data = DataKind::absent;
  local.seen.control.reset();
  EXPECT_EQ(name_of_next(goal, local), "wait: ");
  EXPECT_EQ(report_of(goal, local, kNow).state, NodeState::dropped);
  EXPECT_EQ(local.state.system_id, SystemId(0));
}

TEST(NextAction, AStandbyWhoseReplayStoppedForParametersRestarts) {
  const Goal goal = follow_b();
  LocalState local = detached_standby(Lsn(0x2000));
  local.state.attached = Attachment{Epoch(2), NodeName("b")};
  local.seen.credential = true;
  local.attached_for = Epoch(2);
  EXPECT_EQ(name_of_next(goal, local), "wait: connecting to b");
  local.seen.sql->replay_at_end = false;
  local.seen.sql->restart_pending = true;
  EXPECT_EQ(name_of_next(goal, local), "stop");
}

TEST(NextAction, ACandidateWhoseReplayStoppedForParametersRestartsToFetchWal) {
  Goal goal = follow_b();
  goal.state = GoalState::fast_forward;
  goal.position = WalPosition{TimelineId(2), Lsn(0x2000)};
  LocalState local = detached_standby(Lsn(0x1800));
  local.state.promised = goal.epoch;
  local.seen.credential = true;
  EXPECT_TRUE(name_of_next(goal, local).starts_with("wait: fetching WAL from b"));
  local.seen.sql->replay_at_end = false;
  local.seen.sql->restart_pending = true;
  EXPECT_EQ(name_of_next(goal, local), "stop");
}

// Each of several changes of the former primary's parameters may stop it once.

TEST(NextAction, ANodeThatIsToBePromotedReplaysPastParametersThatStopIt) {
  Goal goal = lead_in_epoch_2(0);
  goal.state = GoalState::promote;
  goal.position = WalPosition{TimelineId(2), Lsn(0x2000)};
  LocalState local = detached_standby(Lsn(0x2000));
  local.state.promised = Epoch(1);
  local.seen.sql->received = Lsn(0);
  local.seen.sql->replay_at_end = false;
  EXPECT_EQ(name_of_next(goal, local), "wait: seeing where its WAL ends");
  EXPECT_FALSE(local.seen.config_id_on_disk.empty()) << "what it must run with shows";
  local.seen.sql->restart_pending = true;
  EXPECT_EQ(name_of_next(goal, local), "stop");
}

TEST(NextAction, ACandidateThatHasGoneAnotherWayFetchesNothing) {
  Goal goal = follow_b();
  goal.state = GoalState::fast_forward;
  goal.position = WalPosition{TimelineId(3), Lsn(0x2800)};
  LocalState local = detached_standby(Lsn(0x2100));
  local.state.promised = goal.epoch;
  EXPECT_EQ(name_of_next(goal, local), "stuck: GoneAnotherWay");
}

TEST(NextAction, WalOfATimelineThatTheUpstreamWentOnToIsNotTakenForTheOneBefore) {
  const Goal goal = follow_b();
  LocalState local = detached_standby(Lsn(0x2000));
  local.state.attached = Attachment{Epoch(2), NodeName("b")};
  local.state.timelines[TimelineId(3)] = Epoch(2);
  local.seen.credential = true;
  local.attached_for = Epoch(2);
  local.seen.history[TimelineId(3)] = Lsn(0x2000);
  local.seen.history[TimelineId(4)] = Lsn(0x2400);
  local.seen.sql->received = Lsn(0x2800);
  EXPECT_EQ(report_of(goal, local, kNow).position.timeline, TimelineId(3));
  local.seen.sql->receiver = ReceiverView{NodeName("b"), Epoch(2), TimelineId(4), true};
  static_cast<void>(settled(goal, local));
  EXPECT_EQ(report_of(goal, local, kNow).position, (WalPosition{TimelineId(4), Lsn(0x2800)}));
}

TEST(NextAction, APlannedRestartIsNotReportedAsAFailure) {
  const Goal goal = lead_in_epoch_2(1);
  LocalState local = gated_primary(goal);
  local.seen.sql.reset();
  local.unanswered_since = kNow;
  EXPECT_EQ(report_of(goal, local, kNow).state, NodeState::hung);
  local.restarting = true;
  EXPECT_EQ(report_of(goal, local, kNow).state, NodeState::starting);
}

TEST(NextAction, ANodeThatWasNeverPromotedInAnEpochIsNoPrimaryInIt) {
  Goal goal = follow_b();
  goal.state = GoalState::primary;
  goal.timeline = TimelineId(3);
  goal.sync = SyncConfig{Epoch(2), ConfigGeneration(4), NodeName("c"), 0, {}};
  LocalState local = detached_standby(Lsn(0x2000));
  EXPECT_EQ(name_of_next(goal, local), "stuck: NotPromoted");
}

TEST(NextAction, AStandbyThatHasAnsweredNobodyForLongIsEnded) {
  LocalState local = detached_standby(Lsn(0x2000));
  local.seen.sql.reset();
  local.unanswered_since = kNow - Duration{9'000};
  EXPECT_TRUE(name_of_next(follow_b(), local).starts_with("wait: "));
  local.unanswered_since = kNow - Duration{10'000};
  EXPECT_EQ(name_of_next(follow_b(), local), "stop");
}

}  // namespace
}  // namespace hactl
