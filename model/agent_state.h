// What an agent must not forget: its small file beside the data directory, written before it acts.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "model/goal.h"
#include "model/ids.h"
#include "model/lineage.h"
#include "model/lsn.h"
#include "model/sync_config.h"

namespace hactl {

/// The right to be primary in one epoch, with the setting that commits must wait for.
struct Grant {
  SyncConfig sync;  ///< sync.epoch is the epoch of the grant.
  friend bool operator==(const Grant&, const Grant&) = default;
};

/// Whom the node streams from, by the word of which epoch.
struct Attachment {
  Epoch epoch;
  NodeName upstream;
  friend bool operator==(const Attachment&, const Attachment&) = default;
};

/// A promotion that this node began; written before it begins (R6).
struct OwnPromotion {
  Epoch epoch;
  TimelineId timeline;
  Lsn start;  ///< 0 until PostgreSQL has written the timeline's history.
  friend bool operator==(const OwnPromotion&, const OwnPromotion&) = default;
};

struct AgentState {
  FormationName formation;
  NodeName node;
  NodeIncarnation node_incarnation;
  SystemId system_id;
  AgentSeq sequence;  ///< +1 with every write.
  Incarnation incarnation_seen;
  Revision revision_seen;
  Epoch promised;  ///< Never acts for a lower epoch again (R1).
  std::optional<Grant> grant;
  std::optional<Attachment> attached;
  std::optional<OwnPromotion> promoted;
  ConfigGeneration applied_generation;    ///< Synchronous setting proven to be in force.
  std::map<TimelineId, Epoch> timelines;  ///< Which epoch wrote which timeline (R11).
  /// The data directory is being replaced: PostgreSQL must not be started on it.
  bool rebuilding = false;
  /// Set beside `rebuilding`: it is being replaced by a rewind to this epoch's primary. The data is
  /// whole again once it has become consistent by WAL from there.
  std::optional<Epoch> rewinding;
  /// It was started as a primary that the controller has seen with this much WAL, and it is not yet
  /// known whether recovery found that. With no incarnation: it did not, and the data counts as
  /// lost until it has been built anew (R13).
  std::optional<WalPosition> must_hold;
  std::uint64_t restart_done = 0;  ///< Goal::restart of the last restart carried out.
  std::string boot_id;             ///< Of the kernel, at the last write.
  /// The last goal obeyed: what the agent goes on with while no controller answers. Secret inside.
  std::optional<Goal> goal;
  friend bool operator==(const AgentState&, const AgentState&) = default;
};

}  // namespace hactl
