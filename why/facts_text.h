// What the planner saw, in the words of those who read it at three in the morning.
#pragma once

#include <string>
#include <vector>

#include "model/decided.h"

namespace hactl {

/// One line: what it is about, and what was seen of it.
struct Fact {
  std::string about;  ///< "primary", "commits", …, or a node's name.
  std::string text;
  friend bool operator==(const Fact&, const Fact&) = default;
};

/// What bears on the goal of `node`: itself, the primary, and what the formation is at. Requires
/// check_sound() of the inputs. An unknown node is said to be unknown.
std::vector<Fact> facts_of_node(const PlanInputs& inputs, const NodeName& node);

/// What bears on the next decision: what the formation is at, and every node. Requires the same.
std::vector<Fact> facts_of_formation(const PlanInputs& inputs);

/// "stable (one primary, one synchronous setting)".
std::string phase_text(Phase phase);

/// "standby, follows paris-a": a goal with what matters of it.
std::string goal_text(const Goal& goal);

}  // namespace hactl
