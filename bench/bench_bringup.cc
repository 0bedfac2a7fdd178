// bench_bringup [--runs N]: from `hactl apply` to Converged, for 3 and 7 nodes whose agents run and
// whose data directories do not exist yet.
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "bench/bench_lab.h"

namespace hactl {
namespace {

constexpr int kRunsDefault = 3;

Result<double> bring_up(const BenchShape& shape) {
  Result<BenchLab> lab = BenchLab::create(shape);
  if (!lab.ok()) return lab.error();
  const auto start = std::chrono::steady_clock::now();
  const Result<std::string> applied = lab->hactl(
      {"apply", "-f", lab->directory() + "/formation.yaml", "--wait", "--timeout", "4m"});
  if (!applied.ok()) return applied.error();
  return milliseconds_since(start);
}

int run(int count, char** arguments) {
  for (const int nodes : {3, 7}) {
    std::vector<double> times;
    for (int i = 0; i < number_option(count, arguments, "--runs", kRunsDefault); ++i) {
      const Result<double> time = bring_up({.nodes = nodes});
      if (!time.ok()) {
        fmt::print(stderr, "{}\n", time.error().message);
        return 1;
      }
      times.push_back(*time);
    }
    print_spread(fmt::format("{} nodes, apply to Converged", nodes), times, "ms");
  }
  return 0;
}

}  // namespace
}  // namespace hactl

int main(int count, char** arguments) {
  try {
    return hactl::run(count, arguments);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return 1;
  }
}
