// SqlView by one round trip to the local PostgreSQL, and the sessions that the agent has there.
// Blocks: for worker threads only.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "agent/data_directory.h"
#include "agent/pg_session.h"
#include "agent/postmaster.h"
#include "base/result.h"
#include "base/time.h"
#include "model/goal.h"
#include "model/local.h"

namespace hactl {

/// A session as the agent's role over the socket of `postmaster`. The server ends every statement
/// after `statement_limit`, whatever becomes of the agent.
Result<PgSession> open_local_session(const RunningPostmaster& postmaster, Duration statement_limit);

/// Where to look beside the session.
struct SqlViewSource {
  const PostgresGoal& postgres;
  TimelineReader& timelines;  ///< Of its data directory.
  std::uint64_t segment_bytes = 0;
};

/// What hardly changes, costs the server more than all the rest, and is therefore kept between
/// looks through one session.
struct SlowFacts {
  std::string config_id{};  ///< Under which settings it was read.
  std::chrono::steady_clock::time_point read_at{};
  bool restart_pending = false;
  bool database_ready = false;
  bool lineage_ready = false;
  Lsn oldest;  ///< Where the oldest WAL in pg_wal begins; 0: unknown.
};

/// When a walsender was last seen to have heard from its standby. PostgreSQL shows the standby's
/// own clock, which says nothing here: what counts is that it moves.
struct SenderPulse {
  std::string reply_time{};
  std::chrono::steady_clock::time_point moved_at{};
};

/// What is kept between the looks through one session.
struct SqlMemory {
  bool prepared = false;  ///< The session knows the statements of a look.
  std::optional<SlowFacts> slow{};
  std::map<std::string, SenderPulse> pulses{};  ///< By the walsender's pid.
};

/// What one look has shown.
struct SqlLook {
  SqlView view{};
  pid_t receiver = 0;  ///< The WAL receiver's process; 0: there is none.
};

/// Everything that the session shows, within `limit` for each of at most three round trips. What
/// `memory` keeps is read anew when the settings have changed, when something in it is still
/// missing, and every few seconds.
Result<SqlLook> read_sql_view(PgSession& session, const SqlViewSource& source, Duration limit,
                              SqlMemory& memory);

}  // namespace hactl
