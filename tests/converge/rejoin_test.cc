// How a node whose data is not what its primary has comes back: by following, a rewind or a copy.
#include <gtest/gtest.h>

#include "converge/next_action.h"
#include "tests/converge/node_c.h"

namespace hactl {
namespace {

TEST(Rejoin, AStandbyThatEndsWhereItsNewPrimaryBeganAttaches) {
  LocalState local = detached_standby(Lsn(0x2000));
  EXPECT_EQ(name_of_next(follow_b(), local), "attach");
  EXPECT_EQ(local.state.attached, (Attachment{Epoch(2), NodeName("b")}));
}

TEST(Rejoin, AStandbyThatWentFurtherAsksItsSourceBeforeItGivesItsDataUp) {
  LocalState local = detached_standby(Lsn(0x2100));
  EXPECT_EQ(name_of_next(follow_b(), local), "ask_source");
  EXPECT_FALSE(local.state.rebuilding);
  local.source_ready_for = Epoch(2);
  EXPECT_EQ(name_of_next(follow_b(), local), "stop");
  EXPECT_TRUE(local.state.rebuilding);
  local.seen.running = false;
  local.seen.sql.reset();
  EXPECT_EQ(name_of_next(follow_b(), local), "rewind");
}

TEST(Rejoin, RewoundDataIsStartedAttachedAndIsWholeOnceASessionIsHad) {
  LocalState local = detached_standby(Lsn(0x2100));
  local.source_ready_for = Epoch(2);
  static_cast<void>(settled(follow_b(), local));
  local.seen.running = false;
  local.seen.sql.reset();
  local.rewind = RewindProgress::done;
  EXPECT_EQ(name_of_next(follow_b(), local), "attach");
  local.seen.credential = true;
  local.attached_for = Epoch(2);
  EXPECT_EQ(name_of_next(follow_b(), local), "start_standby");
  local.seen.running = true;
  EXPECT_TRUE(name_of_next(follow_b(), local).starts_with("wait: "));
  EXPECT_TRUE(local.state.rebuilding);
  local.seen.sql = SqlView{};
  local.seen.sql->config_id = local.seen.config_id_on_disk;
  static_cast<void>(settled(follow_b(), local));
  EXPECT_FALSE(local.state.rebuilding);
  EXPECT_FALSE(local.state.rewinding);
}

TEST(Rejoin, DataThatIsReplacedSpeaksInABallotAsSoonAsItIsWhole) {
  LocalState local = detached_standby(Lsn(0x2100));
  local.state.rebuilding = true;
  local.state.rewinding = Epoch(2);
  local.rewind = RewindProgress::done;
  local.seen.sql.reset();
  Goal hold = follow_b();
  hold.state = GoalState::hold;
  hold.epoch = Epoch(3);
  hold.upstream.reset();
  EXPECT_TRUE(name_of_next(hold, local).starts_with("wait: "));
  EXPECT_EQ(report_of(hold, local, kNow).state, NodeState::creating);
  local.seen.sql = detached_standby(Lsn(0x2100)).seen.sql;
  Goal untold = hold;
  untold.chain.pop_back();
  static_cast<void>(settled(untold, local));
  EXPECT_TRUE(local.state.rewinding) << "it can't tell which timeline it has come to";
  static_cast<void>(settled(hold, local));
  EXPECT_FALSE(local.state.rewinding);
  EXPECT_EQ(report_of(hold, local, kNow).final_for, Epoch(3));

  local = detached_standby(Lsn(0x2100));
  local.state.rebuilding = true;
  local.cloned = true;
  static_cast<void>(settled(hold, local));
  EXPECT_FALSE(local.state.rebuilding);
  EXPECT_EQ(report_of(hold, local, kNow).final_for, Epoch(3));
}

TEST(Rejoin, ARewindOfAFormerLifeIsFollowedByACopy) {
  LocalState local = detached_standby(Lsn(0x2100));
  local.state.rebuilding = true;
  local.state.rewinding = Epoch(2);
  local.seen.running = false;
  local.seen.sql.reset();
  local.seen.credential = true;
  local.attached_for = Epoch(2);
  EXPECT_EQ(name_of_next(follow_b(), local), "clone");
}

TEST(Rejoin, DataIsKeptForAPrimaryThatIsNotOpenUnlessItNeedsTheNode) {
  Goal goal = follow_b();
  goal.chain.back().opened = false;
  goal.sync = SyncConfig{Epoch(2), ConfigGeneration(4), NodeName("b"), 1, {NodeName("a")}};
  LocalState local = detached_standby(Lsn(0x2100));
  EXPECT_TRUE(name_of_next(goal, local).starts_with("wait: waiting for b to open"));
  goal.sync->members.insert(NodeName("c"));
  EXPECT_EQ(name_of_next(goal, local), "ask_source");
}

TEST(Rejoin, ABallotFindsTheDataOfANodeWhoseRewindHasNotBegun) {
  LocalState local = detached_standby(Lsn(0x2100));
  local.source_ready_for = Epoch(2);
  static_cast<void>(settled(follow_b(), local));
  ASSERT_TRUE(local.state.rewinding);
  Goal hold = follow_b();
  hold.state = GoalState::hold;
  hold.epoch = Epoch(3);
  hold.upstream.reset();
  EXPECT_TRUE(name_of_next(hold, local).starts_with("wait: "));
  EXPECT_FALSE(local.state.rebuilding);
  EXPECT_EQ(report_of(hold, local, Instant{}).final_for, Epoch(3));
  EXPECT_EQ(report_of(hold, local, Instant{}).position, (WalPosition{TimelineId(2), Lsn(0x2100)}));
}

TEST(Rejoin, ARewindThatHasNotBegunDoesNotMoveTheNodeToAnotherTimeline) {
  LocalState local = detached_standby(Lsn(0x2100));
  // A receiver fetches the history of timelines that the node's own WAL has missed the turn to.
  local.seen.history[TimelineId(3)] = Lsn(0x2000);
  local.source_ready_for = Epoch(2);
  static_cast<void>(settled(follow_b(), local));
  EXPECT_TRUE(local.state.rewinding);
  Goal ballot = follow_b();
  ballot.state = GoalState::hold;
  ballot.epoch = Epoch(3);
  static_cast<void>(settled(ballot, local));
  EXPECT_FALSE(local.state.rewinding);
  EXPECT_EQ(report_of(ballot, local, kNow).position, (WalPosition{TimelineId(2), Lsn(0x2100)}));
}

TEST(Rejoin, AStandbyThatKnowsATimelineOfNobodyIsRewoundThoughItsDataIsAPrefix) {
  LocalState local = detached_standby(Lsn(0x1800));
  local.source_ready_for = Epoch(2);
  local.seen.history[TimelineId(3)] = Lsn(0x2000);
  static_cast<void>(settled(follow_b(), local));
  EXPECT_FALSE(local.state.rewinding);
  EXPECT_TRUE(local.state.attached);

  local = detached_standby(Lsn(0x1800));
  local.source_ready_for = Epoch(2);
  local.seen.history[TimelineId(4)] = Lsn(0x1800);
  static_cast<void>(settled(follow_b(), local));
  EXPECT_TRUE(local.state.rewinding);
}

TEST(Rejoin, ATimelineKnownUnderAnotherEpochIsNeverFollowedAndNeverRewound) {
  LocalState local = detached_standby(Lsn(0x2000));
  local.state.timelines[TimelineId(3)] = Epoch(9);
  local.source_ready_for = Epoch(2);
  EXPECT_EQ(name_of_next(follow_b(), local), "stop");
  EXPECT_TRUE(local.state.rebuilding);
  EXPECT_FALSE(local.state.rewinding);
  local.seen.running = false;
  local.seen.sql.reset();
  local.seen.credential = true;
  local.attached_for = Epoch(2);
  EXPECT_EQ(name_of_next(follow_b(), local), "clone");
}

TEST(Rejoin, ForeignDataIsRefusedWithAWordOnWhatToDo) {
  LocalState local = detached_standby(Lsn(0x2000));
  local.seen.data = DataKind::foreign;
  EXPECT_EQ(name_of_next(follow_b(), local), "stuck: DataDirectoryForeign");
  local.seen.data = DataKind::cluster;
  local.seen.control->version = 13;
  EXPECT_EQ(name_of_next(follow_b(), local), "stuck: WrongVersion");
  local.seen.control->version = 15;
  local.seen.control->system_id = SystemId(78);
  EXPECT_EQ(name_of_next(follow_b(), local), "stuck: DataDirectoryOfAnotherFormation");
}

TEST(Rejoin, WithoutItsNotesANodeTakesNoMoreWalAndWaitsToBeBuiltAnew) {
  LocalState local = detached_standby(Lsn(0x2000));
  local.state = AgentState{};
  local.seen.sql->receiver = ReceiverView{NodeName("b"), Epoch(2), TimelineId(2), true, false};
  const Step step = next_action(follow_b(), local, kNow);
  ASSERT_TRUE(step.action);
  EXPECT_EQ(name_of(*step.action), "detach");
  ASSERT_TRUE(step.problem);
  EXPECT_EQ(step.problem->reason, "NotesLost");
  local.seen.sql->receiver.reset();
  EXPECT_EQ(name_of_next(follow_b(), local), "stuck: NotesLost");
  Goal rebuild = follow_b();
  rebuild.state = GoalState::rebuild;
  EXPECT_EQ(name_of_next(rebuild, local), "ask_source");
}

TEST(Rejoin, WhoLeftInTheMiddleOfACopyCopiesAnewWhenItComesBack) {
  LocalState local = detached_standby(Lsn(0x2100));
  local.seen.running = false;
  local.seen.sql.reset();
  local.state.rebuilding = true;
  local.state.node_incarnation = NodeIncarnation(0);
  Goal goal = follow_b();
  goal.state = GoalState::drop;
  EXPECT_EQ(name_of_next(goal, local), "wait: ");
  EXPECT_EQ(report_of(goal, local, kNow).state, NodeState::dropped);
  local.seen.credential = true;
  local.attached_for = Epoch(2);
  EXPECT_EQ(name_of_next(follow_b(), local), "clone");
}

}  // namespace
}  // namespace hactl
