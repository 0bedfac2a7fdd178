// shrink(): makes a failing run smaller, as long as it fails in the same way.
#pragma once

#include <string>

#include "sim/run.h"

namespace hactl {

struct Shrunk {
  RunOptions options;
  std::string violation;
  int tries = 0;  ///< Runs that it took.
};

/// Leaves out faults and nodes of the run that ended as `result`, in at most `tries_max` runs. What
/// is left out moves the chances of all that remains, so each smaller run is tried in a few
/// courses.
Shrunk shrink(const RunOptions& failing, const RunResult& result, int tries_max);

}  // namespace hactl
