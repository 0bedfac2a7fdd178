// Replays every run that once failed: tests/sim/seeds.txt, the options of hactl-sim and the cause.
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "sim/kept_runs.h"

namespace hactl {
namespace {

TEST(Seeds, ThatOnceFailedHoldNow) {
  std::ifstream file(std::string(HACTL_SOURCE_DIR) + "/tests/sim/seeds.txt");
  ASSERT_TRUE(file.is_open());
  const auto runs = parse_runs(std::string(std::istreambuf_iterator<char>(file), {}));
  ASSERT_TRUE(runs);
  for (const RunOptions& run : *runs)
    EXPECT_EQ(run_seed(run).violation, "") << replay_command(run);
}

}  // namespace
}  // namespace hactl
