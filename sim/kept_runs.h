// Runs that are kept in a file, with words on each: those that once failed, those that still do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/run.h"

namespace hactl {

/// "0,3,17" or "none"; nullopt: neither.
std::optional<std::vector<int>> parse_faults(const std::string& text);

/// One run a line: "SCENARIO SEED [nodes=N] [faults=I,J|none] [course=N] WORDS". Lines that are
/// empty or begin with # are left out. nullopt: a line that names no scenario.
std::optional<std::vector<RunOptions>> parse_runs(const std::string& text);

}  // namespace hactl
