#include "sim/kept_runs.h"

#include <charconv>
#include <sstream>

namespace hactl {
namespace {

std::optional<RunOptions> parse_run(const std::string& line) {
  std::istringstream words(line);
  std::string word;
  RunOptions options;
  words >> word >> options.seed;
  const auto scenario = find_scenario(word);
  if (!words || !scenario) return std::nullopt;
  options.scenario = *scenario;
  while (words >> word) {
    const std::string value = word.substr(word.find('=') + 1);
    if (word.starts_with("nodes=")) options.nodes = std::stoi(value);
    if (word.starts_with("faults=")) options.faults = parse_faults(value);
    if (word.starts_with("course=")) options.course = std::stoull(value);
  }
  return options;
}

}  // namespace

std::optional<std::vector<int>> parse_faults(const std::string& text) {
  std::vector<int> faults;
  std::istringstream numbers(text == "none" ? "" : text);
  for (std::string number; std::getline(numbers, number, ',');) {
    int index = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
    if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
    faults.push_back(index);
  }
  return faults;
}

std::optional<std::vector<RunOptions>> parse_runs(const std::string& text) {
  std::istringstream lines(text);
  std::vector<RunOptions> runs;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::optional<RunOptions> run = parse_run(line);
    if (!run) return std::nullopt;
    runs.push_back(*run);
  }
  return runs;
}

}  // namespace hactl
