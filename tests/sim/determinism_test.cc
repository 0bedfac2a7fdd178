#include <gtest/gtest.h>

#include "sim/run.h"

namespace hactl {
namespace {

RunResult run(const std::string& scenario, std::uint64_t seed) {
  RunOptions options;
  options.scenario = *find_scenario(scenario);
  options.seed = seed;
  return run_seed(options);
}

TEST(Determinism, TheSameSeedIsTheSameRun) {
  for (const char* scenario : {"chaos", "partition", "migration"}) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      const RunResult first = run(scenario, seed);
      const RunResult second = run(scenario, seed);
      EXPECT_EQ(first.trace_hash, second.trace_hash) << scenario << " " << seed;
      EXPECT_EQ(first.steps, second.steps) << scenario << " " << seed;
    }
  }
}

TEST(Determinism, AnotherSeedIsAnotherRun) {
  EXPECT_NE(run("crash-primary", 1).trace_hash, run("crash-primary", 2).trace_hash);
}

TEST(Determinism, AnotherCourseIsAnotherRunWithTheSameFaults) {
  RunOptions options;
  options.scenario = *find_scenario("crash-primary");
  const RunResult first = run_seed(options);
  options.course = 1;
  const RunResult second = run_seed(options);
  EXPECT_NE(first.trace_hash, second.trace_hash);
  EXPECT_EQ(first.faults, second.faults);
}

TEST(Determinism, EveryRunTakesFiveMinutesAndItsClientsAreAnswered) {
  const RunResult result = run("bootstrap", 1);
  EXPECT_EQ(result.violation, "");
  EXPECT_GE(result.simulated, Duration{300'000});
  EXPECT_GT(result.acknowledged, 20U);
}

TEST(ScheduleFaults, WhatIsLeftOutDoesNotChangeTheRest) {
  RunOptions options;
  options.scenario = *find_scenario("chaos");
  options.seed = 4;
  options.faults = {2, 5};
  const RunResult result = run_seed(options);
  EXPECT_EQ(result.injected, (std::vector<int>{2, 5}));
  const std::vector<Fault> all = schedule_faults(options.scenario, options.seed);
  std::map<FaultKind, std::uint64_t> expected;
  ++expected[all[2].kind];
  ++expected[all[5].kind];
  EXPECT_EQ(result.faults, expected);
}

}  // namespace
}  // namespace hactl
