#include "controller/steps_taken.h"

#include <gtest/gtest.h>

namespace hactl {
namespace {

using Titles = std::vector<std::string>;

const Generation kGeneration(4);

Event event(const std::string& message) {
  Event result;
  result.message = message;
  return result;
}

PreviewStep step(const std::string& title) {
  PreviewStep result;
  result.title = title;
  return result;
}

PreviewStep restart(const std::string& node) {
  PreviewStep result = step(node + " restarts");
  result.kind = StepKind::restart;
  result.restarts = {NodeName(node)};
  return result;
}

TEST(StepsTaken, AStepIsUnderWayUntilItsPhaseIsOver) {
  StepsTaken steps;
  steps.foreseen({step("move"), step("narrow")}, kGeneration, {});
  EXPECT_EQ(steps.to_come(), (Titles{"move", "narrow"}));
  steps.decided(Phase::stable, Phase::switchover, {event("move")});
  steps.foreseen({step("a has stopped"), step("narrow")}, kGeneration, {});
  EXPECT_EQ(steps.to_come(), (Titles{"move", "narrow"}));
  steps.decided(Phase::switchover, Phase::promote, {event("a has stopped")});
  steps.foreseen({step("b is open"), step("narrow")}, kGeneration, {});
  EXPECT_EQ(steps.to_come(), (Titles{"move", "narrow"}));
  EXPECT_EQ(steps.done(), Titles{});
  steps.decided(Phase::promote, Phase::stable, {event("b is open")});
  steps.foreseen({step("narrow")}, kGeneration, {});
  EXPECT_EQ(steps.done(), Titles{"move"});
  EXPECT_EQ(steps.to_come(), Titles{"narrow"});
}

TEST(StepsTaken, AMoveThatAFailoverOvertakesHasNotBeenTaken) {
  StepsTaken steps;
  steps.decided(Phase::stable, Phase::switchover, {event("move")});
  steps.decided(Phase::switchover, Phase::collect, {event("a is lost")});
  EXPECT_EQ(steps.to_come(), Titles{"a is lost"});
  steps.decided(Phase::collect, Phase::promote, {event("b is chosen")});
  steps.decided(Phase::promote, Phase::stable, {event("b is open")});
  EXPECT_EQ(steps.done(), Titles{"a is lost"});
}

TEST(StepsTaken, WhatWasBegunUnseenGoesByWhatIsForeseen) {
  StepsTaken steps;
  steps.foreseen({step("b is open"), step("narrow")}, kGeneration, {});
  EXPECT_EQ(steps.to_come(), (Titles{"b is open", "narrow"}));
  steps.decided(Phase::promote, Phase::stable, {event("b is open")});
  EXPECT_EQ(steps.done(), Titles{});
}

TEST(StepsTaken, ABlockedStepStaysUnderWay) {
  StepsTaken steps;
  steps.decided(Phase::stable, Phase::collect, {event("a is lost")});
  steps.foreseen({}, kGeneration, {});
  EXPECT_EQ(steps.to_come(), Titles{"a is lost"});
}

TEST(StepsTaken, ARestartIsTakenWhenItsNodeSaysSo) {
  const NodeName b("b");
  StepsTaken steps;
  steps.foreseen({restart("b"), restart("c")}, kGeneration, {});
  // A preview leaves out what a node has been told already.
  steps.foreseen({restart("c")}, kGeneration, {.ordered = {b}, .done = {}});
  EXPECT_EQ(steps.to_come(), (Titles{"b restarts", "c restarts"}));
  EXPECT_EQ(steps.done(), Titles{});
  steps.foreseen({restart("c")}, kGeneration, {.ordered = {b}, .done = {b}});
  EXPECT_EQ(steps.done(), Titles{"b restarts"});
  EXPECT_EQ(steps.to_come(), Titles{"c restarts"});
}

TEST(StepsTaken, WhatIsNotForeseenAnyMoreWasNotTaken) {
  StepsTaken steps;
  steps.foreseen({restart("b"), restart("c"), step("narrow")}, kGeneration, {});
  steps.foreseen({restart("c")}, kGeneration, {});
  EXPECT_EQ(steps.done(), Titles{});
  EXPECT_EQ(steps.to_come(), Titles{"c restarts"});
  // Another generation has restarts of its own.
  steps.foreseen({}, kGeneration.next(), {.ordered = {}, .done = {NodeName("c")}});
  EXPECT_EQ(steps.done(), Titles{});
}

TEST(StepsTaken, KeepsSoManyAndForgetsThemWhenAllIsDone) {
  StepsTaken steps;
  for (std::size_t i = 0; i <= kStepsTakenMax; ++i) {
    steps.decided(Phase::stable, Phase::stable, {event(std::to_string(i))});
  }
  EXPECT_EQ(steps.done().size(), kStepsTakenMax);
  EXPECT_EQ(steps.done().front(), "1");
  steps.decided(Phase::stable, Phase::reconfigure, {event("narrow")});
  steps.converged();
  EXPECT_EQ(steps.done(), Titles{});
  EXPECT_EQ(steps.to_come(), Titles{});
}

}  // namespace
}  // namespace hactl
