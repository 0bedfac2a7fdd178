#include "agent/sql_actions.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <set>
#include <utility>

#include "agent/sql_view.h"
#include "model/names.h"

namespace hactl {
namespace {

constexpr Duration kStatementTime = 10s;
constexpr Duration kCheckpointTime = 2min;
/// It only goes to memory: a server that takes longer is in trouble.
constexpr Duration kTickTime = 2s;
/// Copying the template database, on a slow disk.
constexpr Duration kCreateDatabaseTime = 1min;
/// How long ended sessions may take to go.
constexpr Duration kSessionsGoneTime = 2s;

/// Sessions of clients: neither the agent's own, nor PostgreSQL's own processes.
constexpr std::string_view kClients =
    " FROM pg_stat_get_activity(NULL) WHERE backend_type = 'client backend'"
    " AND pid <> pg_backend_pid() AND NOT (usesysid = 'postgres'::regrole"
    " AND client_addr IS NULL AND client_port = -1 AND application_name = 'hactl_agent')";

Result<Done> run(PgSession& session, const std::string& statements,
                 Duration limit = kStatementTime) {
  const Result<std::vector<PgRows>> answer = session.run(statements, limit);
  if (!answer.ok()) return answer.error();
  return Done{};
}

/// The first field of the first row; empty when there is none.
Result<std::string> field(PgSession& session, const std::string& statements) {
  const Result<std::vector<PgRows>> answer = session.run(statements, kStatementTime);
  if (!answer.ok()) return answer.error();
  for (const PgRows& rows : *answer) {
    if (!rows.empty() && !rows[0].empty()) return rows[0][0].value_or("");
  }
  return std::string();
}

/// The session may write behind a closed gate, waits for no standby, and leaves no secret in the
/// log.
constexpr std::string_view kWriting =
    "SET default_transaction_read_only = off; SET synchronous_commit = local;"
    "SET log_statement = 'none'; SET log_min_duration_statement = -1;"
    "SET log_min_error_statement = 'panic'; SET log_duration = off;";

std::string create_own_objects() {
  const std::string role(kReplicationRole);
  std::string text =
      "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '" + role +
      "') THEN CREATE ROLE " + role + "; END IF; END $$; ALTER ROLE " + role +
      " LOGIN REPLICATION NOSUPERUSER;"
      "CREATE SCHEMA IF NOT EXISTS hactl;"
      "CREATE TABLE IF NOT EXISTS hactl.lineage (epoch bigint PRIMARY KEY, node text NOT NULL,"
      " timeline bigint NOT NULL, start_lsn pg_lsn NOT NULL);";
  // What pg_rewind reads a server's files with.
  for (const char* function :
       {"pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)",
        "pg_read_binary_file(text)", "pg_read_binary_file(text, bigint, bigint, boolean)"}) {
    text += "GRANT EXECUTE ON FUNCTION pg_catalog." + std::string(function) + " TO " + role + ";";
  }
  return text;
}

Result<Done> make_application_role(PgSession& session, const PostgresGoal& postgres) {
  const std::string name = sql_identifier(postgres.username);
  const Result<std::string> known =
      field(session, "SELECT 1 FROM pg_roles WHERE rolname = " + sql_literal(postgres.username));
  if (!known.ok()) return known.error();
  std::string statement = (known->empty() ? "CREATE ROLE " : "ALTER ROLE ") + name + " LOGIN";
  if (!postgres.password.empty()) {
    const Result<std::string> verifier =
        session.scram_verifier(postgres.username, postgres.password);
    if (!verifier.ok()) return verifier.error();
    statement += " PASSWORD " + sql_literal(*verifier);
  }
  return run(session, statement);
}

Result<Done> make_application_database(PgSession& session, const PostgresGoal& postgres) {
  const std::string name = sql_literal(postgres.database);
  const Result<std::string> owner =
      field(session, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = " + name);
  if (!owner.ok()) return owner.error();
  const std::string target = sql_identifier(postgres.database);
  const std::string user = sql_identifier(postgres.username);
  if (owner->empty()) {
    return run(session, "CREATE DATABASE " + target + " OWNER " + user, kCreateDatabaseTime);
  }
  // hactl's own tables are in that one.
  if (*owner == postgres.username || postgres.database == kAgentDatabase) return Done{};
  return run(session, "ALTER DATABASE " + target + " OWNER TO " + user);
}

/// `digits`: the timeline that it is on, as the names of WAL segments have it.
Result<Done> check_timeline(const std::string& digits, TimelineId wanted) {
  std::uint32_t have = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), have, 16);
  if (have == wanted.value) return Done{};
  return Error{ErrorCode::conflict, "promote to timeline " + std::to_string(wanted.value) +
                                        ": already a primary, on timeline " + std::to_string(have)};
}

}  // namespace

Result<Done> promote(PgSession& session, TimelineId timeline) {
  // One question for everything, because clients wait: it ends the sessions that there are, and
  // promotes when there are none.
  const std::string ask =
      "SELECT CASE WHEN clients > 0 THEN 'clients' WHEN pg_is_in_recovery() THEN"
      " pg_promote(false)::text"
      " ELSE substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END"
      " FROM (SELECT count(pg_terminate_backend(pid)) AS clients" +
      std::string(kClients) + ") AS ended";
  const auto until = std::chrono::steady_clock::now() + kSessionsGoneTime;
  while (true) {
    const Result<std::string> answer = field(session, ask);
    if (!answer.ok()) return answer.error();
    if (*answer == "true") return Done{};
    if (*answer != "clients") return check_timeline(*answer, timeline);
    if (std::chrono::steady_clock::now() >= until) {
      return Error{ErrorCode::timed_out, "promote: client sessions do not end"};
    }
    const Result<Done> waited = run(session, "SELECT pg_sleep(0.005)");
    if (!waited.ok()) return waited.error();
  }
}

