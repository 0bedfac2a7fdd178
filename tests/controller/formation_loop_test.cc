#include "controller/formation_loop.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/limits.h"
#include "planner/plan.h"
#include "tests/controller/manual_scheduler.h"
#include "tests/controller/memory_store.h"
#include "tests/controller/no_knocker.h"
#include "tests/controller/sample_formation.h"

namespace hactl {
namespace {

class FormationLoopTest : public ::testing::Test {
 protected:
  FormationLoopTest() { make_loop(); }

  void make_loop() {
    FormationLoop::Callbacks callbacks;
    callbacks.goal_changed = [this](const NodeName& node) { goal_changed(node); };
    callbacks.forgotten = [this] { ++forgotten_; };
    callbacks.store_failed = [this](const Error& error) { failures_.push_back(error); };
    loop_ =
        std::make_unique<FormationLoop>(scheduler_, store_, knocker_, name_, std::move(callbacks));
  }

  /// Whatever is told must be in the store by then.
  void goal_changed(const NodeName& node) {
    told_.push_back(node);
    const TaggedGoal* goal = loop_->goal_for(node);
    if (goal == nullptr) return;
    const auto stored = store_.formations.find(name_);
    ASSERT_NE(stored, store_.formations.end());
    EXPECT_LE(goal->goal.revision, stored->second.record.revision);
    EXPECT_LE(goal->goal.epoch, stored->second.record.epoch);
  }

  FormationLoop::ChangeCallback remember() {
    answer_.reset();
    return [this](Result<Changed> changed) { answer_ = std::move(changed); };
  }
  Result<Changed> apply(const Formation& formation,
                        std::optional<std::uint64_t> expected = std::nullopt) {
    ApplyRequest request;
    request.formation = formation;
    request.expected_version = expected;
    request.first_uid = "uid";
    request.first_password = "made up";
    loop_->apply(std::move(request), remember());
    scheduler_.run();
    return answer_.value_or(Error{ErrorCode::internal, "not answered"});
  }
  Result<Changed> move_to(const std::string& node) {
    MoveRequest request;
    request.to = NodeName(node);
    loop_->move_requested(request, remember());
    scheduler_.run();
    return answer_.value_or(Error{ErrorCode::internal, "not answered"});
  }
  /// Every node says that it has no data, each second.
  void report_for(Duration length) {
    for (Duration passed{0}; passed < length; passed += kReportEvery) {
      ++number_;
      for (const char* node : {"a", "b", "c"}) {
        loop_->report_received(sample_report(node, number_));
      }
      scheduler_.advance(kReportEvery);
    }
  }
  /// What is known of the node after its next report.
  const ObservedNode& heard_next(NodeReport& report) {
    ++report.number;
    loop_->report_received(report);
    scheduler_.run();
    return loop_->observed().nodes.at(report.node);
  }
  Formation with_gold_label() const {
    Formation formation = sample_formation();
    formation.labels["tier"] = "gold";
    return formation;
  }
  const StoredFormation& stored() { return store_.formations.at(name_); }

