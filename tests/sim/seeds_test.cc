// Replays every run that once failed: tests/sim/seeds.txt, the options of hactl-sim and the cause.
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "sim/run.h"

namespace hactl {
namespace {

std::vector<int> read_faults(const std::string& text) {
  std::vector<int> faults;
  std::istringstream in(text == "none" ? "" : text);
  for (std::string number; std::getline(in, number, ',');)
    faults.push_back(std::stoi(number));
  return faults;
}

/// "SCENARIO SEED [nodes=N] [faults=I,J] [course=N] CAUSE"; nullopt: there is no such scenario.
std::optional<RunOptions> read_options(const std::string& line) {
  std::istringstream words(line);
  std::string word;
  RunOptions options;
  words >> word >> options.seed;
  const auto scenario = find_scenario(word);
  if (!scenario) return std::nullopt;
  options.scenario = *scenario;
  while (words >> word) {
    const std::string value = word.substr(word.find('=') + 1);
    if (word.starts_with("nodes=")) options.nodes = std::stoi(value);
    if (word.starts_with("faults=")) options.faults = read_faults(value);
    if (word.starts_with("course=")) options.course = std::stoull(value);
  }
  return options;
}

TEST(Seeds, ThatOnceFailedHoldNow) {
  std::ifstream file(std::string(HACTL_SOURCE_DIR) + "/tests/sim/seeds.txt");
  ASSERT_TRUE(file.is_open());
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    const auto options = read_options(line);
    ASSERT_TRUE(options.has_value()) << line;
    EXPECT_EQ(run_seed(*options).violation, "") << line << "\n  " << replay_command(*options);
  }
}

}  // namespace
}  // namespace hactl