Result<Done> checkpoint(PgSession& session) {
  return run(session, "CHECKPOINT", kCheckpointTime);
}

Result<Lsn> write_barrier(PgSession& session, const BarrierRow& row) {
  // In one round trip, because clients wait. The position is read after the commit, which has
  // flushed the row. An epoch's second barrier has no row to write, and is WAL all the same: a
  // commit whose last reply came while the setting changed is let go by the next one only, which
  // without WAL would come a second later.
  const Result<std::vector<PgRows>> answer = session.run(
      std::string(kWriting) +
          "BEGIN READ WRITE; INSERT INTO hactl.lineage (epoch, node, timeline, start_lsn) VALUES "
          "(" +
          std::to_string(row.epoch.value) + ", " + sql_literal(row.node.value) + ", " +
          std::to_string(row.timeline.value) + ", " + sql_literal(to_string(row.start)) +
          ") ON CONFLICT DO NOTHING; SELECT pg_logical_emit_message(true, 'hactl', ''); COMMIT;"
          "SELECT pg_current_wal_flush_lsn()",
      kStatementTime);
  if (!answer.ok()) {
    // What was refused has left the transaction open.
    static_cast<void>(run(session, "ROLLBACK"));
    return answer.error();
  }
  const bool told = !answer->empty() && !answer->back().empty();
  const std::optional<Lsn> lsn = told ? parse_lsn(answer->back()[0][0].value_or("")) : std::nullopt;
  if (lsn) return *lsn;
  return Error{ErrorCode::internal, "write the barrier: no position in the answer"};
}

Result<Lsn> write_tick(PgSession& session) {
  // Not transactional: it costs no transaction number, and waits for no standby.
  const Result<std::vector<PgRows>> answer =
      session.run("SELECT pg_logical_emit_message(false, 'hactl', '')", kTickTime);
  if (!answer.ok()) return answer.error().within("write a few bytes of WAL");
  const bool one = answer->size() == 1 && !answer->front().empty();
  const auto lsn = one ? parse_lsn(answer->front()[0][0].value_or("")) : std::nullopt;
  if (lsn) return *lsn;
  return Error{ErrorCode::internal, "write a few bytes of WAL: no position in the answer"};
}

Result<std::map<pid_t, std::optional<NodeName>>> end_slow_senders(PgSession& session) {
  // A standby reports every second, so that only two missed reports are silence. One that has just
  // connected has reported nothing yet, and needs the last WAL as much as the others.
  const Result<std::vector<PgRows>> answer = session.run(
      "SELECT pid, application_name, CASE WHEN"
      " pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
      " ELSE pg_current_wal_flush_lsn() END, flush_lsn) > 1048576"
      " OR reply_time < clock_timestamp() - interval '2 seconds'"
      " THEN pg_terminate_backend(pid) END FROM pg_stat_replication",
      1s);
  if (!answer.ok()) return answer.error();
  std::map<pid_t, std::optional<NodeName>> senders;
  for (const auto& row : answer->empty() ? PgRows() : answer->front()) {
    const auto name = parse_application_name(row[1].value_or(""));
    senders[static_cast<pid_t>(std::stol(row[0].value_or("0")))] =
        name ? std::optional(name->first) : std::nullopt;
  }
  return senders;
}

Result<Done> set_slots(PgSession& session, const action::SetSlots& order) {
  const Result<std::vector<PgRows>> answer = session.run(
      "SELECT slot_name, active, wal_status = 'lost' FROM pg_replication_slots"
      " WHERE slot_type = 'physical' AND NOT temporary AND starts_with(slot_name, 'hactl_')",
      kStatementTime);
  if (!answer.ok()) return answer.error();
  std::set<std::string> kept;
  std::string statements;
  for (const auto& row : answer->empty() ? PgRows() : answer->front()) {
    const std::string name = row[0].value_or("");
    const bool active = row[1] == "t";
    const bool wanted = order.wanted.contains(name) && row[2] != "t";
    // One in use goes when its user has gone.
    if (wanted || active) {
      kept.insert(name);
    } else {
      statements += "SELECT pg_drop_replication_slot(" + sql_literal(name) + ");";
    }
  }
  for (const std::string& name : order.wanted) {
    if (kept.contains(name)) continue;
    statements += "SELECT pg_create_physical_replication_slot(" + sql_literal(name) + ", true);";
  }
  if (order.advance) {
    statements +=
        "SELECT pg_replication_slot_advance(slot_name, pg_last_wal_replay_lsn())"
        " FROM pg_replication_slots WHERE slot_type = 'physical' AND NOT temporary AND NOT active"
        " AND starts_with(slot_name, 'hactl_') AND restart_lsn < pg_last_wal_replay_lsn()"
        " AND pg_is_in_recovery();";
  }
  return statements.empty() ? Result<Done>(Done{}) : run(session, statements);
}

Result<Done> prepare_database(PgSession& session, const PostgresGoal& postgres) {
  Result<Done> done = run(session, std::string(kWriting));
  if (done.ok()) done = run(session, create_own_objects());
  if (done.ok()) done = make_application_role(session, postgres);
  if (done.ok()) done = make_application_database(session, postgres);
  return done.ok() ? done : done.error().within("prepare the database");
}

}  // namespace hactl
