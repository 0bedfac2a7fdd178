#include "agent/performer.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "agent/data_directory.h"
#include "agent/postmaster.h"
#include "agent/sql_actions.h"
#include "agent/sql_view.h"
#include "base/utc.h"
#include "io/errno_error.h"
#include "io/file.h"
#include "io/log.h"
#include "model/names.h"

namespace hactl {
namespace {

/// The longest statement of an action is a checkpoint.
constexpr Duration kActionStatementTime = 2min;
constexpr Duration kSourceTime = 5s;
constexpr Duration kReceiverGoneTime = 1s;
constexpr Duration kReloadTime = 200ms;
constexpr Duration kReloadStep = 1ms;
/// How long a promotion is waited for before it is left to the looks.
constexpr Duration kPromotionTime = 500ms;
constexpr Duration kPromotionStep = 1ms;
/// PostgreSQL is woken this often from a sleep over what it was told.
constexpr Duration kWakeEvery = 10ms;
/// For how long it is, when that was whom to follow.
constexpr Duration kFollowTime = 60ms;
/// Connection name of copies; none that standbys may have.
constexpr const char* kCopyApplication = "hactl-copy";

std::uint64_t random_nonce() {
  std::uint64_t nonce = 0;
  while (nonce == 0) {
    if (getrandom(&nonce, sizeof nonce, 0) != static_cast<ssize_t>(sizeof nonce)) nonce = 0;
  }
  return nonce;
}

/// pg_basebackup can only use a slot that exists and that nobody uses.
std::string usable_slot(PgSession& source, const std::string& slot) {
  const Result<std::vector<PgRows>> rows = source.run(
      "SELECT 1 FROM pg_replication_slots WHERE NOT active AND wal_status IS DISTINCT FROM 'lost'"
      " AND slot_name = " +
          sql_literal(slot),
      kSourceTime);
  return rows.ok() && !rows->empty() && !rows->front().empty() ? slot : "";
}

/// For sessions in which a source is asked, and copied from.
std::string source_conninfo(const Upstream& upstream, const AgentPaths& paths) {
  return replication_conninfo(upstream, paths, kCopyApplication, paths.key_file) +
         " dbname=" + std::string(kAgentDatabase);
}

/// The history file of the source's timeline. Fails with `unavailable` when the source can't be
/// asked, or has no checkpoint on `current` yet.
Result<std::string> history_of(const std::string& conninfo, TimelineId current) {
  Result<PgSession> source = PgSession::open(conninfo, kSourceTime);
  if (!source.ok()) return Error{ErrorCode::unavailable, source.error().message};
  const Result<std::vector<PgRows>> rows = source->run(
      "SELECT timeline_id, convert_from(pg_read_binary_file('pg_wal/' || "
      "lpad(upper(to_hex(timeline_id)), 8, '0') || '.history'), 'UTF8') "
      "FROM pg_control_checkpoint()",
      kSourceTime);
  if (!rows.ok()) return Error{ErrorCode::unavailable, rows.error().message};
  if (rows->empty() || rows->front().empty() ||
      rows->front()[0][0] != std::to_string(current.value)) {
    return Error{ErrorCode::unavailable, "the source has written no checkpoint on timeline " +
                                             std::to_string(current.value) + " yet"};
  }
  return rows->front()[0][1].value_or("");
}

/// Whether a timeline's WAL up to `end` is in the history of `current`.
bool is_in_history(WalPosition end, TimelineId current, std::string_view history) {
  if (end.timeline == current) return true;
  const std::optional<Lsn> left = end_of_timeline(history, end.timeline);
  return left && end.lsn <= *left;
}

}  // namespace

Result<Done> Performer::check_unused(const std::string& directory) {
  if (!find_postmaster(directory) && server_processes(directory).empty()) return Done{};
  return Error{ErrorCode::conflict,
               "replace or delete data directory " + directory + ": PostgreSQL still runs on it"};
}

Result<Done> Performer::check_replaceable(const PostgresGoal& postgres) {
  const std::string& directory = postgres.data_directory;
  if (Result<Done> done = programs_.check_version(postgres.version); !done.ok()) return done;
  if (data_kind(directory) == DataKind::foreign) {
    return Error{ErrorCode::corrupt, "data directory " + directory +
                                         " can't be read or holds files that are not PostgreSQL's:"
                                         " empty it or choose another"};
  }
  if (Result<Done> done = check_unused(directory); !done.ok()) return done;
  const std::string parent = std::filesystem::path(directory).parent_path().string();
  if (access(parent.c_str(), W_OK | X_OK) != 0) {
    return errno_error("write to " + parent + ", in which data directory " + directory + " lies",
                       errno);
  }
  return Done{};
}

Result<Done> Performer::init_database(const PostgresGoal& postgres) {
  if (data_kind(postgres.data_directory) == DataKind::cluster) return Done{};
  if (Result<Done> done = check_replaceable(postgres); !done.ok()) return done;
  const std::string fresh = fresh_directory(postgres.data_directory);
  if (Result<Done> done = remove_tree(fresh); !done.ok()) return done;
  Result<Done> done = programs_.initdb(fresh);
  if (done.ok()) done = drop_explanations(fresh);
  if (done.ok()) done = write_standby_signal(fresh);
  if (done.ok()) done = swap_in(fresh, postgres.data_directory);
  return done;
}

Result<Done> Performer::clone(const action::Clone& order) {
  if (Result<Done> done = check_replaceable(order.postgres); !done.ok()) return done;
  const std::string fresh = fresh_directory(order.postgres.data_directory);
  if (Result<Done> done = remove_tree(fresh); !done.ok()) return done;
  const std::string conninfo =
      replication_conninfo(order.upstream, paths_, kCopyApplication, paths_.key_file);
  Result<PgSession> source = PgSession::open(source_conninfo(order.upstream, paths_), kSourceTime);
  if (!source.ok()) return source.error().within("clone " + order.upstream.node.value);
  const std::string slot = usable_slot(*source, slot_name(node_));
  Result<Done> done = programs_.base_backup(fresh, conninfo, slot);
  if (!done.ok()) return done.error().within("clone " + order.upstream.node.value);
  done = write_standby_signal(fresh);
  if (done.ok()) done = swap_in(fresh, order.postgres.data_directory);
  return done;
}

Result<Done> Performer::keep_diverged(const std::string& directory, const std::string& history,
                                      const ControlFacts& control, UtcTime now) {
  TimelineId timeline = control.data.timeline;
  for (const auto& [own, start] : timeline_history(directory))
    timeline = std::max(timeline, own);
  // Without a known fork everything of the timeline that fits is kept.
  const Lsn from = end_of_timeline(history, timeline).value_or(Lsn(0));
  return keep_diverged_wal(paths_, directory, {timeline, from}, control.segment_bytes,
                           to_string(now));
}

Result<Done> Performer::ask_source(const action::AskSource& order) {
  const std::string conninfo = source_conninfo(order.upstream, paths_);
  const Result<std::string> answered = history_of(conninfo, order.timeline);
  if (!answered.ok()) return answered.error().within("ask " + order.upstream.node.value);
  return Done{};
}

Result<Done> Performer::rewind(const action::Rewind& order, UtcTime now) {
  const std::string& directory = order.postgres.data_directory;
  if (Result<Done> done = check_startable(order.postgres); !done.ok()) return done;
  if (find_postmaster(directory) || !server_processes(directory).empty()) {
    return Error{ErrorCode::conflict, "rewind " + directory + ": PostgreSQL still runs on it"};
  }
  const Result<ControlFacts> control = programs_.control(directory);
  if (!control.ok()) return Error{ErrorCode::unavailable, control.error().message};
  const std::string conninfo = source_conninfo(order.upstream, paths_);
  const Result<std::string> history = history_of(conninfo, order.timeline);
  if (!history.ok()) return history.error();
  Result<Done> kept = keep_diverged(directory, *history, *control, now);
  if (!kept.ok()) return Error{ErrorCode::unavailable, kept.error().message};
  // pg_rewind goes by the timeline of the last checkpoint: it does not see what was written in a
  // promotion that ended before its first one.
  const WalPosition reached = control->min_recovery;
  if (reached.timeline.value != 0 && reached.timeline != control->data.timeline &&
      !is_in_history(reached, order.timeline, *history)) {
    return Error{ErrorCode::corrupt,
                 "rewind to " + order.upstream.node.value + ": the data is of timeline " +
                     std::to_string(reached.timeline.value) + ", which has no checkpoint"};
  }
  // After a crash pg_rewind first recovers in single-user mode, which refuses to be a standby.
  if (Result<Done> done = remove_standby_signal(directory); !done.ok()) return done;
  const Result<Done> rewound = programs_.rewind(directory, conninfo);
  const Result<Done> marked = write_standby_signal(directory);
  if (!rewound.ok()) {
    return Error{ErrorCode::corrupt,
                 "rewind to " + order.upstream.node.value + ": " + rewound.error().message};
  }
  if (!marked.ok()) return marked;
  return drop_foreign_timelines(directory, order.timeline, *history);
}

Result<Done> Performer::configure(const action::Configure& order, const Scheduler& clock) {
  if (data_kind(order.data_directory) != DataKind::cluster) {
    return Error{ErrorCode::not_found,
                 "configure " + order.data_directory + ": no PostgreSQL data directory"};
  }
  const auto upstream = written_setting(order.data_directory, "primary_conninfo");
  if (Result<Done> done = write_settings(order.data_directory, order.files); !done.ok()) {
    return done.error().within("configure PostgreSQL");
  }
  if (order.until && clock.now() > *order.until) {
    return Error{ErrorCode::timed_out, "configure PostgreSQL: the leave to do so has run out"};
  }
  Result<Done> reloaded = reload_postmaster(order.data_directory);
  if (reloaded.ok()) await_reload(order.data_directory, order.files.id);
  const auto next = written_setting(order.data_directory, "primary_conninfo");
  const bool follows_another = next && !next->empty() && next != upstream;
  if (reloaded.ok() && follows_another && find_postmaster(order.data_directory)) {
    press_to_follow(order.data_directory);
  }
  return reloaded;
}

void Performer::press_to_follow(const std::string& directory) {
  for (Duration waited{0}; waited < kFollowTime; waited += kWakeEvery) {
    std::this_thread::sleep_for(kWakeEvery);
    wake_replay(directory);
  }
}

void Performer::await_reload(const std::string& directory, const std::string& config_id) {
  const std::optional<RunningPostmaster> running = find_postmaster(directory);
  if (!running || !running->ready) return;
  static_cast<void>(with_session(directory, [&](PgSession& session) -> Result<Done> {
    for (Duration waited{0}; waited < kReloadTime; waited += kReloadStep) {
      const auto seen = session.run("SELECT current_setting('hactl.config_id', true)", kReloadTime);
      if (!seen.ok()) return seen.error();
      const bool row = !seen->empty() && !seen->front().empty();
      if (row && seen->front()[0][0] == config_id) return Done{};
      std::this_thread::sleep_for(kReloadStep);
    }
    return Done{};
  }));
}

Result<Done> Performer::check_startable(const PostgresGoal& postgres) {
  if (Result<Done> done = programs_.check_version(postgres.version); !done.ok()) return done;
  const Result<int> version = data_version(postgres.data_directory);
  if (!version.ok()) return version.error();
  if (*version == postgres.version) return Done{};
  return Error{ErrorCode::invalid, "data directory " + postgres.data_directory +
                                       " is of PostgreSQL " + std::to_string(*version) +
                                       ", wanted is " + std::to_string(postgres.version)};
}

Result<Done> Performer::start(const PostgresGoal& postgres) {
  const auto ready = [&] {
    const std::optional<RunningPostmaster> running = find_postmaster(postgres.data_directory);
    return running && running->ready && open_local_session(*running, kActionStatementTime).ok();
  };
  const Result<pid_t> pid = start_postmaster(postgres.data_directory, paths_, ready, stopping_);
  if (!pid.ok()) return pid.error();
  return Done{};
}

Result<Done> Performer::start_standby(const PostgresGoal& postgres) {
  const std::string& directory = postgres.data_directory;
  if (Result<Done> done = check_startable(postgres); !done.ok()) return done;
  if (find_postmaster(directory)) return Done{};
  Result<Done> done = write_standby_signal(directory);
  if (done.ok()) done = drop_unused_reservations(directory);
  if (done.ok()) done = start(postgres);
  return done;
}

Result<Done> Performer::resume_gated(const PostgresGoal& postgres) {
  const std::string& directory = postgres.data_directory;
  if (Result<Done> done = check_startable(postgres); !done.ok()) return done;
  if (find_postmaster(directory)) {
    return Error{ErrorCode::conflict, "resume PostgreSQL on " + directory + ": it runs already"};
  }
  Result<Done> done = drop_unused_reservations(directory);
  if (done.ok()) done = remove_standby_signal(directory);
  if (!done.ok()) return done;
  const Result<Done> started = start(postgres);
  // It is read at the start only; from now on it guards the next one.
  const Result<Done> guarded = write_standby_signal(directory);
  return started.ok() ? guarded : started;
}

Result<Done> Performer::stop(const std::string& directory, const action::Stop& order) {
  const std::optional<RunningPostmaster> running = find_postmaster(directory);
  StopOrder stop{.mode = order.mode};
  stop.has_shut_down = [&] {
    const Result<ControlFacts> control = programs_.control(directory);
    return control.ok() && control->data.clean_shutdown;
  };
  if (running && running->ready && order.mode == action::Stop::Mode::fast) {
    // A hung standby would hold up an orderly stop; without a session the deadlines do that.
    const Result<Done> ended = with_session(directory, [&](PgSession& session) -> Result<Done> {
      const auto senders = end_slow_senders(session);
      if (!senders.ok()) return senders.error();
      for (const auto& [pid, standby] : *senders) {
        if (order.successor && standby != order.successor) stop.expendable.push_back(pid);
      }
      return Done{};
    });
    if (!ended.ok()) log_debug("end slow standbys: {}", ended.error().message);
  }
  // One process less that has to end while clients wait.
  session_.reset();
  if (Result<Done> done = stop_postmaster(directory, stop); !done.ok()) return done;
  if (data_kind(directory) != DataKind::cluster) return Done{};
  return write_standby_signal(directory);
}

Result<Done> Performer::detach(const std::string& directory) {
  if (Result<Done> done = remove_credentials(paths_); !done.ok()) {
    return done.error().within("detach");
  }
  // A receiver that starts from now on finds no key; one that has it already has the title that is
  // looked for, because the title is set before the key is read.
  const auto until = std::chrono::steady_clock::now() + kReceiverGoneTime;
  while (true) {
    const std::optional<RunningPostmaster> running = find_postmaster(directory);
    if (!running) {
      if (server_processes(directory).empty()) return Done{};
      return Error{ErrorCode::conflict, "detach: processes of an earlier server still live"};
    }
    const Result<bool> none = end_receivers(running->pid);
    if (!none.ok()) return none.error().within("detach");
    if (*none) return Done{};
    if (std::chrono::steady_clock::now() >= until) {
      return Error{ErrorCode::timed_out, "detach: the WAL receiver does not end"};
    }
  }
}

Result<Done> Performer::nudge_receiver(const std::string& directory) {
  const std::optional<RunningPostmaster> running = find_postmaster(directory);
  if (!running) return Done{};
  const Result<bool> ended = end_receivers(running->pid);
  if (!ended.ok()) return ended.error().within("nudge the WAL receiver");
  return Done{};
}

Result<Done> Performer::promote_to(const std::string& directory, TimelineId timeline) {
  if (Result<Done> done = remove_credentials(paths_); !done.ok()) return done;
  if (Result<Done> done = reserve_timelines(directory, timeline); !done.ok()) return done;
  // Sessions of the standby that it was may have lifted the gate for themselves.
  return with_session(directory, [&](PgSession& session) -> Result<Done> {
    const Result<Done> ordered = hactl::promote(session, timeline);
    if (ordered.ok()) await_promotion(directory);
    return ordered;
  });
}

void Performer::await_promotion(const std::string& directory) {
  // pg_control says "in production" as soon as sessions may write. To read it takes next to nothing
  // from the server, and much less than the looks that would be needed meanwhile.
  for (Duration waited = kPromotionStep; waited < kPromotionTime; waited += kPromotionStep) {
    std::this_thread::sleep_for(kPromotionStep);
    const Result<ControlFacts> control = programs_.control(directory);
    if (control.ok() && control->data.was_primary && !control->data.clean_shutdown) return;
    if (waited.count() % kWakeEvery.count() == 0) wake_replay(directory);
  }
}

Result<Lsn> Performer::barrier(const std::string& directory, const action::WriteBarrier& order) {
  const auto history = timeline_history(directory);
  const auto start = history.find(order.timeline);
  const BarrierRow row{.epoch = order.epoch,
                       .node = node_,
                       .timeline = order.timeline,
                       .start = start == history.end() ? Lsn(0) : start->second};
  Lsn lsn{0};
  const Result<Done> done = with_session(directory, [&](PgSession& session) -> Result<Done> {
    const Result<Lsn> written = write_barrier(session, row);
    if (!written.ok()) return written.error();
    lsn = *written;
    return Done{};
  });
  if (!done.ok()) return done.error().within("write the barrier");
  // Promoting has removed it; it guards the next start. Standbys take up the barrier meanwhile.
  if (has_standby_signal(directory)) return lsn;
  if (Result<Done> guarded = write_standby_signal(directory); !guarded.ok()) return guarded.error();
  return lsn;
}

Result<Done> Performer::with_session(const std::string& directory,
                                     const std::function<Result<Done>(PgSession&)>& use) {
  const std::optional<RunningPostmaster> running = find_postmaster(directory);
  if (!running) return Error{ErrorCode::unavailable, "PostgreSQL does not run"};
  if (!session_ || !session_->open() || session_postmaster_ != running->pid) {
    session_.reset();
    Result<PgSession> opened = open_local_session(*running, kActionStatementTime);
    if (!opened.ok()) return opened.error();
    session_ = std::move(opened).value();
    session_postmaster_ = running->pid;
  }
  return use(*session_);
}

/// One overload for each action.
struct Performer::Dispatch {
  Performer& self;
  const Setting& setting;

