// Which standbys must acknowledge commits, and in which order the setting may change.
#pragma once

#include <optional>

#include "planner/facts.h"

namespace hactl {

/// The setting that the running primary should have now, without its generation; unset when nothing
/// can be said because the primary is not heard or not open.
///
/// A standby of the spec's quorum joins when it streams, and leaves when it has not for
/// kQuorumLeaveAfter and enough others remain. `moving` (a move of the primary is to come) only
/// widens: nobody leaves before the new primary is open.
///
/// Where the spec asks for durability, that of every one of these settings is as it asks, and so is
/// what two of them come to while one follows the other; until as many standbys are there for the
/// first time, it is the setting without. From then on commits wait rather than do with less.
std::optional<SyncConfig> wanted_sync(Facts& facts, bool moving);

/// The setting under which `target` would open in `epoch` after the primary has stopped in an
/// orderly way: everyone who counts now or by the spec, the old primary included, but `target`.
SyncConfig sync_after_move(const Facts& facts, const NodeName& target, Epoch epoch);

/// The setting under which `candidate` opens in `epoch` after a failover: the spec's quorum among
/// those whose last word is known or who were heard lately; never silent nodes while there are
/// enough.
SyncConfig sync_after_failover(const Facts& facts, const NodeName& candidate, Epoch epoch,
                               const std::map<NodeName, FinalReport>& finals);

/// The nodes of the spec's quorum that do not stream and whose return, each alone, would let
/// commits of `config` go on; empty: it takes several.
std::set<NodeName> returns_that_end_the_wait(const Facts& facts, const SyncConfig& config);

/// Adds a setting that may be in force from now on. Whoever of the spec counts by it is let go no
/// more, heard or not, and is on record: should it leave the spec again, it is let go again.
void put_in_force(const Facts& facts, const SyncConfig& next, FormationRecord& record);

}  // namespace hactl
