// What FormationLoop keeps of what was applied, and what it carries out of it.
#include <memory>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "controller/formation_loop.h"
#include "tests/controller/manual_scheduler.h"
#include "tests/controller/memory_store.h"
#include "tests/controller/no_knocker.h"
#include "tests/controller/sample_formation.h"

namespace hactl {
namespace {

class FormationRollout : public ::testing::Test {
 protected:
  FormationRollout() { make_loop(); }

  void make_loop() {
    loop_ = std::make_unique<FormationLoop>(scheduler_, store_, knocker_, name_,
                                            FormationLoop::Callbacks{});
  }
  FormationLoop::ChangeCallback remember() {
    answer_.reset();
    return [this](Result<Changed> changed) { answer_ = std::move(changed); };
  }
  Result<Changed> answer() {
    scheduler_.run();
    return answer_.value_or(Error{ErrorCode::internal, "not answered"});
  }
  Result<Changed> apply(const Formation& formation) {
    ApplyRequest request;
    request.formation = formation;
    loop_->apply(std::move(request), remember());
    return answer();
  }
  Result<Changed> roll_out(FormationLoop::Rollout rollout) {
    loop_->rollout_requested(rollout, remember());
    return answer();
  }
  /// Every node says that it has no data.
  void report() {
    ++number_;
    for (const char* node : {"a", "b", "c"})
      loop_->report_received(sample_report(node, number_));
    scheduler_.advance(kReportEvery);
  }
  const StoredFormation& stored() { return store_.formations.at(name_); }

  const FormationName name_{"default"};
  ManualScheduler scheduler_;
  MemoryStore store_{scheduler_};
  testing::NoKnocker knocker_;
  std::unique_ptr<FormationLoop> loop_;
  std::optional<Result<Changed>> answer_;
  std::uint64_t number_ = 0;
};

TEST_F(FormationRollout, KeepsWhatWasAppliedWhenItIsNew) {
  Formation formation = sample_formation();
  ASSERT_TRUE(apply(formation).ok());
  ASSERT_TRUE(apply(formation).ok());
  formation.labels["tier"] = "gold";
  ASSERT_TRUE(apply(formation).ok());
  EXPECT_EQ(store_.revised.size(), 1U) << "neither the same nor a label is a revision";
  formation.spec.regions[0].nodes[1].candidate_priority = 65;
  ASSERT_TRUE(apply(formation).ok());
  formation.annotations["hactl.io/change-cause"] = "b is the larger machine";
  ASSERT_TRUE(apply(formation).ok());
  ASSERT_EQ(store_.revised.size(), 3U);
  EXPECT_EQ(store_.revised[0].generation, Generation(1));
  EXPECT_EQ(store_.revised[1].generation, Generation(2));
  EXPECT_EQ(store_.revised[1].time, scheduler_.utc());
  EXPECT_EQ(store_.revised[2].generation, Generation(2));
  EXPECT_EQ(store_.revised[2].formation, formation);
}

TEST_F(FormationRollout, APausedFormationTakesASpecAndCarriesOutTheOneBefore) {
  EXPECT_EQ(roll_out(pause_change).error().code, ErrorCode::not_found);
  Formation formation = sample_formation();
  ASSERT_TRUE(apply(formation).ok());
  ASSERT_EQ(roll_out(pause_change).value().outcome, ChangeOutcome::configured);
  EXPECT_EQ(roll_out(pause_change).value().outcome, ChangeOutcome::unchanged);
  formation.spec.regions[0].nodes.pop_back();
  ASSERT_TRUE(apply(formation).ok());
  report();
  EXPECT_EQ(stored().generation, Generation(2));
  EXPECT_NE(loop_->goal_for(NodeName("c")), nullptr) << "c is still of the formation";
  EXPECT_EQ(loop_->inputs_at(scheduler_.now()).generation, Generation(1));
  const FormationStatus paused = loop_->status();
  EXPECT_EQ(paused.observed_generation, Generation(1));
  EXPECT_EQ(paused.nodes.size(), 3U);
  const Condition* condition = find_condition(paused.conditions, kPausedCondition);
  ASSERT_NE(condition, nullptr);
  EXPECT_EQ(condition->message, "generation 2 waits; generation 1 stays in force");
  EXPECT_EQ(condition->observed_generation, Generation(2));
  EXPECT_NE(find_condition(stored().conditions, kPausedCondition), nullptr);

  ASSERT_EQ(roll_out(resume_change).value().outcome, ChangeOutcome::configured);
  EXPECT_EQ(roll_out(resume_change).value().outcome, ChangeOutcome::unchanged);
  report();
  EXPECT_EQ(loop_->inputs_at(scheduler_.now()).spec, formation.spec);
  EXPECT_EQ(loop_->status().observed_generation, Generation(2));
  EXPECT_EQ(find_condition(loop_->status().conditions, kPausedCondition), nullptr);
}

TEST_F(FormationRollout, AFormationStaysPausedOverARestartOfTheController) {
  Formation formation = sample_formation();
  ASSERT_TRUE(apply(formation).ok());
  ASSERT_TRUE(roll_out(pause_change).ok());
  formation.spec.regions[0].nodes.pop_back();
  ASSERT_TRUE(apply(formation).ok());
  const StoredFormation kept = stored();
  make_loop();
  loop_->adopt(kept, {});
  report();
  EXPECT_EQ(loop_->status().observed_generation, Generation(1));
}

TEST_F(FormationRollout, ARestartIsANewGenerationOfTheSameSpec) {
  ASSERT_TRUE(apply(sample_formation()).ok());
  EXPECT_EQ(roll_out(restart_change).error().message,
            "Operation cannot be fulfilled on formations \"default\": it has no primary yet");
  StoredFormation with_primary = stored();
  with_primary.record.primary = NodeName("a");
  const Changed asked = restart_change(name_, &with_primary, UtcTime{}).value();
  EXPECT_EQ(asked.formation.generation, Generation(2));
  EXPECT_EQ(asked.formation.record.restarts,
            (std::set{NodeName("a"), NodeName("b"), NodeName("c")}));
  EXPECT_EQ(asked.formation.record.revision, with_primary.record.revision.next());
  EXPECT_EQ(asked.formation.formation, with_primary.formation);
  EXPECT_EQ(asked.revision->generation, Generation(2));
  with_primary.held = HeldSpec{with_primary.formation.spec, with_primary.generation};
  EXPECT_EQ(restart_change(name_, &with_primary, UtcTime{}).error().code, ErrorCode::conflict);
  with_primary.held.reset();
  with_primary.record.deleting = true;
  EXPECT_EQ(restart_change(name_, &with_primary, UtcTime{}).error().code, ErrorCode::conflict);
  EXPECT_EQ(pause_change(name_, &with_primary, UtcTime{}).error().code, ErrorCode::conflict);
}

}  // namespace
}  // namespace hactl
