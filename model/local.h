// What an agent sees of its own machine: the input of next_action() beside the goal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/agent_state.h"
#include "model/ids.h"
#include "model/lsn.h"
#include "model/report.h"

namespace hactl {

/// What lies in the data directory.
enum class DataKind {
  absent,   ///< No directory, or an empty one.
  cluster,  ///< A PostgreSQL data directory.
  foreign,  ///< Files that are none: never touched.
};

/// pg_control and the timeline history, readable while PostgreSQL is down.
struct ControlData {
  SystemId system_id;
  int version = 0;              ///< Major version of the data directory (PG_VERSION).
  bool clean_shutdown = false;  ///< "shut down" (a primary's) or "shut down in recovery".
  bool was_primary = false;     ///< "shut down" or "in production": it last ran as a primary.
  TimelineId timeline;          ///< Of the latest checkpoint.
  /// Where the latest checkpoint's record begins: where WAL ended when its recovery was through, if
  /// a crash was recovered from and nothing has made a checkpoint since.
  Lsn begin;
  Lsn end;  ///< End of the latest checkpoint's record.
  /// Settings that a standby may not go below: max_connections and its like.
  std::map<std::string, int> primary_settings;
  friend bool operator==(const ControlData&, const ControlData&) = default;
};

/// What a session on the local PostgreSQL sees.
struct SqlView {
  bool in_recovery = true;
  TimelineId timeline;  ///< In recovery: of the WAL received last, or replayed last.
  Lsn flushed;          ///< Primary: WAL flushed. 0 in recovery.
  Lsn received;         ///< Standby: highest WAL received in this life; 0: none.
  Lsn replayed;
  /// Standby: nothing is left in the local WAL to replay (the startup process waits for more).
  bool replay_at_end = false;
  std::optional<ReceiverView> receiver;  ///< A WAL receiver process exists.
  Duration receiver_silent_for{0};       ///< Since its last message.
  std::vector<SenderView> senders;
  std::string sync_names;     ///< synchronous_standby_names that this session sees.
  bool foreign_sync = false;  ///< It does not come from the settings that hactl wrote.
  Lsn oldest;                 ///< Where the oldest WAL in pg_wal begins, seen every few seconds.
  std::string config_id;  ///< hactl.config_id that this session sees: which settings are loaded.
  bool read_only = true;  ///< default_transaction_read_only.
  bool restart_pending = false;
  std::set<std::string> slots;
  bool database_ready = false;  ///< The application's role and database exist.
  bool lineage_ready = false;   ///< hactl's own schema and roles exist.
  std::optional<Lsn>
      timeline_start;  ///< Primary: where its timeline branched off; 0/0 for the first.
  friend bool operator==(const SqlView&, const SqlView&) = default;
};

/// The proof that a synchronous setting is in force, as far as it has come (R7). Forgotten when the
/// agent or PostgreSQL restarts, and then made anew.
struct SyncProof {
  Epoch epoch;
  ConfigGeneration generation;
  bool marker_proven = false;         ///< Every walsender was seen under the marker setting.
  bool checkpointed = false;          ///< Two checkpoints since the setting became non-empty.
  std::optional<Lsn> barrier;         ///< Flush position after the setting was proven.
  std::optional<Instant> barrier_at;  ///< When it was written.
  bool confirmed = false;             ///< The barrier is on the commit quorum.
  friend bool operator==(const SyncProof&, const SyncProof&) = default;
};

/// What can be seen of the local PostgreSQL from outside and from a session.
struct PostgresView {
  DataKind data = DataKind::absent;
  std::optional<ControlData> control;  ///< When `data` is a cluster and pg_control is readable.
  /// Timelines in pg_wal's history files: number -> where it branched off its parent.
  std::map<TimelineId, Lsn> history;
  std::map<TimelineId, TimelineId> parents;  ///< Of the timelines in `history`.
  bool standby_signal = false;
  bool running = false;           ///< A postmaster runs on the data directory.
  bool stopping = false;          ///< It was told to stop. Looked at before `control`.
  bool leftovers = false;         ///< No postmaster, but processes of a former one still live.
  std::optional<SqlView> sql;     ///< When a session could be had.
  std::string config_id_on_disk;  ///< hactl.config_id in the settings file; empty: none.
  bool credential = false;        ///< A replication credential of some epoch exists.
  friend bool operator==(const PostgresView&, const PostgresView&) = default;
};

/// Where an agent keeps its things.
struct AgentPaths {
  std::string state_directory{};  ///< State file, epoch credentials, postgres.log.
  std::string
      socket_directory{};       ///< Of PostgreSQL's unix socket; never inside the data directory.
  std::string bin_directory{};  ///< PostgreSQL's programs.
  std::string certificate_file{};  ///< The node's certificate: server's and replication client's.
  std::string key_file{};
  std::string ca_file{};
  friend bool operator==(const AgentPaths&, const AgentPaths&) = default;
};

/// A few bytes of WAL that a primary wrote to show that it can.
struct WalTick {
  Lsn end;               ///< Where they end.
  Instant at;            ///< When they were written.
  bool flushed = false;  ///< A later look saw them on the disk.
  friend bool operator==(const WalTick&, const WalTick&) = default;
};

/// How far the rewind noted in AgentState::rewinding has come in this life of the agent.
enum class RewindProgress {
  unknown,  ///< Noted in a former life: it may have been cut short.
  noted,    ///< The data is as it was.
  done,     ///< pg_rewind has succeeded.
  failed,   ///< pg_rewind failed half way.
};

struct LocalState {
  AgentPaths paths;
  std::string os_user = "postgres";  ///< As whom the agent and PostgreSQL run.
  AgentState state;
  PostgresView seen;
  /// How long the stop of a primary took; unset: PostgreSQL runs, or was none when it stopped.
  std::optional<Duration> stop_took;
  std::optional<Instant> stopped_since;  ///< When PostgreSQL was first seen down.
  /// Number of the question whether this start may open, as last put to the controller; 0: never.
  std::uint64_t start_nonce = 0;
  Instant asked_at;                            ///< When that was.
  std::optional<Epoch> checkpointed_for;       ///< A checkpoint was made for this epoch.
  std::uint64_t checkpointed_for_restart = 0;  ///< And one before this ordered restart.
  std::optional<Epoch> promote_ordered_for;  ///< pg_promote was called for this epoch's promotion.
  std::optional<Epoch> attached_for;         ///< The credential was made for this epoch.
  std::optional<Instant> detached_at;        ///< The last Detach of this life of the agent.
  bool cloned = false;                       ///< A copy was made since `rebuilding` was noted.
  bool restarting = false;                   ///< PostgreSQL was stopped to be started again.
  bool answered = false;                     ///< In this life PostgreSQL took a session.
  std::optional<Instant> unanswered_since;   ///< It did, and takes none any more.
  std::optional<WalTick> tick;               ///< The last one written in this life of PostgreSQL.
  /// While this setting was to be in force, somebody else's was seen.
  std::optional<ConfigGeneration> foreign_sync_in;
  std::optional<Instant> slots_advanced_at;
  SyncProof proof;
  int starts_failed = 0;                  ///< In a row.
  int clones_failed = 0;                  ///< In a row.
  std::optional<Epoch> source_ready_for;  ///< This epoch's primary can be copied or rewound to.
  RewindProgress rewind = RewindProgress::unknown;
  std::optional<Instant> retry_at;  ///< The last action failed: nothing before this instant.
  std::optional<Problem> problem;   ///< Of the last action, until one succeeds.
  /// When the last report was sent that the controller has answered; before that, the start of this
  /// life of the agent.
  Instant controller_heard_at;
};

}  // namespace hactl
