// What an agent says about its node. Not durable: complete again within a heartbeat.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/ids.h"
#include "model/lineage.h"
#include "model/lsn.h"
#include "model/sync_config.h"

namespace hactl {

/// What the node is, as its agent sees it.
enum class NodeState {
  unknown,   ///< Nothing seen yet.
  empty,     ///< No data directory.
  creating,  ///< Making the data directory: initdb, base backup, rewind.
  stopped,   ///< Data, but PostgreSQL is not running.
  starting,  ///< PostgreSQL runs and does not take sessions yet.
  hung,      ///< PostgreSQL runs, took sessions, and does not answer any more.
  standby,   ///< Running as a standby.
  held,      ///< Standby that has promised the epoch and takes no more WAL.
  gated,     ///< Primary that lets no client in yet.
  primary,   ///< Primary, open to clients.
  fenced,    ///< Stopped by order, with its last position known.
  dropped,   ///< Has left the formation.
  blocked,   ///< Cannot go on without a human; the problem says why.
};

/// The node state's name on the wire.
std::string_view to_string(NodeState state);
std::optional<NodeState> parse_node_state(std::string_view text);

/// A standby as its upstream sees it: one row of pg_stat_replication.
struct SenderView {
  NodeName node;
  Epoch epoch;             ///< From the name that it streams under.
  bool streaming = false;  ///< state = 'streaming'.
  Lsn flushed;
  Lsn replayed;
  int sync_priority = 0;
  bool fresh = false;  ///< It has replied within kReplyFreshFor.
  friend bool operator==(const SenderView&, const SenderView&) = default;
};

/// What a standby receives.
struct ReceiverView {
  NodeName upstream;
  Epoch epoch;
  TimelineId timeline;
  bool streaming = false;
  /// Nothing has come for kReceiverQuietAfter, though it asked for a sign of life.
  bool quiet = false;
  friend bool operator==(const ReceiverView&, const ReceiverView&) = default;
};

/// What a primary knows.
struct PrimaryView {
  Epoch epoch;
  TimelineId timeline;
  Lsn start;  ///< Where its timeline begins.
  bool gate_open = false;
  /// The barrier of `applied` is on its commit quorum: older settings are no longer needed (R7,
  /// R8).
  bool confirmed = false;
  ConfigGeneration applied;  ///< The synchronous setting proven to be in force.
  bool stalled = false;      ///< What it wrote kWritesStalledAfter ago is not on its disk.
  /// synchronous_standby_names is not what hactl wrote: somebody else has changed it (R12).
  bool foreign_sync = false;
  Lsn oldest;                         ///< Where the oldest WAL that it has kept begins; 0: unknown.
  std::optional<SyncConfig> granted;  ///< The setting that it was last told to keep.
  std::vector<SenderView> senders;
  friend bool operator==(const PrimaryView&, const PrimaryView&) = default;
};

/// Why the node does not get on. Shown to people; `reason` is CamelCase for machines.
struct Problem {
  std::string reason;
  std::string message;
  friend bool operator==(const Problem&, const Problem&) = default;
};

struct NodeReport {
  FormationName formation;
  NodeName node;
  std::uint64_t number =
      0;  ///< Rises with each report of one agent process; late ones are dropped.
  std::uint64_t process = 0;  ///< Start of the agent process, UTC ms; `number` starts anew with it.
  NodeIncarnation node_incarnation;
  SystemId system_id;
  AgentSeq sequence;
  Incarnation incarnation_seen;
  Revision revision_seen;
  Epoch promised;
  NodeState state = NodeState::unknown;
  WalPosition position;
  /// `position` is the last word for this epoch (R2); 0: it is not final.
  Epoch final_for;
  std::optional<ReceiverView> receiver;
  Lsn replayed;
  std::optional<PrimaryView> primary;
  /// Parameters wait for a restart.
  bool restart_pending = false;
  /// Parameters are kept above the spec's because a standby may not go below its primary.
  bool parameters_held = false;
  std::uint64_t restart_done = 0;
  /// How long it took to stop when it was stopped as a primary, ms; 0 when that is not so, or it
  /// has been started since.
  std::uint64_t stop_took_ms = 0;
  /// Set while a primary without synchronous standbys asks to be let open.
  std::uint64_t start_nonce = 0;
  /// Tag of the last goal that the agent had received when it looked: all of the report is so in
  /// the light of that goal.
  std::string goal_tag;
  /// The history of its WAL as it knows it, oldest first; only when the goal asks for it.
  Lineage lineage;
  std::string doing;  ///< What the agent is at, in words; empty: nothing.
  std::optional<Problem> problem;
  friend bool operator==(const NodeReport&, const NodeReport&) = default;
};

/// Up to where the report shows that the node has whole records on its disk; zero: nothing is
/// shown. Its own end of WAL may lie in the middle of a record that a restart takes back.
WalPosition complete_position(const NodeReport& report);

/// From whom, and by the word of which epoch, the node receives WAL now; nullopt: from nobody.
std::optional<std::pair<NodeName, Epoch>> receiving_from(const NodeReport& report);

}  // namespace hactl
