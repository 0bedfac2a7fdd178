// run_seed(): one simulated life of a formation from its bootstrap over its faults to convergence.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/faults.h"
#include "sim/hooks.h"

namespace hactl {

/// How long a formation may take to converge once every fault has ended (L1).
inline constexpr Duration kConvergeLimit{120'000};

struct RunOptions {
  Scenario scenario;
  std::uint64_t seed = 1;
  bool print = false;
  Hooks hooks;
};

struct RunResult {
  std::string violation;  ///< Empty: every property held.
  std::uint64_t trace_hash = 0;
  std::uint64_t steps = 0;
  std::uint64_t acknowledged = 0;
  int primaries = 0;  ///< How often a primary opened.
  Duration simulated{0};
  std::map<FaultKind, std::uint64_t> faults;
  std::map<std::uint32_t, std::uint64_t> rules;
};

RunResult run_seed(const RunOptions& options);

/// The command that runs the same again with its trace.
std::string replay_command(const std::string& scenario, std::uint64_t seed);

}  // namespace hactl
