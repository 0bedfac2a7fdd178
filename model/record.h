// The controller's durable record of one formation: everything that must survive a controller for
// no acknowledged commit to be lost. Written by compare-and-swap on `revision`, before anybody is
// told.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"
#include "model/lineage.h"
#include "model/lsn.h"
#include "model/sync_config.h"

namespace hactl {

/// What the formation is in the middle of.
enum class Phase {
  bootstrap,    ///< No data yet: the first primary has not been chosen.
  stable,       ///< One primary, one synchronous setting.
  reconfigure,  ///< A new synchronous setting is recorded beside the old one and being proven.
  switchover,   ///< The primary was told to stop in the new epoch; `candidate` takes over.
  collect,      ///< A new epoch asks every node to detach and to say how far it is.
  promote,      ///< `candidate` was chosen in this epoch and told to promote.
};

/// The phase's name on the wire.
std::string_view to_string(Phase phase);
std::optional<Phase> parse_phase(std::string_view text);

/// A node's last word in the record's epoch: it has promised it, takes no more WAL of an older one,
/// and holds exactly `position` (R2).
struct FinalReport {
  Position position;
  TimelineId timeline;
  AgentSeq agent_seq;
  friend bool operator==(const FinalReport&, const FinalReport&) = default;
};

/// What is remembered of a node to notice that it forgot (R13).
struct KnownNode {
  NodeIncarnation incarnation;
  AgentSeq agent_seq_seen;
  WalPosition complete_seen;  ///< Highest complete_position() of this incarnation, as last stored.
  bool excluded = false;      ///< Forgot something: counts as lost until it has been built anew.
  /// Where it was by the last spec that named it: a node on its way out must still be told to
  /// leave.
  std::string host{};
  std::uint16_t port = 5432;
  std::string data_directory{};
  friend bool operator==(const KnownNode&, const KnownNode&) = default;
};

/// An operator's accepted loss; kept for good.
struct Override {
  Epoch epoch;
  std::string reason;
  friend bool operator==(const Override&, const Override&) = default;
};

/// `hactl switchover`, until it has been carried out or found impossible.
struct MoveRequest {
  std::optional<NodeName> to;  ///< Unset: the best candidate.
  std::optional<RegionName> to_region;
  friend bool operator==(const MoveRequest&, const MoveRequest&) = default;
};

/// `hactl failover`, until it has been carried out or refused: go on without a primary that is
/// lost.
struct FailoverRequest {
  /// How many bytes of acknowledged WAL may be lost; unset: none.
  std::optional<WalBytes> accept_loss;
  bool accept_any_loss = false;    ///< However much it is, also when nobody knows.
  std::set<NodeName> assume_lost;  ///< Nodes that will not come back: their word is done without.
  std::string by;                  ///< Who asked, for the record.
  friend bool operator==(const FailoverRequest&, const FailoverRequest&) = default;
};

struct FormationRecord {
  FormationName formation;
  Incarnation incarnation;
  Revision revision;
  /// The highest ballot. The open primary's own epoch may be lower (a ballot that came to nothing).
  Epoch epoch;
  Phase phase = Phase::bootstrap;
  std::optional<NodeName> primary;
  std::optional<NodeName> candidate;        ///< Written once per epoch (R6).
  std::optional<Position> target_position;  ///< What the candidate must hold before it promotes.
  std::optional<NodeName> donor;            ///< Whom it gets it from.
  TimelineId timeline_max;                  ///< Highest timeline that any attempt may have used.
  std::vector<SyncConfig> in_force;         ///< Every setting that may be in force (W).
  ConfigGeneration config_generation;
  std::map<NodeName, FinalReport> finals;  ///< Of `epoch` only.
  /// The primary that was left although it lives: it is ill, or its standbys cannot reach it. In
  /// the ballots until the next primary it is the last choice.
  std::optional<NodeName> avoid;
  Lineage lineage;
  std::map<NodeName, KnownNode> nodes;
  std::set<NodeName> dropped;  ///< Let go; never accepted without a new incarnation.
  std::vector<Override> overrides;
  SystemId system_id;  ///< 0 until the first primary has reported.
  std::optional<MoveRequest> request;
  std::optional<FailoverRequest> failover;
  /// Nodes whose PostgreSQL is still to be restarted because an operator asked for it.
  std::set<NodeName> restarts;
  /// The store was found to be older than what nodes have seen: which settings may be in force is
  /// not known, until the primary has proven its own or every node has said its last word.
  bool recovering = false;
  /// How long writes paused in the last switchovers, ms, oldest first; at most kPausesKept.
  std::vector<std::uint64_t> pauses_ms;
  /// Generation of the spec whose choice of primary has been settled: a later failover does not
  /// make it move back (failback: on-apply).
  Generation settled_generation;
  bool paused = false;
  bool deleting = false;
  bool deleting_data = false;  ///< Beside `deleting`: the nodes' data directories go as well.
  friend bool operator==(const FormationRecord&, const FormationRecord&) = default;
};

}  // namespace hactl
