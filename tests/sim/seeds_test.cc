// Replays every seed that once failed: tests/sim/seeds.txt, "scenario seed cause".
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "sim/run.h"

namespace hactl {
namespace {

TEST(Seeds, ThatOnceFailedHoldNow) {
  std::ifstream file(std::string(HACTL_SOURCE_DIR) + "/tests/sim/seeds.txt");
  ASSERT_TRUE(file.is_open());
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string scenario;
    std::uint64_t seed = 0;
    words >> scenario >> seed;
    const auto found = find_scenario(scenario);
    ASSERT_TRUE(found.has_value()) << line;
    const RunResult result =
        run_seed({.scenario = *found, .seed = seed, .print = false, .hooks = {}});
    EXPECT_EQ(result.violation, "") << line << "\n  " << replay_command(scenario, seed);
  }
}

}  // namespace
}  // namespace hactl
