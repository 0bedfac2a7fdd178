#include "sim/run.h"

#include <algorithm>

#include "sim/world.h"

namespace hactl {

namespace {

void live(World& world, Faults& faults) {
  const Instant begin = world.now();
  const auto sound = [&] { return world.checkers().violation().empty(); };
  world.must_converge(kConvergeLimit);
  if (!sound()) return;
  faults.run();
  if (!sound()) return;
  world.must_converge(kConvergeLimit);
  if (!sound()) return;
  world.must_stay(std::max(kPeaceLeast, begin + kRunLeast - world.now()));
}

std::vector<Fault> wanted_faults(const RunOptions& options) {
  std::vector<Fault> schedule = schedule_faults(options.scenario, options.seed);
  if (options.faults) {
    std::erase_if(schedule, [&](const Fault& fault) {
      return std::ranges::find(*options.faults, fault.index) == options.faults->end();
    });
  }
  return schedule;
}

}  // namespace

RunResult run_seed(const RunOptions& options) {
  WorldOptions wanted;
  wanted.seed = options.seed;
  wanted.nodes_min = options.nodes.value_or(options.scenario.nodes_min);
  wanted.nodes_max = options.nodes.value_or(options.scenario.nodes_max);
  wanted.print = options.print;
  wanted.hooks = options.hooks;
  wanted.course = options.course;
  wanted.calm = options.scenario.calm;
  wanted.durable = options.scenario.durable;
  World world(std::move(wanted));
  const Instant begin = world.now();
  Faults faults(world, wanted_faults(options));
  live(world, faults);
  RunResult result;
  result.violation = world.checkers().violation();
  result.trace_hash = world.trace().hash();
  result.steps = world.steps();
  result.acknowledged = world.checkers().acknowledged_count();
  result.primaries = world.checkers().gates_opened();
  result.failovers = world.checkers().failovers();
  result.simulated = world.now() - begin;
  result.faults = faults.counts();
  result.rules = world.rules();
  result.injected = faults.injected();
  return result;
}

std::string replay_command(const RunOptions& options) {
  std::string line =
      "hactl-sim --scenario " + options.scenario.name + " --seed " + std::to_string(options.seed);
  if (options.nodes) line += " --nodes " + std::to_string(*options.nodes);
  if (options.faults) {
    line += " --faults ";
    for (std::size_t i = 0; i < options.faults->size(); ++i)
      line += (i == 0 ? "" : ",") + std::to_string((*options.faults)[i]);
    if (options.faults->empty()) line += "none";
  }
  if (options.course != 0) line += " --course " + std::to_string(options.course);
  return line + " --trace";
}

}  // namespace hactl