  const FormationName name_{"default"};
  ManualScheduler scheduler_;
  MemoryStore store_{scheduler_};
  testing::NoKnocker knocker_;
  std::unique_ptr<FormationLoop> loop_;
  std::optional<Result<Changed>> answer_;
  std::vector<NodeName> told_;
  std::vector<Error> failures_;
  int forgotten_ = 0;
  std::uint64_t number_ = 0;
};

TEST_F(FormationLoopTest, CreatesAFormation) {
  const Changed created = apply(sample_formation()).value();
  EXPECT_EQ(created.outcome, ChangeOutcome::created);
  EXPECT_EQ(stored().generation, Generation(1));
  EXPECT_EQ(stored().record.formation, name_);
  EXPECT_EQ(stored().record.incarnation.value,
            static_cast<std::uint64_t>(scheduler_.utc().milliseconds));
  EXPECT_EQ(stored().uid, "uid");
  EXPECT_EQ(stored().password, "made up");
  EXPECT_EQ(loop_->observed().password, "made up");
  EXPECT_EQ(loop_->events().front().reason, "Created");
  EXPECT_EQ(loop_->events().front().number, store_.events.front().number);
}

TEST_F(FormationLoopTest, SaysOnlyWhatADryRunWouldDo) {
  ApplyRequest request;
  request.formation = sample_formation();
  request.dry_run = true;
  loop_->apply(std::move(request), remember());
  scheduler_.run();
  EXPECT_EQ(answer_->value().outcome, ChangeOutcome::created);
  EXPECT_FALSE(loop_->exists());
  EXPECT_EQ(store_.attempts, 0);
}

TEST_F(FormationLoopTest, CountsAGenerationForAChangedSpecOnly) {
  Formation formation = sample_formation();
  ASSERT_TRUE(apply(formation).ok());
  EXPECT_EQ(apply(formation).value().outcome, ChangeOutcome::unchanged);
  const FormationRecord record = stored().record;
  formation.labels["tier"] = "gold";
  EXPECT_EQ(apply(formation).value().outcome, ChangeOutcome::configured);
  EXPECT_EQ(stored().generation, Generation(1));
  formation.spec.regions[0].nodes[1].candidate_priority = 65;
  EXPECT_EQ(apply(formation).value().outcome, ChangeOutcome::configured);
  EXPECT_EQ(stored().generation, Generation(2));
  EXPECT_EQ(stored().formation, formation);
  EXPECT_EQ(stored().record, record);
}

TEST_F(FormationLoopTest, RefusesAnotherVersionThanTheExpectedOne) {
  Formation formation = sample_formation();
  const std::uint64_t version = apply(formation).value().formation.version;
  formation.labels["tier"] = "gold";
  EXPECT_TRUE(apply(formation, loop_->stored().version).ok());
  formation.labels["tier"] = "silver";
  const Result<Changed> refused = apply(formation, version);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(stored().formation.labels.at("tier"), "gold");
}

TEST_F(FormationLoopTest, TellsNoGoalBeforeItsRecordIsStored) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  store_.holding = true;
  report_for(kBootstrapWait + 5s);
  ASSERT_FALSE(store_.held.empty()) << "nothing was decided";
  const Epoch decided = store_.held.back().first.formation.record.epoch;
  EXPECT_GT(decided, stored().record.epoch);
  for (const char* node : {"a", "b", "c"}) {
    EXPECT_LT(loop_->goal_for(NodeName(node))->goal.epoch, decided);
  }
  EXPECT_EQ(store_.held.size(), 1U) << "one write at a time";
  told_.clear();
  store_.release();
  scheduler_.run();
  EXPECT_EQ(stored().record.epoch, decided);
  EXPECT_FALSE(told_.empty());
}

TEST_F(FormationLoopTest, WritesNothingAtPeace) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  report_for(kBootstrapWait + 5s);
  const int attempts = store_.attempts;
  told_.clear();
  report_for(10s);
  EXPECT_EQ(store_.attempts, attempts);
  EXPECT_TRUE(told_.empty());
}

TEST_F(FormationLoopTest, DatesAConditionWhenItFlipsAndRemembersItOverARestart) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  report_for(kBootstrapWait + 5s);
  const std::vector<Condition> before = loop_->status().conditions;
  ASSERT_FALSE(before.empty());
  for (const Condition& condition : before) {
    EXPECT_GT(condition.last_transition.milliseconds, 0);
  }
  const StoredFormation kept = stored();
  make_loop();
  loop_->adopt(kept, {});
  report_for(5s);
  for (const Condition& condition : loop_->status().conditions) {
    const auto same = std::ranges::find_if(before, [&](const Condition& other) {
      return other.type == condition.type && other.status == condition.status;
    });
    if (same == before.end()) continue;
    EXPECT_EQ(condition.last_transition, same->last_transition);
  }
}

TEST_F(FormationLoopTest, TagsChangeWithTheGoalAndWithTheController) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  report_for(2s);
  ASSERT_NE(loop_->goal_for(NodeName("a")), nullptr);
  const std::string tag = loop_->goal_for(NodeName("a"))->tag;
  report_for(2s);
  EXPECT_EQ(loop_->goal_for(NodeName("a"))->tag, tag);
  const StoredFormation kept = stored();
  make_loop();
  loop_->adopt(kept, {});
  scheduler_.run();
  EXPECT_NE(loop_->goal_for(NodeName("a"))->tag, tag);
}

