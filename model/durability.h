// The arithmetic of spec.durability: which standbys to wait for, so that every acknowledged commit
// is in so many regions. docs/decisions/0019-durability-across-regions.md says why it is this one.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/ids.h"
#include "model/spec.h"
#include "model/sync_config.h"

namespace hactl {

/// How many standbys are where.
using RegionCounts = std::map<RegionName, int>;

/// What a spec asks of every acknowledged commit, beside the primary.
struct Reach {
  int acks = 0;     ///< So many standbys hold it.
  int regions = 0;  ///< They are in so many regions other than the primary's.
};

Reach reach_of(const FormationSpec& spec);

/// The same for a primary that has left the spec: wherever it is, one region more is enough.
Reach reach_from_anywhere(const FormationSpec& spec);

/// Whether the spec says more of durability than number-sync-standbys can.
bool asks_for_durability(const FormationSpec& spec);

/// "2 regions", "3 nodes", or "2 regions and 3 nodes"; empty where nothing is asked for.
std::string to_string(const DurabilitySpec& asked);

/// The most of those standbys that the loss of `own` and of `others` more regions takes: all of
/// `own`, and the largest others.
int most_within(const RegionCounts& standbys, const RegionName& own, int others);

/// The fewest regions beside `own` that any `acks` of those standbys are in.
int regions_beside(const RegionCounts& standbys, const RegionName& own, int acks);

/// Where each of `members` is, as `spec` has it; who is not in it counts as being in `own`, where
/// an acknowledgement is worth least.
RegionCounts regions_of(const FormationSpec& spec, const RegionName& own,
                        const std::set<NodeName>& members);

/// As many of `ranked` as can be waited for so that any `reach.acks` of them are in `reach.regions`
/// regions beside `own`; within a region the first come first. Fewer than `reach.acks`: those that
/// are there do not suffice.
std::set<NodeName> choose_members(const Reach& reach, const RegionName& own,
                                  const std::vector<Member>& ranked);

/// Where the primary is; unset: it is not in the spec.
std::optional<RegionName> region_of(const FormationSpec& spec, const NodeName& node);

/// Whether every commit that `config` lets go is where the spec wants it. False when nobody knows
/// in which region its primary is.
bool meets_durability(const FormationSpec& spec, const SyncConfig& config);

/// The setting for a primary while every node is well, without epoch and generation. Requires that
/// the spec has the node.
SyncConfig setting_when_well(const FormationSpec& spec, const NodeName& primary);

}  // namespace hactl
