// The actions that are statements on the local PostgreSQL. Each is idempotent. Blocks: for worker
// threads only.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>

#include "agent/pg_session.h"
#include "agent/postmaster.h"
#include "base/result.h"
#include "model/action.h"
#include "model/goal.h"

namespace hactl {

/// What a barrier's row says.
struct BarrierRow {
  Epoch epoch{};
  NodeName node{};
  TimelineId timeline{};
  Lsn start{};
};

/// Ends the sessions of clients, and then orders the promotion. Requires a session in recovery, or
/// on `timeline` already. Does not wait for the promotion.
Result<Done> promote(PgSession& session, TimelineId timeline);

Result<Done> checkpoint(PgSession& session);

/// Writes a few bytes of WAL, which the server flushes by itself within its wal_writer_delay; where
/// they end.
Result<Lsn> write_tick(PgSession& session);

/// Writes the row without waiting for standbys; the position up to which WAL was flushed after it.
Result<Lsn> write_barrier(PgSession& session, const BarrierRow& row);

/// Ends walsenders that would hold up an orderly stop: far behind, or silent. Yields all that there
/// were by pid, each with the node that it sends to; nullopt: to none of the formation's.
Result<std::map<pid_t, std::optional<NodeName>>> end_slow_senders(PgSession& session);

Result<Done> set_slots(PgSession& session, const action::SetSlots& order);

/// hactl's schema and role, then the application's role and database.
Result<Done> prepare_database(PgSession& session, const PostgresGoal& postgres);

}  // namespace hactl