TEST_F(FormationLoopTest, TriesAgainWithGrowingPausesWhileTheStoreFails) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  scheduler_.run();
  store_.write_error = store_.load_error = Error{ErrorCode::unavailable, "disk full"};
  const Formation formation = with_gold_label();
  const Result<Changed> refused = apply(formation);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "store formation \"default\": disk full");
  failures_.clear();
  scheduler_.advance(60s);
  // 0.1 + 0.2 + … + 3.2 s, then every 5 s.
  EXPECT_GE(failures_.size(), 12U);
  EXPECT_LE(failures_.size(), 20U);
  store_.write_error = store_.load_error = std::nullopt;
  scheduler_.advance(kStoreRetryMax);
  EXPECT_TRUE(apply(formation).ok());
}

TEST_F(FormationLoopTest, ReadsAgainWhenTheOutcomeOfAWriteIsUnknown) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  store_.lose_answer = true;
  const Formation formation = with_gold_label();
  const Result<Changed> unknown = apply(formation);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, ErrorCode::timed_out);
  scheduler_.advance(kStoreRetryMin);
  EXPECT_EQ(loop_->stored().formation, formation);
  EXPECT_EQ(loop_->stored().version, stored().version);
}

TEST_F(FormationLoopTest, GoesOnHearingNodesWhenOnlyTheStoresAnswerWasLost) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  loop_->report_received(sample_report("a", 1));
  store_.lose_answer = true;
  const Formation formation = with_gold_label();
  ASSERT_FALSE(apply(formation).ok());
  scheduler_.advance(kStoreRetryMin);
  EXPECT_EQ(loop_->stored().formation, formation);
  EXPECT_EQ(loop_->observed().nodes.size(), 1U);
}

TEST_F(FormationLoopTest, CarriesARequestOutOnWhatAnotherWriterLeft) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  store_.touch(name_);
  const Formation formation = with_gold_label();
  EXPECT_TRUE(apply(formation).ok());
  EXPECT_EQ(stored().formation, formation);
  EXPECT_EQ(store_.loads, 1);
}

TEST_F(FormationLoopTest, KnowsWhichNodesHaveTheirPresentGoal) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  NodeReport report = sample_report("a", 1);
  const auto knows = [&] { return heard_next(report).knows_goal; };
  EXPECT_FALSE(knows());
  report.goal_tag = loop_->goal_for(NodeName("a"))->tag;
  EXPECT_TRUE(knows());
  Formation changed = sample_formation();
  changed.spec.postgres.parameters["work_mem"] = "8MB";
  ASSERT_TRUE(apply(changed).ok());
  ASSERT_NE(loop_->goal_for(NodeName("a"))->tag, report.goal_tag);
  EXPECT_FALSE(loop_->observed().nodes.at(NodeName("a")).knows_goal);
  EXPECT_FALSE(knows());
}

// The other has noted what it heard later: by that, who spoke before would seem to have forgotten.
TEST_F(FormationLoopTest, NothingThatWasHeardBeforeAnotherWroteCountsAfterwards) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  NodeReport report = sample_report("a", 1);
  const auto answers = [&] { return heard_next(report).answers_us; };
  report.goal_tag = loop_->goal_for(NodeName("a"))->tag;
  EXPECT_TRUE(answers());
  store_.touch(name_);
  told_.clear();
  const Formation changed = with_gold_label();
  ASSERT_TRUE(apply(changed).ok());
  EXPECT_TRUE(loop_->observed().nodes.empty()) << "the other may have heard it since";
  EXPECT_FALSE(answers()) << "on its way since before";
  EXPECT_EQ(told_, (std::vector<NodeName>{NodeName("a"), NodeName("b"), NodeName("c")}));
  report.goal_tag = loop_->goal_for(NodeName("a"))->tag;
  EXPECT_TRUE(answers());
}