  using Answer = Result<ActionOutcome>;

  static Answer of(const Result<Done>& done) {
    if (!done.ok()) return done.error();
    return ActionOutcome{};
  }
  [[nodiscard]] const std::string& directory() const { return setting.postgres.data_directory; }
  [[nodiscard]] Answer session(const std::function<Result<Done>(PgSession&)>& use) const {
    return of(self.with_session(directory(), use));
  }
  static Answer not_here() { return Error{ErrorCode::internal, "this action is not PostgreSQL's"}; }

  Answer operator()(const action::SaveState&) const { return not_here(); }
  Answer operator()(const action::NoteMarker&) const { return not_here(); }
  Answer operator()(const action::NoteConfirmed&) const { return not_here(); }
  Answer operator()(const action::InitDatabase& order) const {
    return of(self.init_database(order.postgres));
  }
  Answer operator()(const action::Clone& order) const { return of(self.clone(order)); }
  Answer operator()(const action::AskSource& order) const { return of(self.ask_source(order)); }
  Answer operator()(const action::Rewind& order) const {
    return of(self.rewind(order, setting.clock.utc()));
  }
  Answer operator()(const action::Configure& order) const {
    return of(self.configure(order, setting.clock));
  }
  Answer operator()(const action::StartStandby& order) const {
    return of(self.start_standby(order.postgres));
  }
  Answer operator()(const action::ResumeGated& order) const {
    return of(self.resume_gated(order.postgres));
  }
  Answer operator()(const action::Stop& order) const { return of(self.stop(directory(), order)); }
  Answer operator()(const action::DeleteData& order) const {
    const Result<Done> unused = check_unused(order.data_directory);
    return of(unused.ok() ? delete_data(self.paths_, order.data_directory) : unused);
  }
  Answer operator()(const action::Attach& order) const {
    return of(place_credential(self.paths_, order.epoch));
  }
  Answer operator()(const action::Detach&) const { return of(self.detach(directory())); }
  Answer operator()(const action::NudgeReceiver&) const {
    return of(self.nudge_receiver(directory()));
  }
  Answer operator()(const action::Promote& order) const {
    return of(self.promote_to(directory(), order.timeline));
  }
  Answer operator()(const action::Checkpoint&) const { return session(checkpoint); }
  Answer operator()(const action::ProveCheckpointer&) const {
    // The checkpointer takes up the second request only after it has read its settings anew.
    return session([](PgSession& session) {
      const Result<Done> first = checkpoint(session);
      return first.ok() ? checkpoint(session) : first;
    });
  }
  Answer operator()(const action::WriteBarrier& order) const {
    const Result<Lsn> lsn = self.barrier(directory(), order);
    if (!lsn.ok()) return lsn.error();
    return ActionOutcome{.lsn = *lsn, .start_nonce = 0};
  }
  Answer operator()(const action::Tick&) const {
    Lsn end{0};
    const Result<Done> done =
        self.with_session(directory(), [&](PgSession& session) -> Result<Done> {
          const Result<Lsn> written = write_tick(session);
          if (!written.ok()) return written.error();
          end = *written;
          return Done{};
        });
    if (!done.ok()) return done.error();
    return ActionOutcome{.lsn = end, .start_nonce = 0};
  }
  Answer operator()(const action::AskToOpen&) const {
    return ActionOutcome{.lsn = Lsn(0), .start_nonce = random_nonce()};
  }
  Answer operator()(const action::PrepareDatabase& order) const {
    return session([&](PgSession& session) { return prepare_database(session, order.postgres); });
  }
  Answer operator()(const action::SetSlots& order) const {
    return session([&](PgSession& session) { return set_slots(session, order); });
  }
};

Result<ActionOutcome> Performer::perform(const Action& action, const Setting& setting) {
  return std::visit(Dispatch{.self = *this, .setting = setting}, action);
}

}  // namespace hactl
