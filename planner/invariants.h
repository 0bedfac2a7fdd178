// What no plan may ever say. Checked on every plan, in every build.
#pragma once

#include "model/plan.h"
#include "model/record.h"

namespace hactl {

/// Aborts when `plan`, made under `record`, breaks an invariant of the protocol: numbers never go
/// back (I12), at most one node of an epoch is told to be primary (I14), at most two settings of
/// one epoch may be in force (I7), a promotion is ordered only when everything acknowledged is
/// known (I8).
void check_invariants(const FormationRecord& record, const Plan& plan);

}  // namespace hactl
