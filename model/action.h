// What an agent can be asked to do: one thing, idempotent, with an end.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/agent_state.h"
#include "model/goal.h"
#include "model/ids.h"
#include "model/local.h"

namespace hactl {

/// The settings files of a node, whole. `id` names their contents.
struct SettingsFiles {
  std::string id;
  std::string server;  ///< hactl.conf, included at the end of postgresql.conf.
  std::string hba;     ///< The managed block of pg_hba.conf.
  std::string ident;   ///< The managed block of pg_ident.conf.
  friend bool operator==(const SettingsFiles&, const SettingsFiles&) = default;
};

namespace action {

/// Write the agent's state file. Everything that follows relies on it.
struct SaveState {
  AgentState state;
};
/// Run initdb (checksums on); the new cluster starts as a standby.
struct InitDatabase {
  PostgresGoal postgres;
};
/// Base backup of `upstream` into a side directory, then swap. Leaves a standby's data directory.
struct Clone {
  Upstream upstream;
  PostgresGoal postgres;
};
/// Ask whether `upstream` can be copied or rewound to: it answers, and its control file shows
/// `timeline`. Own data is given up only after that.
struct AskSource {
  Upstream upstream;
  TimelineId timeline;
};
/// pg_rewind against `upstream`, after keeping the WAL that will be discarded. The upstream must
/// have a checkpoint on `timeline`: pg_rewind compares control files, and sees no divergence before
/// that. Fails with `unavailable` before the data is touched, with anything else after that.
struct Rewind {
  Upstream upstream;
  TimelineId timeline;
  PostgresGoal postgres;
};
/// Write the settings files; reload when PostgreSQL runs.
struct Configure {
  SettingsFiles files;
  std::string data_directory;
  /// They take effect by then or not at all: an agent that was frozen opens no gate afterwards.
  std::optional<Instant> until{};
};
/// Start PostgreSQL as a standby: standby.signal is written first, always.
struct StartStandby {
  PostgresGoal postgres;
};
/// Start PostgreSQL as the primary that it was, behind the closed gate that is configured (R10).
struct ResumeGated {
  PostgresGoal postgres;
};
/// Stop PostgreSQL and wait until every process is gone; harder when it takes too long. Leaves
/// standby.signal behind, so that it can't come up writable by itself.
struct Stop {
  enum class Mode { fast, immediate };
  Mode mode = Mode::fast;
  bool restart = false;  ///< Only to start it again: remembered as LocalState::restarting.
  /// The standby that is to have all WAL: the others are not waited for.
  std::optional<NodeName> successor{};
};
/// Remove the data directory with all that is in it, and what was kept beside it: WAL that was
/// discarded, the rest of a copy. PostgreSQL must not run. One that was cut short goes on.
struct DeleteData {
  std::string data_directory;
};
/// Make the credential of the attachment, for `epoch`.
struct Attach {
  Epoch epoch;
};
/// Take away every replication credential and end the WAL receiver; done when it has gone (R2).
struct Detach {};
/// End a WAL receiver that still streams from somewhere else than configured.
struct NudgeReceiver {};
/// Take away every replication credential, end every session but the agent's and the standbys',
/// reserve `timeline` with history files for the ones below it, then promote, with which PostgreSQL
/// ends its WAL receiver; waits for the end of it only a moment.
struct Promote {
  TimelineId timeline;
};
/// A checkpoint: before a demotion, and after a promotion so that pg_rewind sees the timeline.
struct Checkpoint {
  Epoch epoch;            ///< Remembered as LocalState::checkpointed_for,
  std::uint64_t restart;  ///< or, unless it is 0, as LocalState::checkpointed_for_restart.
};
/// Two checkpoints: the checkpointer has then taken notice that commits must wait.
struct ProveCheckpointer {};
/// Note that every walsender was seen under the marker setting.
struct NoteMarker {};
/// Write the epoch's row in hactl.lineage, waiting for nobody; yields the flush position.
struct WriteBarrier {
  Epoch epoch;
  TimelineId timeline;
};
/// Note that the barrier is on the commit quorum.
struct NoteConfirmed {};
/// Ask the controller whether this start may open; yields the number of the question.
struct AskToOpen {};
/// Write a few bytes of WAL, waiting for nobody; yields where they end.
struct Tick {};
/// Create hactl's schema and roles, then the application's role and database.
struct PrepareDatabase {
  PostgresGoal postgres;
};
/// Make the slots exactly these; `advance` moves them to the replayed position (standbys).
struct SetSlots {
  std::set<std::string> wanted;
  bool advance = false;
};

}  // namespace action

using Action =
    std::variant<action::SaveState, action::InitDatabase, action::AskSource, action::Clone,
                 action::Rewind, action::Configure, action::StartStandby, action::ResumeGated,
                 action::Stop, action::Attach, action::Detach, action::NudgeReceiver,
                 action::Promote, action::Checkpoint, action::ProveCheckpointer, action::NoteMarker,
                 action::WriteBarrier, action::NoteConfirmed, action::PrepareDatabase,
                 action::SetSlots, action::Tick, action::AskToOpen, action::DeleteData>;

/// The action's name: "save_state", "init_database", …
std::string_view name_of(const Action& action);

/// What an action yields beside having been done.
struct ActionOutcome {
  Lsn lsn;                        ///< WriteBarrier: the flush position. Tick: its end.
  std::uint64_t start_nonce = 0;  ///< AskToOpen: of the question.
};

}  // namespace hactl
