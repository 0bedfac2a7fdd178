// Which ballots wrote which timelines. The controller reserves a timeline before it orders a
// promotion, so a timeline belongs to one epoch and equal numbers never hide different histories.
#pragma once

#include <optional>
#include <vector>

#include "model/ids.h"
#include "model/lsn.h"

namespace hactl {

/// An ordered promotion, successful or not.
struct Promotion {
  Epoch epoch;
  NodeName node;
  TimelineId timeline;
  TimelineId parent;  ///< The timeline that it branched from; 0 for the first.
  /// Where it branched. Until the node has reported, the position that it was ordered to hold.
  Lsn start;
  bool opened = false;  ///< Its own commit quorum has held a record of it.
  friend bool operator==(const Promotion&, const Promotion&) = default;
};

using Lineage = std::vector<Promotion>;  ///< In the order of their epochs.

/// The promotion that wrote `timeline`; nullptr when the formation does not know it.
const Promotion* find_timeline(const Lineage& lineage, TimelineId timeline);

/// `timeline` and the timelines that it grew from, oldest first.
Lineage ancestry(const Lineage& lineage, TimelineId timeline);

/// The formation's reading of where a node's WAL ends: the epoch that wrote the last of it. WAL
/// that ends at or before the beginning of its timeline is of the one which that grew from. nullopt
/// when it is on an unknown timeline.
std::optional<Position> locate(const Lineage& lineage, const WalPosition& wal);

/// Whether a node whose WAL ends at `wal` may follow the primary whose ancestry is `chain` as it
/// is: its timeline is part of the chain and it ends before the chain leaves that timeline (R11).
bool is_prefix(const Lineage& chain, const WalPosition& wal);

}  // namespace hactl
