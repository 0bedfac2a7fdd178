#include "agent/sql_view.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>

#include "agent/data_directory.h"
#include "model/limits.h"
#include "model/names.h"

namespace hactl {
namespace {

constexpr Duration kConnectTime = 1s;
constexpr Duration kSlowFactsEvery = 5s;

using Row = std::vector<std::optional<std::string>>;

std::string text_of(const std::optional<std::string>& field) {
  return field.value_or("");
}

bool yes(const std::optional<std::string>& field) {
  return field == "t";
}

Lsn lsn_of(const std::optional<std::string>& field) {
  return field ? parse_lsn(*field).value_or(Lsn(0)) : Lsn(0);
}

template <typename Number>
Number number_in(std::string_view text, int base = 10) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

// They ask the functions beneath PostgreSQL's views: a session plans everything anew in its first
// look after a promotion, while clients wait, and the views' names of users and databases are most
// of that.

/// Whether there is a receiver comes before any position: one that has gone by then can't have
/// added to what is read after.
constexpr std::string_view kProcesses =
    "SELECT coalesce(bool_or(backend_type = 'walreceiver'), false),"
    " coalesce(bool_or(backend_type = 'startup' AND wait_event = 'RecoveryRetrieveRetryInterval'),"
    " false) FROM pg_stat_get_activity(NULL);";
/// The status is 'streaming' from before the upstream has agreed to stream, and stays so when it
/// refuses. It has agreed when a message has come (until then both times are that of the receiver's
/// start), or when the receiver waits for one in its main loop.
constexpr std::string_view kReceiver =
    "SELECT status = 'streaming' AND (last_msg_receipt_time IS DISTINCT FROM last_msg_send_time"
    " OR EXISTS (SELECT FROM pg_stat_get_activity(r.pid) a"
    " WHERE a.wait_event = 'WalReceiverMain')),"
    " received_tli, conninfo, pid, (extract(epoch FROM clock_timestamp() - last_msg_receipt_time)"
    " * 1000)::bigint FROM pg_stat_get_wal_receiver() r WHERE r.pid IS NOT NULL;";
constexpr std::string_view kPositions =
    "SELECT pg_is_in_recovery(),"
    " CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_flush_lsn() END,"
    " pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(),"
    " current_setting('synchronous_standby_names'), current_setting('hactl.config_id', true),"
    " current_setting('default_transaction_read_only')::bool,"
    " CASE WHEN pg_is_in_recovery() THEN NULL"
    " ELSE substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END,"
    " CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint()) END,"
    " CASE WHEN pg_is_in_recovery()"
    " THEN (SELECT min_recovery_end_timeline FROM pg_control_recovery()) END;";
constexpr std::string_view kSenders =
    "SELECT a.application_name, s.state, s.flush_lsn, s.replay_lsn, s.sync_priority, s.pid,"
    " s.reply_time FROM pg_stat_get_wal_senders() s, pg_stat_get_activity(s.pid) a;";
constexpr std::string_view kSlots =
    "SELECT slot_name FROM pg_get_replication_slots()"
    " WHERE slot_type = 'physical' AND NOT temporary AND wal_status IS DISTINCT FROM 'lost';";

/// What a look asks for, in this order.
constexpr std::array kLooks{kProcesses, kReceiver, kPositions, kSenders, kSlots};

/// Parsed and planned once a session: to do so at every look costs five times what the look does.
std::string prepare_looks() {
  std::string statements = "DEALLOCATE ALL;";
  for (std::size_t i = 0; i < kLooks.size(); ++i)
    statements += "PREPARE look_" + std::to_string(i) + " AS " + std::string(kLooks[i]);
  return statements;
}

std::string execute_looks() {
  std::string statements;
  for (std::size_t i = 0; i < kLooks.size(); ++i)
    statements += "EXECUTE look_" + std::to_string(i) + ";";
  return statements;
}

std::string facts_query(const PostgresGoal& postgres) {
  return "SELECT EXISTS (SELECT FROM pg_settings WHERE pending_restart),"
         " EXISTS (SELECT FROM pg_roles WHERE rolname = " +
         sql_literal(postgres.username) +
         ") AND EXISTS (SELECT FROM pg_database WHERE datname = " + sql_literal(postgres.database) +
         "), to_regclass('hactl.lineage') IS NOT NULL"
         " AND EXISTS (SELECT FROM pg_roles WHERE rolreplication AND rolname = " +
         sql_literal(kReplicationRole) + ")," +
         " (SELECT min(substr(name, 9)) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$')";
}

ReceiverView receiver_of(const Row& row, const PostgresGoal& postgres) {
  ReceiverView view;
  view.streaming = yes(row[0]);
  view.timeline = TimelineId(number_in<std::uint32_t>(text_of(row[1])));
  // What it was told, rather than what it is connected to: the host there may be an address.
  const std::map<std::string, std::string> told = parse_conninfo(text_of(row[2]));
  const auto value = [&told](const std::string& keyword) {
    const auto found = told.find(keyword);
    return found == told.end() ? "" : found->second;
  };
  if (const auto name = parse_application_name(value("application_name"))) {
    view.epoch = name->second;
  }
  const auto port = number_in<std::uint16_t>(value("port"));
  for (const Peer& peer : postgres.peers) {
    if (peer.host == value("host") && peer.port == port) view.upstream = peer.name;
  }
  return view;
}

/// Whether the walsender's standby has replied lately, as far as the looks can tell.
bool has_pulse(const Row& row, std::map<std::string, SenderPulse>& pulses) {
  const auto now = std::chrono::steady_clock::now();
  SenderPulse& pulse = pulses[text_of(row[5])];
  const bool moved = pulse.moved_at == std::chrono::steady_clock::time_point{} ||
                     pulse.reply_time != text_of(row[6]);
  if (moved) pulse = SenderPulse{.reply_time = text_of(row[6]), .moved_at = now};
  return now - pulse.moved_at < kReplyFreshFor;
}

std::vector<SenderView> senders_of(const PgRows& rows, std::map<std::string, SenderPulse>& pulses) {
  std::vector<SenderView> senders;
  std::map<std::string, SenderPulse> seen;
  for (const Row& row : rows) {
    const auto name = parse_application_name(text_of(row[0]));
    if (!name) continue;
    const bool fresh = has_pulse(row, pulses);
    seen[text_of(row[5])] = pulses[text_of(row[5])];
    senders.push_back({.node = name->first,
                       .epoch = name->second,
                       .streaming = row[1] == "streaming",
                       .flushed = lsn_of(row[2]),
                       .replayed = lsn_of(row[3]),
                       .sync_priority = number_in<int>(text_of(row[4])),
                       .fresh = fresh});
  }
  pulses = std::move(seen);
  return senders;
}

void take_positions(SqlView& view, const Row& row) {
  view.in_recovery = yes(row[0]);
  view.flushed = lsn_of(row[1]);
  if (view.in_recovery) view.received = lsn_of(row[2]);
  view.replayed = lsn_of(row[3]);
  view.sync_names = text_of(row[4]);
  view.config_id = text_of(row[5]);
  view.read_only = yes(row[6]);
}

/// PostgreSQL does not say on which timeline the last WAL in recovery is once the receiver has
/// gone, and pg_control lags behind: the segment files know.
TimelineId timeline_in_recovery(const SqlView& view, const Row& row, const SqlViewSource& source) {
  if (view.receiver && view.receiver->timeline != TimelineId(0)) return view.receiver->timeline;
  const TimelineId control(std::max(number_in<std::uint32_t>(text_of(row[8])),
                                    number_in<std::uint32_t>(text_of(row[9]))));
  const Lsn end = std::max(view.received, view.replayed);
  const std::string& directory = source.postgres.data_directory;
  const std::map<TimelineId, Lsn>& history = source.timelines.read(directory).starts;
  return std::max(control, timeline_at(directory, history, end, source.segment_bytes));
}

/// Where a segment begins whose name ends with these 16 digits: the log, then the segment in it.
Lsn segment_start(std::string_view digits, std::uint64_t segment_bytes) {
  if (digits.size() != 16) return Lsn(0);
  const auto log = number_in<std::uint64_t>(digits.substr(0, 8), 16);
  const auto segment = number_in<std::uint64_t>(digits.substr(8), 16);
  return Lsn((log << 32U) + segment * segment_bytes);
}

bool may_keep(const std::optional<SlowFacts>& kept, const SqlView& view) {
  if (!kept || kept->config_id != view.config_id) return false;
  if (!view.in_recovery && (!kept->database_ready || !kept->lineage_ready)) return false;
  return std::chrono::steady_clock::now() < kept->read_at + kSlowFactsEvery;
}

Result<SlowFacts> read_slow_facts(PgSession& session, const SqlViewSource& source,
                                  const std::string& config_id, Duration limit) {
  const Result<std::vector<PgRows>> answer = session.run(facts_query(source.postgres), limit);
  if (!answer.ok()) return answer.error();
  if (answer->size() != 1 || answer->front().empty()) {
    return Error{ErrorCode::internal, "look at PostgreSQL: rows are missing in its answer"};
  }
  const Row& row = answer->front()[0];
  return SlowFacts{.config_id = config_id,
                   .read_at = std::chrono::steady_clock::now(),
                   .restart_pending = yes(row[0]),
                   .database_ready = yes(row[1]),
                   .lineage_ready = yes(row[2]),
                   .oldest = segment_start(text_of(row[3]), source.segment_bytes)};
}

}  // namespace

Result<PgSession> open_local_session(const RunningPostmaster& postmaster,
                                     Duration statement_limit) {
  return PgSession::open(
      {{"host", postmaster.socket_directory},
       {"port", std::to_string(postmaster.port)},
       {"user", std::string(kAgentRole)},
       {"dbname", std::string(kAgentDatabase)},
       {"application_name", std::string(kAgentApplication)},
       {"options", "-c statement_timeout=" + std::to_string(statement_limit.count())}},
      kConnectTime);
}

Result<SqlLook> read_sql_view(PgSession& session, const SqlViewSource& source, Duration limit,
                              SqlMemory& memory) {
  if (!memory.prepared) {
    if (const auto done = session.run(prepare_looks(), limit); !done.ok()) return done.error();
    memory.prepared = true;
  }
  const Result<std::vector<PgRows>> answer = session.run(execute_looks(), limit);
  if (!answer.ok()) return answer.error();
  const std::vector<PgRows>& rows = *answer;
  if (rows.size() != kLooks.size() || rows[0].empty() || rows[2].empty()) {
    return Error{ErrorCode::internal, "look at PostgreSQL: rows are missing in its answer"};
  }
  SqlLook look;
  SqlView& view = look.view;
  take_positions(view, rows[2][0]);
  if (view.in_recovery) {
    // A receiver that does not stream yet has no row of its own.
    if (yes(rows[0][0][0])) view.receiver.emplace();
    if (!rows[1].empty()) {
      const Row& row = rows[1][0];
      look.receiver = number_in<pid_t>(text_of(row[3]));
      // A clock that was put back makes it negative: nothing is known then.
      view.receiver_silent_for =
          Duration(std::max<std::int64_t>(0, number_in<std::int64_t>(text_of(row[4]))));
      view.receiver = receiver_of(row, source.postgres);
      view.receiver->quiet = view.receiver_silent_for >= kReceiverQuietAfter;
    }
    view.replay_at_end = yes(rows[0][0][1]);
    view.timeline = timeline_in_recovery(view, rows[2][0], source);
  } else {
    view.timeline = TimelineId(number_in<std::uint32_t>(text_of(rows[2][0][7]), 16));
    const auto& history = source.timelines.read(source.postgres.data_directory).starts;
    const auto start = history.find(view.timeline);
    if (start != history.end()) view.timeline_start = start->second;
    if (view.timeline == TimelineId(1)) view.timeline_start = Lsn(0);
  }
  view.senders = senders_of(rows[3], memory.pulses);
  for (const Row& row : rows[4])
    view.slots.insert(text_of(row[0]));
  if (!may_keep(memory.slow, view)) {
    Result<SlowFacts> slow = read_slow_facts(session, source, view.config_id, limit);
    if (!slow.ok()) return slow.error();
    memory.slow = std::move(slow).value();
  }
  view.restart_pending = memory.slow->restart_pending;
  view.database_ready = memory.slow->database_ready;
  view.lineage_ready = memory.slow->lineage_ready;
  view.oldest = memory.slow->oldest;
  return look;
}

}  // namespace hactl
