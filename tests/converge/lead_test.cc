// What an agent does with a PostgreSQL that is to be primary.
#include <gtest/gtest.h>

#include "converge/next_action.h"
#include "model/limits.h"

namespace hactl {
namespace {

constexpr Instant kNow{Duration{1'000'000}};

/// Node a is primary in epoch 2, on timeline 3; commits wait for one of b and c.
Goal lead() {
  Goal goal;
  goal.node = NodeName("a");
  goal.incarnation = Incarnation(1);
  goal.revision = Revision(9);
  goal.state = GoalState::primary;
  goal.epoch = Epoch(2);
  goal.system_id = SystemId(77);
  goal.timeline = TimelineId(3);
  goal.sync =
      SyncConfig{Epoch(2), ConfigGeneration(4), NodeName("a"), 1, {NodeName("b"), NodeName("c")}};
  goal.chain = {
      Promotion{Epoch(1), NodeName("b"), TimelineId(2), TimelineId(1), Lsn(0x100), true},
      Promotion{Epoch(2), NodeName("a"), TimelineId(3), TimelineId(2), Lsn(0x2000), true}};
  goal.postgres.data_directory = "/data";
  return goal;
}

SenderView standby(const char* name) {
  return SenderView{NodeName(name), Epoch(2), true, Lsn(0x3000), Lsn(0x3000), 1, true};
}

/// Open, at peace, and just heard by the controller.
LocalState open_primary() {
  LocalState local;
  AgentState& state = local.state;
  state.node = NodeName("a");
  state.node_incarnation = NodeIncarnation(1);
  state.incarnation_seen = Incarnation(1);
  state.promised = Epoch(2);
  state.promoted = OwnPromotion{Epoch(2), TimelineId(3), Lsn(0x2000)};
  state.applied_generation = ConfigGeneration(4);
  local.controller_heard_at = kNow;
  local.checkpointed_for = Epoch(2);
  local.seen.data = DataKind::cluster;
  local.seen.control = ControlData{};
  local.seen.control->system_id = SystemId(77);
  local.seen.control->version = 15;
  local.seen.running = true;
  SqlView& sql = local.seen.sql.emplace();
  sql.in_recovery = false;
  sql.timeline = TimelineId(3);
  sql.flushed = sql.replayed = Lsn(0x3000);
  sql.read_only = false;
  sql.database_ready = sql.lineage_ready = true;
  sql.senders = {standby("b"), standby("c")};
  return local;
}

/// The name of the next action that is more than a note or a settings file; else "wait: …".
std::string next(const Goal& goal, LocalState& local) {
  for (int i = 0; i < 20; ++i) {
    const Step step = next_action(goal, local, kNow);
    if (!step.action) return "wait: " + step.why;
    if (const auto* save = std::get_if<action::SaveState>(&*step.action)) {
      local.state = save->state;
    } else if (const auto* write = std::get_if<action::Configure>(&*step.action)) {
      local.seen.config_id_on_disk = write->files.id;
      local.seen.sql->config_id = write->files.id;
    } else {
      return std::string(name_of(*step.action));
    }
  }
  return "never settles";
}

TEST(Lead, APrimaryAtPeaceWritesATickAndWaitsUntilItIsOnDisk) {
  LocalState local = open_primary();
  EXPECT_EQ(next(lead(), local), "tick");
  local.tick = WalTick{Lsn(0x4000), kNow - kTickEvery, false};
  EXPECT_EQ(next(lead(), local), "wait: ");
  local.tick->flushed = true;
  EXPECT_EQ(next(lead(), local), "tick");
}

TEST(Lead, ADiskThatTakesNoWalIsReported) {
  LocalState local = open_primary();
  local.tick = WalTick{Lsn(0x4000), kNow - kWritesStalledAfter, false};
  EXPECT_TRUE(report_of(lead(), local, kNow).primary->stalled);
  local.tick->flushed = true;
  EXPECT_FALSE(report_of(lead(), local, kNow).primary->stalled);
}

TEST(Lead, APrimaryGoesOnWithoutAControllerWhileItsQuorumReplies) {
  LocalState local = open_primary();
  local.controller_heard_at = kNow - Duration{3'600'000};
  local.seen.sql->senders = {standby("b")};
  EXPECT_EQ(next(lead(), local), "tick");
}

TEST(Lead, APrimaryThatHearsNeitherControllerNorQuorumStopsWhenItsLeaseHasRunOut) {
  LocalState local = open_primary();
  local.seen.sql->senders[0].fresh = false;
  local.seen.sql->senders[1].streaming = false;
  local.controller_heard_at = kNow - kLease + Duration{1};
  EXPECT_EQ(next(lead(), local), "tick");
  local.controller_heard_at = kNow - kLease;
  EXPECT_EQ(next(lead(), local), "stop");
}

TEST(Lead, AStandbyOfAnotherEpochIsNoQuorum) {
  LocalState local = open_primary();
  local.controller_heard_at = kNow - kLease;
  local.seen.sql->senders = {standby("b")};
  local.seen.sql->senders[0].epoch = Epoch(3);
  EXPECT_EQ(next(lead(), local), "stop");
}

TEST(Lead, WhereCommitsWaitForNobodyOnlyALeaseMakesThePrimaryStop) {
  Goal goal = lead();
  goal.sync->required = 0;
  goal.sync->members.clear();
  LocalState local = open_primary();
  local.seen.sql->senders.clear();
  local.controller_heard_at = kNow - kLease;
  EXPECT_EQ(next(goal, local), "tick");
  goal.lease = true;
  EXPECT_EQ(next(goal, local), "stop");
}

/// Whether the next settings that are written let the other nodes in; unset: none are written.
std::optional<bool> lets_nodes_in(const Goal& goal, LocalState& local) {
  for (int i = 0; i < 20; ++i) {
    const Step step = next_action(goal, local, kNow);
    if (!step.action) return std::nullopt;
    if (const auto* write = std::get_if<action::Configure>(&*step.action)) {
      return write->files.hba.find("hostssl replication") != std::string::npos;
    }
    const auto* save = std::get_if<action::SaveState>(&*step.action);
    if (save == nullptr) return std::nullopt;
    local.state = save->state;
  }
  return std::nullopt;
}

/// PostgreSQL has crashed under the primary, and the controller is not heard.
LocalState crashed_primary() {
  LocalState local = open_primary();
  local.controller_heard_at = kNow - Duration{3'600'000};
  local.seen.control->was_primary = true;
  local.seen.running = false;
  local.seen.sql.reset();
  return local;
}

TEST(Lead, AResumingPrimaryLetsNobodyInBeforeItsDataIsSeenToBeAllThatItHadShown) {
  Goal goal = lead();
  LocalState local = crashed_primary();
  EXPECT_EQ(lets_nodes_in(goal, local), true) << "nobody has seen it";
  goal.position = WalPosition{TimelineId(3), Lsn(0x3000)};
  EXPECT_EQ(lets_nodes_in(goal, local), false);
  local = open_primary();
  local.seen.sql->read_only = true;
  EXPECT_EQ(lets_nodes_in(goal, local), true);
}

// Else it would wait for another restart as soon as it runs, and be restarted for ever.
TEST(Lead, AResumingPrimaryTakesParametersBelowThoseThatItRanWith) {
  Goal goal = lead();
  goal.postgres.parameters["max_connections"] = "100";
  LocalState local = crashed_primary();
  local.seen.control->primary_settings["max_connections"] = 120;
  Step step = next_action(goal, local, kNow);
  for (int i = 0; i < 5 && step.action; ++i) {
    if (const auto* save = std::get_if<action::SaveState>(&*step.action)) local.state = save->state;
    const auto* write = std::get_if<action::Configure>(&*step.action);
    if (write == nullptr) {
      step = next_action(goal, local, kNow);
      continue;
    }
    EXPECT_NE(write->files.server.find("max_connections = '100'"), std::string::npos);
    return;
  }
  FAIL() << "nothing was configured";
}

TEST(Lead, AResumingPrimaryThatHasLessThanItHadShownLetsNobodyInAndSaysSo) {
  Goal goal = lead();
  goal.position = WalPosition{TimelineId(3), Lsn(0x3001)};
  LocalState local = open_primary();
  local.seen.sql->read_only = true;
  EXPECT_EQ(lets_nodes_in(goal, local), std::nullopt);
  const Step step = next_action(goal, local, kNow);
  EXPECT_FALSE(step.action);
  ASSERT_TRUE(step.problem);
  EXPECT_EQ(step.problem->reason, "DataForgotten");
}

/// Resumed by an order that names 0/3000; its recovery found WAL up to `found`, and wrote more.
LocalState recovered_primary(Lsn found) {
  Goal goal = lead();
  goal.position = WalPosition{TimelineId(3), Lsn(0x3000)};
  LocalState local = crashed_primary();
  EXPECT_TRUE(lets_nodes_in(goal, local).has_value());
  LocalState resumed = open_primary();
  resumed.state = local.state;
  resumed.seen.sql->read_only = true;
  resumed.seen.sql->flushed = Lsn(0x3100);
  resumed.seen.control->was_primary = true;
  resumed.seen.control->timeline = TimelineId(3);
  resumed.seen.control->begin = found;
  return resumed;
}

/// What the agent notes about it, whatever it is told by then.
AgentState judged(const LocalState& local) {
  Goal hold = lead();
  hold.state = GoalState::hold;
  hold.epoch = Epoch(3);
  const Step step = next_action(hold, local, kNow);
  const auto* save = step.action ? std::get_if<action::SaveState>(&*step.action) : nullptr;
  return save == nullptr ? AgentState{} : save->state;
}

TEST(Lead, WhatRecoveryFoundIsJudgedThoughAnotherOrderHasComeMeanwhile) {
  LocalState local = recovered_primary(Lsn(0x3000));
  ASSERT_TRUE(local.state.must_hold);
  local.seen.control->was_primary = false;
  EXPECT_EQ(judged(local), AgentState{}) << "pg_control was read before recovery had ended";
  local.seen.control->was_primary = true;
  const AgentState whole = judged(local);
  EXPECT_EQ(whole.node_incarnation, NodeIncarnation(1));
  EXPECT_FALSE(whole.must_hold);
}

TEST(Lead, DataThatRecoveryFoundTooOldIsLostHoweverFarItHasWrittenSince) {
  LocalState local = recovered_primary(Lsn(0x2fff));
  local.state = judged(local);
  EXPECT_EQ(local.state.node_incarnation, NodeIncarnation(0));
  const Step step = next_action(lead(), local, kNow);
  EXPECT_FALSE(step.action);
  ASSERT_TRUE(step.problem);
  EXPECT_EQ(step.problem->reason, "DataForgotten");
}

TEST(Lead, AResumedPrimaryThatOpensIsNotClosedAgainBeforeItIsSeenOpen) {
  LocalState local = open_primary();
  local.proof = SyncProof{};
  local.proof.epoch = Epoch(2);
  local.proof.generation = ConfigGeneration(4);
  local.proof.confirmed = true;
  local.seen.sql->read_only = true;
  EXPECT_EQ(next(lead(), local), "wait: opening");
}

TEST(Lead, AResumedPrimaryStaysOpenWhileAnotherSettingIsProven) {
  LocalState local = open_primary();
  Goal goal = lead();
  goal.sync->generation = ConfigGeneration(5);
  const Step step = next_action(goal, local, kNow);
  ASSERT_TRUE(step.action);
  const auto* write = std::get_if<action::Configure>(&*step.action);
  ASSERT_NE(write, nullptr);
  EXPECT_NE(write->files.server.find("default_transaction_read_only = 'off'"), std::string::npos);
}

TEST(Lead, APostgresThatHasAnsweredNobodyForLongIsEnded) {
  LocalState local = open_primary();
  local.seen.sql.reset();
  local.unanswered_since = kNow - kHungAfter + Duration{1};
  EXPECT_EQ(report_of(lead(), local, kNow).state, NodeState::hung);
  EXPECT_FALSE(next_action(lead(), local, kNow).action);
  local.unanswered_since = kNow - kHungAfter;
  const Step step = next_action(lead(), local, kNow);
  ASSERT_TRUE(step.action);
  EXPECT_EQ(std::get<action::Stop>(*step.action).mode, action::Stop::Mode::immediate);
}

TEST(Lead, ASettingIsToldAsProvenOnceTheNextLifeOfTheAgentWouldKeepIt) {
  const Goal before = lead();
  Goal goal = lead();
  goal.sync->generation = before.sync->generation.next();
  LocalState local = open_primary();
  local.state.grant = Grant{*before.sync};
  local.proof.epoch = goal.epoch;
  local.proof.generation = goal.sync->generation;
  local.proof.confirmed = true;
  EXPECT_FALSE(report_of(goal, local, kNow).primary->confirmed);
  local.state.grant = Grant{*goal.sync};
  EXPECT_TRUE(report_of(goal, local, kNow).primary->confirmed);
}

/// A standby that follows b and is to be promoted once it holds what b had.
LocalState target_of_a_switchover() {
  LocalState local = open_primary();
  local.state.promoted.reset();
  local.state.promised = Epoch(1);
  local.state.attached = Attachment{Epoch(1), NodeName("b")};
  local.state.timelines = {{TimelineId(2), Epoch(1)}};
  local.seen.history = {{TimelineId(2), Lsn(0x100)}};
  SqlView& sql = *local.seen.sql;
  sql.in_recovery = true;
  sql.timeline = TimelineId(2);
  sql.received = sql.replayed = Lsn(0x2000);
  sql.receiver = ReceiverView{NodeName("b"), Epoch(1), TimelineId(2), true, false};
  sql.senders.clear();
  local.seen.credential = true;
  local.attached_for = Epoch(1);
  return local;
}

Goal take_over_from_b() {
  Goal promote = lead();
  promote.state = GoalState::promote;
  promote.upstream = Upstream{NodeName("b"), "10.0.0.2", 5432, Epoch(1)};
  promote.position = WalPosition{TimelineId(2), Lsn(0x2000)};
  return promote;
}

TEST(Lead, AnArmedTargetIsPromotedWithoutAReload) {
  LocalState local = target_of_a_switchover();
  const Goal promote = take_over_from_b();
  Goal armed = lead();
  armed.state = GoalState::standby;
  armed.epoch = Epoch(1);
  armed.upstream = promote.upstream;
  armed.chain.pop_back();
  EXPECT_FALSE(next(armed, local).starts_with("stuck"));
  const std::string armed_with = local.seen.sql->config_id;
  EXPECT_EQ(next(promote, local), "promote");
  EXPECT_EQ(local.state.promised, Epoch(2)) << "promised before it is promoted";
  EXPECT_EQ(local.seen.sql->config_id, armed_with) << "nothing was reloaded";
}

TEST(Lead, ARestartAsAStandbyDoesNotCountForAPrimary) {
  LocalState local = target_of_a_switchover();
  local.state.restart_done = 3;
  EXPECT_EQ(next(take_over_from_b(), local), "promote");
  ASSERT_TRUE(local.state.promoted);
  EXPECT_EQ(local.state.restart_done, 0U);
}

TEST(Lead, ACheckpointBeforeARestartIsNotTakenForTheFirstOfALaterTimeline) {
  LocalState local = open_primary();
  Goal goal = lead();
  goal.restart = 3;
  EXPECT_EQ(next(goal, local), "checkpoint");
  local.checkpointed_for_restart = 3;
  EXPECT_EQ(next(goal, local), "stop");
  local.state.restart_done = 3;
  local.checkpointed_for = Epoch(1);
  EXPECT_EQ(next(goal, local), "checkpoint");
}

TEST(Lead, AnOrderToBePromotedThatComesAfterALaterPromotionIsNotObeyed) {
  LocalState local = open_primary();
  local.state.promised = Epoch(1);
  local.state.promoted.reset();
  local.seen.sql->in_recovery = true;
  local.seen.sql->received = local.seen.sql->replayed;
  local.seen.history[TimelineId(2)] = Lsn(0x100);
  local.state.timelines[TimelineId(2)] = Epoch(1);
  Goal goal = lead();
  goal.state = GoalState::promote;
  goal.position = WalPosition{TimelineId(2), Lsn(0x2000)};
  LocalState late = local;
  late.seen.history[TimelineId(4)] = Lsn(0x2800);
  EXPECT_EQ(next(goal, local), "promote");
  EXPECT_EQ(next(goal, late), "wait: ");
  EXPECT_EQ(late.state.promised, Epoch(1));
}

}  // namespace
}  // namespace hactl
