// decide(): the next durable decision of a formation, phase by phase.
#pragma once

#include <optional>
#include <vector>

#include "model/plan.h"
#include "planner/facts.h"

namespace hactl {

struct NextStep {
  std::optional<FormationRecord> record;  ///< Unset: nothing to decide now.
  std::vector<Event> events;
  std::vector<Decision> decisions;  ///< Why, also when nothing is decided.
};

/// Rules 300 to 399.
NextStep decide(Facts& facts);

/// The move of the primary that the spec, a request or a pending restart asks for now.
struct Move {
  NodeName to;
  std::uint32_t rule = 0;
  std::string why;
};
std::optional<Move> wanted_move(Facts& facts);

/// The primary has moved kMovesMax times lately, and stays where it is for now.
bool moves_too_often(Facts& facts);

/// The node waits for a restart: for parameters that a reload does not set, or because an operator
/// asked for it.
bool needs_restart(const Facts& facts, const NodeName& name);

/// The standby whose turn it is to restart, if any; then the primary, when no standby can take over
/// from it.
std::optional<NodeName> restart_turn(const Facts& facts);

}  // namespace hactl
