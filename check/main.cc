// hactl-check: goes through every state that a formation of three nodes can reach within a scope.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "check/search.h"

namespace hactl::check {
namespace {

constexpr const char* kUsage =
    "usage: hactl-check [--deep] [--only SCOPE] [BOUND NUMBER]...\n"
    "  Goes through every state that three nodes, their PostgreSQL and their controller can "
    "reach,\n"
    "  by the real plan() and next_action(), and checks that nothing is lost. --deep goes "
    "further,\n"
    "  for hours. Bounds, in place of the scopes' own: --slow --crashes --late --restarts "
    "--foreign "
    "--writes\n"
    "  --ballots --configs --states --settle. A broken property is printed with the shortest way\n"
    "  there. Exit status: 0 all well, 1 a property broke, 2 wrong usage.\n";

struct Arguments {
  bool deep = false;
  std::string only;
  std::map<std::string, std::size_t> bounds;
};

void set_bounds(const std::map<std::string, std::size_t>& bounds, Scope& scope) {
  const auto set = [&](const char* name, auto& bound) {
    const auto found = bounds.find(name);
    if (found == bounds.end()) return;
    bound = static_cast<std::remove_reference_t<decltype(bound)>>(found->second);
  };
  set("--slow", scope.slow);
  set("--crashes", scope.crashes);
  set("--late", scope.late);
  set("--restarts", scope.restarts);
  set("--foreign", scope.foreign);
  set("--writes", scope.writes);
  set("--ballots", scope.ballots);
  set("--configs", scope.configs);
  set("--states", scope.states_max);
  set("--settle", scope.settle_every);
}

std::optional<Arguments> parse(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--deep") {
      arguments.deep = true;
      continue;
    }
    if (i + 1 == words.size() || !words[i].starts_with("--")) return std::nullopt;
    const std::string& value = words[i + 1];
    if (words[i] == "--only") {
      arguments.only = value;
    } else {
      char* end = nullptr;
      arguments.bounds[words[i]] = std::strtoull(value.c_str(), &end, 10);
      if (value.empty() || *end != '\0') return std::nullopt;
    }
    ++i;
  }
  return arguments;
}

unsigned long long count(std::uint64_t number) {
  return number;
}

std::string bounds_of(const Scope& scope) {
  std::string text;
  const auto add = [&](unsigned number, const char* what) {
    if (number == 0) return;
    text += (text.empty() ? "" : ", ") + std::to_string(number) + " " + what;
  };
  add(scope.ballots, "ballots");
  add(scope.writes, "commits");
  if (scope.order == Order::prompt) add(scope.slow, "slow");
  add(scope.crashes, "crashes");
  add(scope.late, "late");
  add(scope.restarts, "restarts");
  add(scope.foreign, "foreign");
  return text;
}

bool run(const Scope& scope) {
  const auto begin = std::chrono::steady_clock::now();
  const SearchResult result = search(scope);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%-13s %9llu states %9llu transitions, %s %3zu steps, %5llu came to rest, %5.1f s\n",
              scope.name.c_str(), count(result.states), count(result.transitions),
              result.complete ? "complete at" : "all within", result.depth, count(result.settled),
              took.count());
  std::printf("%-13s %s; at most %s\n", "", scope.about.c_str(), bounds_of(scope).c_str());
  std::fflush(stdout);
  if (result.broken.empty()) return true;
  std::printf("BROKEN %s\n", result.broken.c_str());
  for (std::size_t i = 0; i < result.trace.size(); ++i)
    std::printf("  %2zu. %s\n", i + 1, result.trace[i].c_str());
  return false;
}

int run_all(const Arguments& arguments) {
  bool well = true;
  bool any = false;
  for (Scope scope : arguments.deep ? deep_scopes() : quick_scopes()) {
    if (!arguments.only.empty() && arguments.only != scope.name) continue;
    set_bounds(arguments.bounds, scope);
    any = true;
    well = run(scope) && well;
  }
  if (!any) {
    std::fprintf(stderr, "there is no scope %s\n", arguments.only.c_str());
    return 2;
  }
  return well ? 0 : 1;
}

}  // namespace
}  // namespace hactl::check

int main(int argc, char** argv) {
  try {
    const auto arguments = hactl::check::parse(std::vector<std::string>(argv + 1, argv + argc));
    if (!arguments) {
      std::fputs(hactl::check::kUsage, stderr);
      return 2;
    }
    return hactl::check::run_all(*arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hactl-check: %s\n", error.what());
    return 2;
  }
}
