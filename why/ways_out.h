// What would end it when a formation waits or is blocked.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/decided.h"

namespace hactl {

/// Nodes whose return is looked into together.
inline constexpr int kReturnsTogetherMax = 3;

/// The smallest sets of nodes that do not answer now and whose return would let the formation go
/// on; those of fewer nodes first, then by name. Empty unless somebody's word is missing.
std::vector<std::set<NodeName>> returns_that_help(const PlanInputs& inputs, const Plan& answer);

/// What the formation waits for, and what would end that, a sentence each; empty when it waits for
/// nothing. Requires check_sound().
std::vector<std::string> ways_out(const PlanInputs& inputs, const Plan& answer);

}  // namespace hactl
