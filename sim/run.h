// run_seed(): one simulated life of a formation from its bootstrap over its faults to convergence
// and peace.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/faults.h"
#include "sim/hooks.h"

namespace hactl {

/// How long a formation may take to converge once every fault has ended (L1).
inline constexpr Duration kConvergeLimit{120'000};
/// Least virtual time of a run, the peace at its end included.
inline constexpr Duration kRunLeast{300'000};
/// Least time of peace after a formation has converged (L3).
inline constexpr Duration kPeaceLeast{25'000};

struct RunOptions {
  Scenario scenario;
  std::uint64_t seed = 1;
  bool print = false;
  Hooks hooks;
  // What a shrunk run leaves out.
  std::optional<int> nodes;                ///< As many, whatever the scenario says.
  std::optional<std::vector<int>> faults;  ///< Only these of the schedule, by their index.
  std::uint64_t course = 0;                ///< WorldOptions::course.
};

struct RunResult {
  std::string violation;  ///< Empty: every property held.
  std::uint64_t trace_hash = 0;
  std::uint64_t steps = 0;
  std::uint64_t acknowledged = 0;
  int primaries = 0;  ///< How often a primary opened.
  int failovers = 0;
  Duration simulated{0};
  std::map<FaultKind, std::uint64_t> faults;
  std::map<std::uint32_t, std::uint64_t> rules;
  std::vector<int> injected;  ///< Index of each fault that came before the end.
};

RunResult run_seed(const RunOptions& options);

/// The command that runs the same again with its trace.
std::string replay_command(const RunOptions& options);

}  // namespace hactl