TEST_F(FormationLoopTest, DropsLateReportsAndThoseOfStrangers) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  loop_->report_received(sample_report("a", 5, NodeState::stopped));
  loop_->report_received(sample_report("a", 4, NodeState::empty));
  loop_->report_received(sample_report("a", 5, NodeState::empty));
  loop_->report_received(sample_report("stranger", 1));
  ASSERT_EQ(loop_->observed().nodes.size(), 1U);
  EXPECT_EQ(loop_->observed().nodes.at(NodeName("a")).report.state, NodeState::stopped);
  NodeReport restarted = sample_report("a", 1, NodeState::starting);
  restarted.process = 2;
  loop_->report_received(restarted);
  EXPECT_EQ(loop_->observed().nodes.at(NodeName("a")).report.state, NodeState::starting);
}

TEST_F(FormationLoopTest, HearsAnAgentWhoseClockWasPutBack) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  NodeReport former = sample_report("a", 9, NodeState::starting);
  former.process = 1'000;
  loop_->report_received(former);
  NodeReport restarted = sample_report("a", 1, NodeState::stopped);
  restarted.process = 7;
  loop_->report_received(restarted);
  const auto state = [&] { return loop_->observed().nodes.at(NodeName("a")).report.state; };
  EXPECT_EQ(state(), NodeState::starting);
  scheduler_.advance(kSilentAfter);
  loop_->report_received(restarted);
  EXPECT_EQ(state(), NodeState::stopped);
}

TEST_F(FormationLoopTest, ALateWordOfALifeThatWasReplacedIsNotHeardWhileTheOtherSpeaks) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  NodeReport former = sample_report("a", 9, NodeState::starting);
  former.process = 1'000;
  loop_->report_received(former);
  scheduler_.advance(kSilentAfter);
  NodeReport restarted = sample_report("a", 1, NodeState::stopped);
  restarted.process = 7;
  loop_->report_received(restarted);
  const auto state = [&] { return loop_->observed().nodes.at(NodeName("a")).report.state; };
  EXPECT_EQ(state(), NodeState::stopped);
  former.number = 10;
  loop_->report_received(former);
  EXPECT_EQ(state(), NodeState::stopped);
  scheduler_.advance(kSilentAfter);
  former.number = 8;
  loop_->report_received(former);
  EXPECT_EQ(state(), NodeState::stopped) << "it is older than what that life has said before";
  former.number = 11;
  loop_->report_received(former);
  EXPECT_EQ(state(), NodeState::starting) << "it was the newer one after all";
}

TEST_F(FormationLoopTest, KnowsSinceWhenANodeIsSteady) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  const auto steady_since = [&] { return loop_->observed().nodes.at(NodeName("a")).steady_since; };
  NodeReport report = sample_report("a", 1, NodeState::primary);
  report.primary = PrimaryView{};
  report.primary->senders.resize(1);
  report.primary->senders[0].node = NodeName("b");
  report.primary->senders[0].streaming = true;
  report.primary->senders[0].fresh = true;
  const Instant first = scheduler_.now();
  loop_->report_received(report);
  scheduler_.advance(1s);
  report.number = 2;
  report.primary->senders[0].flushed = Lsn(99);
  loop_->report_received(report);
  EXPECT_EQ(steady_since(), first);
  scheduler_.advance(1s);
  report.number = 3;
  report.primary->senders[0].streaming = false;
  loop_->report_received(report);
  EXPECT_EQ(steady_since(), scheduler_.now());
}

TEST_F(FormationLoopTest, RecognisesFailoversAndMovesByTheRecord) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  // Another controller's decisions are seen when the next write meets a conflict.
  const auto decide = [&](Epoch epoch, Phase phase) {
    StoredFormation& there = store_.formations.at(name_);
    there.record.epoch = epoch;
    there.record.phase = phase;
    there.record.revision = there.record.revision.next();
    there.record.primary = NodeName("a");
    there.record.candidate = NodeName("b");
    SyncConfig config;
    config.epoch = epoch;
    config.generation = there.record.config_generation = ConfigGeneration(1);
    config.primary = NodeName("a");
    config.required = 1;
    config.members = {NodeName("b"), NodeName("c")};
    there.record.in_force = {config};
    store_.touch(name_);
    scheduler_.advance(1s);
    Formation formation = sample_formation();
    formation.labels["turn"] = std::to_string(++number_);
    EXPECT_TRUE(apply(formation).ok());
  };
  decide(Epoch(3), Phase::stable);
  EXPECT_FALSE(loop_->observed().last_failover.has_value());
  decide(Epoch(4), Phase::switchover);
  EXPECT_EQ(loop_->observed().moves, std::vector<Instant>{scheduler_.now()});
  EXPECT_EQ(loop_->failovers(), 0U);
  store_.formations.at(name_).record.phase = Phase::stable;
  decide(Epoch(9), Phase::collect);
  EXPECT_EQ(loop_->observed().last_failover, scheduler_.now());
  EXPECT_EQ(loop_->observed().phase_since, scheduler_.now());
  EXPECT_EQ(loop_->failovers(), 1U);
}

