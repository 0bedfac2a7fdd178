// status_of(): what users see, from the same facts that the planner saw.
#pragma once

#include "base/time.h"
#include "model/observed.h"
#include "model/plan.h"
#include "model/record.h"
#include "model/spec.h"
#include "model/status.h"

namespace hactl {

/// The formation's status under `plan`, which plan() gave for the same inputs. Conditions come
/// without last_transition, and steps from preview().
FormationStatus status_of(const FormationSpec& spec, Generation generation,
                          const FormationRecord& record, const Observed& observed, const Plan& plan,
                          Instant now);

}  // namespace hactl
