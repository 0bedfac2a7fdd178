// hactl-sim: runs simulated formations and checks that nothing is lost. See docs/testing.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/run.h"

namespace hactl {
namespace {

constexpr const char* kUsage =
    "usage: hactl-sim [--scenario NAME|all] [--seed N [--trace] | --seeds A..B] [--keep-going]\n"
    "  Runs simulated formations through faults; a violation is printed with the command that\n"
    "  replays it. Exit status: 0 all well, 1 a property was violated, 2 wrong usage.\n";

struct Arguments {
  std::string scenario = "all";
  std::uint64_t first = 1;
  std::uint64_t last = 100;
  bool trace = false;
  bool keep_going = false;
};

struct Totals {
  std::uint64_t runs = 0;
  std::uint64_t violations = 0;
  std::uint64_t steps = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t primaries = 0;
  Duration simulated{0};
  std::map<FaultKind, std::uint64_t> faults;
  std::map<std::uint32_t, std::uint64_t> rules;
};

std::optional<std::uint64_t> number(std::string_view text) {
  char* end = nullptr;
  const std::string copy(text);
  const unsigned long long value = std::strtoull(copy.c_str(), &end, 10);
  if (copy.empty() || *end != '\0') return std::nullopt;
  return value;
}

bool take_range(const std::string& text, Arguments& arguments) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) return false;
  const auto first = number(text.substr(0, dots));
  const auto last = number(text.substr(dots + 2));
  if (!first || !last || *first > *last) return false;
  arguments.first = *first;
  arguments.last = *last;
  return true;
}

std::optional<Arguments> parse(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string value = i + 1 < words.size() ? words[i + 1] : "";
    if (word == "--trace") {
      arguments.trace = true;
    } else if (word == "--keep-going") {
      arguments.keep_going = true;
    } else if (word == "--scenario") {
      arguments.scenario = value;
      ++i;
    } else if (word == "--seed") {
      const auto seed = number(value);
      if (!seed) return std::nullopt;
      arguments.first = arguments.last = *seed;
      ++i;
    } else if (word == "--seeds") {
      if (!take_range(value, arguments)) return std::nullopt;
      ++i;
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

void run_one(const Scenario& scenario, std::uint64_t seed, bool trace, Totals& totals) {
  const RunResult result =
      run_seed({.scenario = scenario, .seed = seed, .print = trace, .hooks = {}});
  ++totals.runs;
  totals.steps += result.steps;
  totals.acknowledged += result.acknowledged;
  totals.primaries += static_cast<std::uint64_t>(result.primaries);
  totals.simulated += result.simulated;
  for (const auto& [kind, count] : result.faults)
    totals.faults[kind] += count;
  for (const auto& [rule, count] : result.rules)
    totals.rules[rule] += count;
  if (trace)
    std::printf("trace hash %016llx\n", static_cast<unsigned long long>(result.trace_hash));
  if (result.violation.empty()) return;
  ++totals.violations;
  std::printf("VIOLATION %s\n  seed %llu: %s\n", result.violation.c_str(),
              static_cast<unsigned long long>(seed), replay_command(scenario.name, seed).c_str());
  std::fflush(stdout);
}

void summarise(const Totals& totals, std::chrono::duration<double> took) {
  const auto count = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  const double hours = static_cast<double>(totals.simulated.count()) / 3'600'000.0;
  std::printf("%llu runs, %llu violations, %.2f simulated hours in %.1f s, %.0f steps/s\n",
              count(totals.runs), count(totals.violations), hours, took.count(),
              static_cast<double>(totals.steps) / took.count());
  std::printf("%llu commits acknowledged, %llu times a primary opened\n",
              count(totals.acknowledged), count(totals.primaries));
  std::printf("faults:");
  for (const auto& [kind, times] : totals.faults) {
    std::printf(" %s %llu", std::string(to_string(kind)).c_str(), count(times));
  }
  std::printf("\nrules fired:");
  for (const auto& [rule, times] : totals.rules)
    std::printf(" %u:%llu", rule, count(times));
  std::printf("\n");
}

int run(const Arguments& arguments) {
  std::vector<Scenario> scenarios;
  for (const std::string& name : scenario_names()) {
    if (arguments.scenario == "all" || arguments.scenario == name) {
      scenarios.push_back(*find_scenario(name));
    }
  }
  if (scenarios.empty()) {
    std::fprintf(stderr, "there is no scenario %s\n", arguments.scenario.c_str());
    return 2;
  }
  Totals totals;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t seed = arguments.first; seed <= arguments.last; ++seed) {
    for (const Scenario& scenario : scenarios) {
      run_one(scenario, seed, arguments.trace, totals);
      if (totals.violations > 0 && !arguments.keep_going) break;
    }
    if (totals.violations > 0 && !arguments.keep_going) break;
  }
  summarise(totals, std::chrono::steady_clock::now() - begin);
  return totals.violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace hactl

int main(int argc, char** argv) {
  try {
    const auto arguments = hactl::parse(std::vector<std::string>(argv + 1, argv + argc));
    if (!arguments) {
      std::fputs(hactl::kUsage, stderr);
      return 2;
    }
    return hactl::run(*arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hactl-sim: %s\n", error.what());
    return 1;
  }
}
