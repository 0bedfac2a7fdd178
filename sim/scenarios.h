// The named scenarios of the simulator: which faults come how often, for how long.
#pragma once

#include "model/spec.h"
#include "sim/faults.h"

namespace hactl {

/// The spec is valid and leaves the formation somebody to be primary: two members, one of them a
/// candidate, and as many quorum nodes as commits wait for.
bool worth_running(const FormationSpec& spec);

}  // namespace hactl
