// Which nodes a change of the record is about, so that events can be looked up by node.
#pragma once

#include <set>

#include "model/record.h"

namespace hactl {

/// The nodes that gain, keep or lose a part in it: the primary, the candidate, its donor and the
/// one to avoid, while they or the phase change; who joins or leaves the commit quorum; who forgot
/// something, and who was let go.
std::set<NodeName> involved(const FormationRecord& before, const FormationRecord& after);

}  // namespace hactl
