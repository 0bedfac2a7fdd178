// SqlView by one round trip to the local PostgreSQL, and the sessions that the agent has there.
// Blocks: for worker threads only.
#pragma once

#include <string>

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
  std::uint64_t segment_bytes = 0;
};

/// Everything that the session shows, within `limit`.
Result<SqlView> read_sql_view(PgSession& session, const SqlViewSource& source, Duration limit);

}  // namespace hactl
