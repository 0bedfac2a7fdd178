#include "sim/sim_server.h"

#include <algorithm>
#include <utility>

#include "model/limits.h"
#include "sim/sim_cluster.h"

namespace hactl {

namespace {
/// Up to wal_retrieve_retry_interval.
constexpr std::int64_t kReceiverRetryMs = 250;
constexpr Duration kStopDeadline{3'000};
constexpr Duration kStopPoll{20};
}  // namespace

SimServer::SimServer(EventQueue& queue, SimCluster& cluster, FactObserver& facts, NodeName node,
                     std::uint64_t seed)
    : name(std::move(node)), queue_(queue), cluster_(cluster), facts_(facts), prng_(seed) {}

void SimServer::after(std::int64_t low_ms, std::int64_t high_ms, std::function<void()> task) {
  queue_.at(process_, queue_.now() + Duration{prng_.between(low_ms, high_ms)}, std::move(task));
}

std::int64_t SimServer::reload_lag() {
  const std::int64_t kind = prng_.between(1, 100);
  if (kind <= 75) return prng_.between(0, 20);
  return kind <= 95 ? prng_.between(0, 300) : prng_.between(0, 3'000);
}

void SimServer::init_database(SystemId system_id) {
  disk = DataDirectory{};
  disk.exists = true;
  disk.system_id = system_id;
  disk.wal.push_back({cluster_.next_record_id(), Lsn{kFirstLsn.value + kRecordBytes}, TimelineId{1},
                      RecordKind::other});
  disk.flushed = 1;
  disk.checkpoint_timeline = TimelineId{1};
  disk.checkpoint_end = disk.end();
  disk.standby_signal = true;
}

void SimServer::wipe() {
  crash();
  disk = DataDirectory{};
  credentials.clear();
}

void SimServer::slow_down(Duration longest) {
  slow_ = longest;
  if (running_) queue_.slow_down(process_, longest);
}

void SimServer::heal() {
  replay_delay = flush_delay = Duration{0};
  cannot_start_until = Instant{};
}

void SimServer::start(StartAs as) {
  start_nonce = 0;
  process_ = queue_.start_process();
  queue_.slow_down(process_, slow_);
  running_ = true;
  accepting_ = recovered_ = stopping_ = promoting_ = gate_open_ = commits_wait_ = false;
  replay_pending_ = flush_pending_ = receiver_pending_ = false;
  in_recovery_ = true;
  started_as_ = as;
  disk.standby_signal = as == StartAs::standby;
  disk.was_primary = as == StartAs::primary;
  replayed_ = disk.count_up_to(disk.clean ? disk.end() : disk.checkpoint_end);
  if (as == StartAs::standby) replayed_ = disk.count_up_to(disk.checkpoint_end);
  received_ = released_ = Lsn{};
  received_timeline_ = TimelineId{};
  first_own_ = Lsn{};
  session_ = startup_ = disk.settings;
  max_connections_ = disk.settings.max_connections;
  facts_.started(*this);
  const bool too_few = as == StartAs::standby && max_connections_ < disk.control_connections;
  if (queue_.now() < cannot_start_until || too_few) {
    after(1, 100, [this] { ended(); });
    return;
  }
  disk.clean = false;
  after(0, 100, [this] { checkpointer_reload(); });
  after(20, 250, [this] { replay_soon(); });
}

void SimServer::replay_soon() {
  if (std::exchange(replay_pending_, true)) return;
  after(0, 4 + replay_delay.count(), [this] {
    replay_pending_ = false;
    replay();
  });
}

/// Replay stops at a primary's parameters that are higher than its own, until a restart.
bool SimServer::take_parameter_change() {
  const int wanted = cluster_.connections_set_by(disk.wal[replayed_].id);
  if (wanted == 0) return true;
  disk.control_connections = wanted;
  return wanted <= max_connections_ || started_as_ == StartAs::primary;
}

void SimServer::replay() {
  if (!in_recovery_) return;
  while (replayed_ < disk.wal.size() && take_parameter_change())
    ++replayed_;
  const bool consistent = replayed_end() >= disk.consistent_at;
  // PostgreSQL waits for a restart only where somebody can read already, and else gives up.
  if (replayed_ < disk.wal.size() && !accepting_ && !consistent) {
    crash();
    return;
  }
  if (!recovered_) recovered();
  if (!accepting_ && started_as_ == StartAs::standby && consistent) accepting_ = true;
  if (in_recovery_) cluster_.reply(*this);
  wake_receiver();
}

void SimServer::recovered() {
  recovered_ = true;
  if (started_as_ == StartAs::standby) return;
  const Lsn found = disk.end();
  become_primary(disk.timeline());
  checkpoint();  // With which a recovery ends, before anybody can log in.
  disk.checkpoint_begin = found;
}

void SimServer::become_primary(TimelineId timeline) {
  in_recovery_ = false;
  accepting_ = true;
  disk.standby_signal = false;
  disk.was_primary = true;
  disk.consistent_at = Lsn{};
  disk.wal.push_back({cluster_.next_record_id(), Lsn{disk.end().value + kRecordBytes}, timeline,
                      RecordKind::other});
  cluster_.set_connections(disk.wal.back().id, max_connections_);
  disk.control_connections = max_connections_;
  disk.flushed = disk.wal.size();
  replayed_ = disk.wal.size();
  first_own_ = disk.end();
  facts_.writes_timeline(*this, timeline);
  const bool open = std::exchange(gate_open_, false) || !session_.read_only;
  if (open) open_gate();
  cluster_.pump(*this);
}

void SimServer::open_gate() {
  if (stopping_ || std::exchange(gate_open_, true)) return;
  if (accepting_ && !in_recovery_) facts_.gate_opened(*this);
}

void SimServer::wake_receiver() {
  if (!running_ || !in_recovery_ || startup_.upstream_host.empty()) return;
  if (receiver_pending_ || cluster_.has_receiver(*this)) return;
  receiver_pending_ = true;
  after(kReceiverRetryMs / 5, kReceiverRetryMs, [this] {
    receiver_pending_ = false;
    if (stopping_ || promoting_ || cluster_.has_receiver(*this)) return;
    if (wants_wal()) cluster_.connect(*this);
    wake_receiver();
  });
}

void SimServer::receiver_started(TimelineId upstream_timeline) {
  // PostgreSQL counts from the start of the segment when the receiver is the first or the timeline
  // is another one.
  if (received_ == Lsn{} || received_timeline_ != upstream_timeline) received_ = kFirstLsn;
  received_timeline_ = upstream_timeline;
}

/// PostgreSQL says of WAL that it was received when it is on the disk.
void SimServer::note_received() {
  if (in_recovery_ && received_ != Lsn{}) received_ = std::max(received_, disk.flushed_end());
}

void SimServer::receiver_ended() {
  disk.flushed = disk.wal.size();
  note_received();
  wake_receiver();
  if (on_exit_) on_exit_();
}

void SimServer::received(const std::vector<WalRecord>& records, Epoch epoch) {
  const std::size_t before = disk.wal.size();
  const TimelineId timeline_before = timeline();
  for (const WalRecord& record : records) {
    if (record.end > disk.end()) disk.wal.push_back(record);
  }
  if (disk.wal.size() > before) facts_.received(*this, epoch);
  // Walsenders end with the timeline, those of a standby as well.
  if (timeline() != timeline_before) cluster_.end_senders(*this);
  flush_soon();
}

void SimServer::append(RecordKind kind) {
  disk.wal.push_back(
      {cluster_.next_record_id(), Lsn{disk.end().value + kRecordBytes}, timeline(), kind});
  replayed_ = disk.wal.size();
  flush_soon();
}

void SimServer::flush_soon() {
  if (std::exchange(flush_pending_, true)) return;
  after(0, (prng_.chance(2) ? 60 : 2) + flush_delay.count(), [this] {
    flush_pending_ = false;
    disk.flushed = disk.wal.size();
    note_received();
    flushed();
  });
}

void SimServer::flushed() {
  if (in_recovery_ && recovered_ && replay_delay == Duration{0}) {
    replay();  // What is flushed is replayed at once, and said together.
  } else if (in_recovery_) {
    cluster_.reply(*this);
    replay_soon();
  } else {
    for (const WalRecord& record : std::exchange(unflushed_commits_, {}))
      commit_flushed(record);
    for (auto& [end, done] : std::exchange(local_writes_, {}))
      done(end);
  }
  cluster_.pump(*this);
}

void SimServer::commit_flushed(const WalRecord& record) {
  if (!commits_wait_ || record.end <= released_) {
    facts_.acknowledged(*this, record);
  } else {
    waiting_commits_.push_back(record);
  }
}

void SimServer::client_write() {
  if (!writable() || frozen() || stopping_) return;
  append(RecordKind::client);
  unflushed_commits_.push_back(disk.wal.back());
}

void SimServer::write_local(RecordKind kind, std::function<void(Lsn)> done) {
  append(kind);
  local_writes_.emplace_back(disk.end(), std::move(done));
}

Lsn SimServer::tick() {
  append(RecordKind::other);
  return disk.end();
}

namespace {

/// The position that synchronous replication has reached by `rule`; nullopt: too few standbys.
std::optional<Lsn> synced_up_to(const SyncRule& rule, std::vector<const SenderState*> senders) {
  std::erase_if(senders, [](const SenderState* s) {
    return s->priority == 0 || !s->streaming || s->flushed == Lsn{};
  });
  const auto required = static_cast<std::size_t>(std::max(rule.required, 1));
  if (senders.size() < required) return std::nullopt;
  if (rule.first) {
    std::ranges::stable_sort(senders, {}, &SenderState::priority);
    senders.resize(required);
    return (*std::ranges::min_element(senders, {}, &SenderState::flushed))->flushed;
  }
  std::ranges::sort(senders, std::ranges::greater{}, &SenderState::flushed);
  return senders[required - 1]->flushed;
}

}  // namespace

void SimServer::release(const SenderState& sender) {
  if (in_recovery_ || sender.priority == 0 || !sender.streaming) return;
  if (sender.flushed <= released_) return;
  const auto synced = synced_up_to(sender.rule, cluster_.senders(*this));
  if (!synced || *synced <= released_) return;
  released_ = *synced;
  while (!waiting_commits_.empty() && waiting_commits_.front().end <= released_) {
    const WalRecord record = waiting_commits_.front();
    waiting_commits_.pop_front();
    facts_.acknowledged(*this, record);
  }
}

bool SimServer::can_acknowledge() const {
  if (!writable() || stopping_ || frozen()) return false;
  if (!commits_wait_) return true;
  std::vector<const SenderState*> live;
  for (const SenderState* sender : cluster_.senders(*this)) {
    const auto standby = cluster_.servers().find(sender->node);
    if (standby == cluster_.servers().end()) continue;
    const auto receiver = cluster_.receiver(*standby->second);
    if (!receiver || receiver->upstream != name) continue;
    if (cluster_.answers(*standby->second, *this)) live.push_back(sender);
  }
  return std::ranges::any_of(live, [&](const SenderState* sender) {
    return sender->priority != 0 && synced_up_to(sender->rule, live).has_value();
  });
}

void SimServer::configure(const SettingsFiles& files) {
  disk.config_id = files.id;
  disk.settings = parse_settings(files.server);
  disk.settings.admits_nodes = files.hba.find("hostssl replication") != std::string::npos;
  if (!running_) return;
  after(0, 5, [this] { session_reload(); });
  queue_.at(process_, queue_.now() + Duration{reload_lag()}, [this] { checkpointer_reload(); });
  queue_.at(process_, queue_.now() + Duration{reload_lag()}, [this] { startup_reload(); });
  cluster_.reload_senders(*this, [this] { return reload_lag(); });
}

void SimServer::session_reload() {
  session_ = disk.settings;
  facts_.settings_taken(*this);
  if (!session_.read_only) {
    open_gate();
  } else if (gate_open_) {
    after(0, 30, [this] {
      if (session_.read_only) gate_open_ = false;
    });
  }
}

void SimServer::startup_reload() {
  const ServerSettings& next = disk.settings;
  const bool moved = next.upstream_host != startup_.upstream_host ||
                     next.upstream_port != startup_.upstream_port ||
                     next.application_name != startup_.application_name ||
                     next.credential != startup_.credential;
  startup_ = next;
  if (moved && in_recovery_) cluster_.end_receiver(*this);
  wake_receiver();
}

void SimServer::checkpointer_reload() {
  const bool wait = !disk.settings.sync_names.empty();
  facts_.settings_taken(*this);
  if (std::exchange(commits_wait_, wait) && !wait) {
    // PostgreSQL lets every waiter go when the setting becomes empty.
    for (const WalRecord& record : std::exchange(waiting_commits_, {})) {
      facts_.acknowledged(*this, record);
    }
  }
}

void SimServer::checkpoint() {
  disk.flushed = disk.wal.size();
  disk.checkpoint_timeline = disk.timeline();
  disk.checkpoint_begin = disk.checkpoint_end = replayed_end();
}

void SimServer::end_sessions() {
  if (session_.read_only) gate_open_ = false;
  unflushed_commits_.clear();
  waiting_commits_.clear();
}

bool SimServer::promote(TimelineId wanted) {
  if (!accepting() || !in_recovery_ || stopping_ || promoting_) return false;
  promoting_ = true;
  cluster_.end_receiver(*this);
  after(15, 150, [this, wanted] { finish_promotion(wanted); });
  return true;
}

void SimServer::finish_promotion(TimelineId wanted) {
  if (replayed_ < disk.wal.size()) {
    crash();  // It may not go on with fewer connections than the primary of before.
    return;
  }
  const TimelineId old = disk.timeline();
  // The files that reserve lower numbers need not be kept: nobody asks for those timelines.
  TimelineId timeline = std::max(wanted, old.next());
  while (disk.history.contains(timeline))
    timeline = timeline.next();
  disk.history.insert_or_assign(timeline, Branch{old, disk.end()});
  promoting_ = false;
  // Walsenders end with the timeline; who followed comes back and asks for the new one.
  cluster_.end_senders(*this);
  become_primary(timeline);
}

void SimServer::stop_fast(std::function<void()> done) {
  if (std::exchange(stopping_, true)) return;
  gate_open_ = false;
  unflushed_commits_.clear();
  waiting_commits_.clear();
  after(5, 60, [this, done = std::move(done)] {
    if (in_recovery_) {
      cluster_.end_receiver(*this);
      disk.clean = disk.end() >= disk.consistent_at;
      ended();
      done();
      return;
    }
    append(RecordKind::other);
    checkpoint();
    disk.clean = true;
    cluster_.pump(*this);
    await_senders(queue_.now() + kStopDeadline, done);
  });
}

void SimServer::await_senders(Instant deadline, std::function<void()> done) {
  const auto senders = cluster_.senders(*this);
  const bool sent = std::ranges::all_of(
      senders, [&](const SenderState* sender) { return sender->flushed >= disk.end(); });
  if (sent || queue_.now() >= deadline) {
    ended();
    done();
    return;
  }
  queue_.at(process_, queue_.now() + kStopPoll,
            [this, deadline, done = std::move(done)] { await_senders(deadline, done); });
}

void SimServer::crash() {
  if (!running_) return;
  // Some of what was written but not flushed survives.
  const auto kept = static_cast<std::size_t>(prng_.between(
      static_cast<std::int64_t>(disk.flushed), static_cast<std::int64_t>(disk.wal.size())));
  disk.wal.resize(kept);
  disk.flushed = kept;
  // Whose shutdown checkpoint is written has shut down, however it ends.
  if (!stopping_) disk.clean = false;
  if (prng_.chance(25)) leftovers_until_ = queue_.now() + Duration{prng_.between(1, 400)};
  ended();
}

void SimServer::ended() {
  disk.flushed = disk.wal.size();
  running_ = accepting_ = gate_open_ = stopping_ = promoting_ = false;
  in_recovery_ = true;
  unflushed_commits_.clear();
  waiting_commits_.clear();
  local_writes_.clear();
  queue_.kill(process_);
  cluster_.server_ended(*this);
  if (on_exit_) on_exit_();
}

PostgresView SimServer::look() const {
  PostgresView view;
  view.credential = !credentials.empty();
  if (!disk.exists) return view;
  view.data = DataKind::cluster;
  ControlData& control = view.control.emplace();
  control.system_id = disk.system_id;
  control.version = 15;
  control.clean_shutdown = disk.clean && (!running_ || stopping_);
  control.was_primary = disk.was_primary;
  control.timeline = disk.checkpoint_timeline;
  control.begin = disk.checkpoint_begin;
  control.end = disk.checkpoint_end;
  if (disk.control_connections != 0) {
    control.primary_settings["max_connections"] = disk.control_connections;
  }
  for (const auto& [timeline, branch] : disk.history)
    view.history[timeline] = branch.start;
  view.standby_signal = disk.standby_signal;
  view.running = running_;
  view.stopping = stopping_;
  view.leftovers = leftovers();
  view.config_id_on_disk = disk.config_id;
  if (accepting() && !frozen() && !stopping_) view.sql = sql();
  return view;
}

SqlView SimServer::sql() const {
  SqlView view;
  view.in_recovery = in_recovery_;
  view.timeline = timeline();
  view.flushed = in_recovery_ ? Lsn{} : disk.flushed_end();
  view.received = in_recovery_ ? received_ : Lsn{};
  view.replayed = replayed_end();
  view.replay_at_end = replayed_ == disk.wal.size();
  view.receiver = cluster_.receiver(*this);
  view.receiver_silent_for = cluster_.receiver_silence(*this);
  for (const SenderState* sender : cluster_.senders(*this)) {
    if (sender->node.value.empty()) continue;
    view.senders.push_back({sender->node, sender->epoch, sender->streaming, sender->flushed,
                            sender->replayed, sender->priority,
                            queue_.now() - sender->heard < kReplyFreshFor});
  }
  view.sync_names = session_.sync_names;
  view.config_id = session_.config_id;
  view.read_only = session_.read_only;
  view.slots = disk.slots;
  view.lineage_ready = view.database_ready = disk.prepared();
  view.restart_pending = disk.settings.max_connections != max_connections_;
  if (!in_recovery_) {
    const auto branch = disk.history.find(timeline());
    view.timeline_start = branch == disk.history.end() ? Lsn{} : branch->second.start;
  }
  return view;
}

}  // namespace hactl