TEST_F(FormationLoopTest, RefusesMovesThatNobodyCanCarryOut) {
  Formation formation = sample_formation();
  formation.spec.regions[0].nodes[2].candidate_priority = 0;
  EXPECT_EQ(move_to("b").error().message, "formations \"default\" not found");
  ASSERT_TRUE(apply(formation).ok());
  EXPECT_EQ(move_to("b").error().code, ErrorCode::conflict);
  StoredFormation with_primary = stored();
  with_primary.record.primary = NodeName("a");
  const auto moved = [&](MoveRequest request) {
    return move_change(name_, &with_primary, request, UtcTime{});
  };
  const auto to = [](const char* node) {
    MoveRequest request;
    request.to = NodeName(node);
    return request;
  };
  EXPECT_EQ(moved(to("x")).error().message, "nodes \"x\" not found");
  EXPECT_EQ(moved(to("a")).error().message, "node \"a\" is the primary already");
  EXPECT_EQ(moved(to("c")).error().message,
            "node \"c\" has candidate-priority 0, so it is never promoted");
  MoveRequest region;
  region.to_region = RegionName("oslo");
  EXPECT_EQ(moved(region).error().message, "regions \"oslo\" not found");
  region.to_region = RegionName("paris");
  EXPECT_EQ(moved(region).error().message,
            "the primary, node \"a\", is in region \"paris\" already");
  const Changed accepted = moved(to("b")).value();
  EXPECT_EQ(accepted.formation.record.request, to("b"));
  EXPECT_EQ(accepted.formation.record.revision, with_primary.record.revision.next());
}

TEST_F(FormationLoopTest, ForgetsADeletedFormationAndMakesItAnew) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  const Incarnation first = stored().record.incarnation;
  loop_->delete_requested(DataOfDeleted::stays, remember());
  scheduler_.run();
  ASSERT_TRUE(answer_ && answer_->ok());
  scheduler_.advance(60s);
  EXPECT_EQ(forgotten_, 1);
  EXPECT_FALSE(loop_->exists());
  EXPECT_TRUE(store_.formations.empty());
  EXPECT_EQ(loop_->goal_for(NodeName("a")), nullptr);
  ASSERT_TRUE(apply(sample_formation()).ok());
  EXPECT_GT(stored().record.incarnation, first);
}

TEST_F(FormationLoopTest, TellsNodesToRemoveTheirDataOnceThatIsAskedForAndTakesNoneOfItBack) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  report_for(5s);
  const auto data_goes = [this](DataOfDeleted data) {
    loop_->delete_requested(data, remember());
    scheduler_.run();
    const TaggedGoal* told = loop_->goal_for(NodeName("a"));
    return told != nullptr && told->goal.state == GoalState::drop && told->goal.delete_data;
  };
  EXPECT_FALSE(data_goes(DataOfDeleted::stays));
  EXPECT_TRUE(data_goes(DataOfDeleted::goes));
  EXPECT_TRUE(data_goes(DataOfDeleted::stays));
}

TEST_F(FormationLoopTest, MayBeDestroyedWhileAWriteIsUnderWay) {
  store_.holding = true;
  ApplyRequest request;
  request.formation = sample_formation();
  loop_->apply(std::move(request), remember());
  scheduler_.run();
  loop_.reset();
  store_.release();
  scheduler_.run();
  EXPECT_FALSE(answer_.has_value());
  EXPECT_EQ(scheduler_.timers(), 0U);
}

TEST_F(FormationLoopTest, ArmsOneTimerAtMost) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  report_for(5s);
  EXPECT_LE(scheduler_.timers(), 1U);
}

}  // namespace
}  // namespace hactl
