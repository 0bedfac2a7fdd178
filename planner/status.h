// status_of(): what users see, from the same facts that the planner saw.
#pragma once

#include "model/plan.h"
#include "model/status.h"
#include "planner/facts.h"

namespace hactl {

/// The formation's status under `plan`, which plan() gave for the same facts. Conditions come
/// without last_transition, and steps from preview().
FormationStatus status_of(const Facts& facts, const Plan& plan);

}  // namespace hactl
