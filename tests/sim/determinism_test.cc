#include <gtest/gtest.h>

#include "sim/run.h"

namespace hactl {
namespace {

RunResult run(const std::string& scenario, std::uint64_t seed) {
  return run_seed(
      {.scenario = *find_scenario(scenario), .seed = seed, .print = false, .hooks = {}});
}

TEST(Determinism, TheSameSeedIsTheSameRun) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const RunResult first = run("chaos", seed);
    const RunResult second = run("chaos", seed);
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.steps, second.steps) << "seed " << seed;
  }
}

TEST(Determinism, AnotherSeedIsAnotherRun) {
  EXPECT_NE(run("crash-primary", 1).trace_hash, run("crash-primary", 2).trace_hash);
}

TEST(Determinism, ClientsGetTheirCommitsAcknowledged) {
  const RunResult result = run("bootstrap", 1);
  EXPECT_EQ(result.violation, "");
  EXPECT_GT(result.acknowledged, 20U);
}

}  // namespace
}  // namespace hactl
