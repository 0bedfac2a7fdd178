// next_action(): the agent's brain. From the goal and what is seen of the local PostgreSQL, the
// next single action, or none.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "model/action.h"
#include "model/goal.h"
#include "model/local.h"
#include "model/report.h"

namespace hactl {

struct Step {
  std::optional<Action> action;  ///< Unset: there is nothing to do, or something to wait for.
  std::string why;               ///< In words; what the report shows as `doing`.
  /// Look again after this long even if nothing is heard: short while something is under way.
  Duration look_again{1'000};
  bool routine = false;            ///< Done all the time: not worth a line in a log.
  std::optional<Problem> problem;  ///< Why the goal can't be reached without a human.
};

/// Pure, total and deterministic: every state can start toward every goal. Safety does not rest on
/// the goal being fresh: what an older epoch orders is refused.
Step next_action(const Goal& goal, const LocalState& local, Instant now);

/// What the agent tells the controller: the node's state by its own words, from the same facts.
/// `number` and `process` are left to the caller.
NodeReport report_of(const std::optional<Goal>& goal, const LocalState& local, Instant now);

/// Whether the agent may take `goal` up: it is for this node, and was not given before what is on
/// file, nor before the one that it obeys, which may not be on file yet.
bool acceptable(const Goal& goal, const AgentState& state, const Goal* obeyed);

}  // namespace hactl
