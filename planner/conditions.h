// The conditions of a formation: what is promised, and whether it holds now.
#pragma once

#include <vector>

#include "model/plan.h"
#include "model/status.h"
#include "planner/facts.h"

namespace hactl {

/// Whether `node` is what `goal` asks for, and well.
bool is_at_goal(const Facts& facts, const NodeName& node, const Goal& goal);

/// Available, Durable, Converged, Progressing, PrimaryPreferred; without last_transition.
std::vector<Condition> conditions_of(Facts& facts, const Plan& plan);

}  // namespace hactl
