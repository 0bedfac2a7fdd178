#include "sim/run.h"

#include "sim/world.h"

namespace hactl {

namespace {

void live(World& world, Faults& faults) {
  if (!world.run_until_converged(kConvergeLimit)) {
    if (world.checkers().violation().empty()) world.not_converged();
    return;
  }
  faults.run();
  if (!world.checkers().violation().empty()) return;
  if (!world.run_until_converged(kConvergeLimit) && world.checkers().violation().empty()) {
    world.not_converged();
  }
}

}  // namespace

RunResult run_seed(const RunOptions& options) {
  constexpr Duration kAftermath{3'000};
  WorldOptions wanted;
  wanted.seed = options.seed;
  wanted.nodes_min = options.scenario.nodes_min;
  wanted.nodes_max = options.scenario.nodes_max;
  wanted.print = options.print;
  wanted.hooks = options.hooks;
  World world(std::move(wanted));
  const Instant begin = world.now();
  Faults faults(world, options.scenario, options.seed * 13 + 5);
  live(world, faults);
  if (world.checkers().violation().empty()) world.run_for(kAftermath);
  RunResult result;
  result.violation = world.checkers().violation();
  result.trace_hash = world.checkers().trace_hash();
  result.steps = world.steps();
  result.acknowledged = world.checkers().acknowledged_count();
  result.primaries = world.checkers().gates_opened();
  result.simulated = world.now() - begin;
  result.faults = faults.counts();
  result.rules = world.rules();
  return result;
}

std::string replay_command(const std::string& scenario, std::uint64_t seed) {
  return "hactl-sim --scenario " + scenario + " --seed " + std::to_string(seed) + " --trace";
}

}  // namespace hactl
