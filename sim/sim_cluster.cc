#include "sim/sim_cluster.h"

#include <algorithm>

#include "model/limits.h"
#include "model/names.h"

namespace hactl {

namespace {
/// How often a standby says that it lives (wal_receiver_status_interval), and its upstream too.
constexpr Duration kStreamTick{1'000};
/// How often a stream is looked at that has gone quiet.
constexpr Duration kQuietTick{250};
constexpr Duration kRetransmit{100};
}  // namespace

SimServer& SimCluster::add(const NodeName& name, std::string host, std::uint16_t port) {
  auto made = std::make_unique<SimServer>(queue_, *this, facts_, name, prng_.next());
  made->host = std::move(host);
  made->port = port;
  return *servers_.insert_or_assign(name, std::move(made)).first->second;
}

SimServer* SimCluster::find(const std::string& host, std::uint16_t port) {
  for (auto& [name, server] : servers_) {
    if (server->host == host && server->port == port) return server.get();
  }
  return nullptr;
}

void SimCluster::slow_down(const NodeName& from, const NodeName& to, Duration longest) {
  if (longest == Duration{0}) {
    slow_.erase({from, to});
  } else {
    slow_[{from, to}] = longest;
  }
}

void SimCluster::heal_all() {
  cuts_.clear();
  slow_.clear();
}

std::int64_t SimCluster::latency() {
  return prng_.chance(2) ? prng_.between(20, 300) : prng_.between(0, 8);
}

std::int64_t SimCluster::latency(const SimServer& from, const SimServer& to) {
  const std::int64_t usual = latency();
  if (slow_.empty()) return usual;
  const auto found = slow_.find({from.name, to.name});
  return found == slow_.end() ? usual : usual + prng_.between(0, found->second.count());
}

bool SimCluster::gets_through(const SimServer& from, const SimServer& to) const {
  if (is_cut(from, to)) return false;
  const auto found = slow_.find({from.name, to.name});
  return found == slow_.end() || found->second < kReceiverTimeout;
}

bool SimCluster::answers(const SimServer& asker, const SimServer& asked) const {
  return asked.accepting() && !asked.frozen() && !is_cut(asker, asked) && !is_cut(asked, asker);
}

SimCluster::Match SimCluster::match(const SimServer& upstream, const SimServer& standby) {
  const Lsn end = standby.disk.end();
  for (const Stretch& stretch : upstream.disk.ancestry(upstream.timeline())) {
    if (stretch.timeline != standby.timeline()) continue;
    if (stretch.timeline == upstream.timeline()) {
      return end <= upstream.disk.flushed_end() ? Match::follows : Match::refused;
    }
    // PostgreSQL asks from the start of the segment, so that a standby which has gone further on
    // the old branch is let in, shows its own position as flushed, and never gets anything.
    return end <= stretch.end ? Match::follows : Match::left_behind;
  }
  return Match::refused;
}

std::string SimCluster::refusal(const SimServer& standby) {
  const ServerSettings& settings = standby.startup_settings();
  if (!standby.credentials.contains(settings.credential)) return "it has no credential";
  SimServer* upstream = find(settings.upstream_host, settings.upstream_port);
  if (upstream == nullptr || upstream == &standby) return "nobody has this address";
  if (!answers(standby, *upstream)) return "the upstream does not answer";
  if (!upstream->session().admits_nodes) return "the upstream lets nobody in yet";
  if (upstream->disk.system_id != standby.disk.system_id) return "another system identifier";
  const bool slot = settings.slot.empty() || upstream->disk.slots.contains(settings.slot);
  if (!slot) return "the replication slot does not exist";
  // One walsender a slot: without that, one standby could be counted twice.
  const bool active = std::ranges::any_of(streams_, [&](const auto& entry) {
    const Stream& stream = entry.second;
    return stream.upstream == upstream && stream.standby == &standby && stream.sender_open &&
           !settings.slot.empty();
  });
  if (active) return "the replication slot is active";
  if (match(*upstream, standby) == Match::refused) return "not in the upstream's history";
  return {};
}

void SimCluster::connect(SimServer& standby) {
  const std::string why = refusal(standby);
  if (!why.empty()) {
    if (std::exchange(refusals_[standby.name], why) != why) standby.note("can't stream: " + why);
    return;
  }
  refusals_.erase(standby.name);
  const ServerSettings& settings = standby.startup_settings();
  SimServer& upstream = *find(settings.upstream_host, settings.upstream_port);
  open_stream(upstream, standby, match(upstream, standby));
}

void SimCluster::open_stream(SimServer& upstream, SimServer& standby, Match matched) {
  for (const auto& [timeline, branch] : upstream.disk.history) {
    if (timeline > standby.timeline() && timeline <= upstream.timeline()) {
      standby.disk.history.insert_or_assign(timeline, branch);
    }
  }
  Stream stream;
  stream.upstream = &upstream;
  stream.standby = &standby;
  stream.sender_process = upstream.process();
  stream.receiver_process = standby.process();
  stream.stuck = matched == Match::left_behind;
  stream.sender.heard = stream.receiver_heard = queue_.now();
  stream.next = upstream.disk.count_up_to(standby.disk.end());
  stream.timeline = upstream.timeline();
  stream.sender.application = standby.startup_settings().application_name;
  if (const auto named = parse_application_name(stream.sender.application)) {
    stream.sender.node = named->first;
    stream.sender.epoch = named->second;
  }
  stream.sender.rule = parse_sync_names(upstream.session().sync_names);
  stream.sender.priority = stream.sender.rule.priority_of(stream.sender.application);
  stream.sender.streaming = stream.next >= upstream.disk.flushed || stream.stuck;
  const ProcessId sender_process = stream.sender_process;
  const std::uint64_t id = ++last_stream_;
  streams_.emplace(id, std::move(stream));
  if (upstream.session().config_id != upstream.disk.settings.config_id) {
    // Born between the postmaster's reload and its own: the signal reaches it as well.
    queue_.at(sender_process, queue_.now() + Duration{latency()},
              [this, id] { sender_reload(id); });
  }
  standby.note("streams from " + upstream.name.value + " at " + to_string(standby.disk.end()) +
               (matched == Match::left_behind ? ", on a branch that was left" : ""));
  standby.receiver_started(upstream.timeline());
  reply(standby);
  pump(upstream);
  facts_.settings_taken(upstream);
  queue_.at(kWorldProcess, queue_.now() + kStreamTick, [this, id] { tick(id); });
}

void SimCluster::sender_reload(std::uint64_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.sender_open) return;
  SenderState& sender = found->second.sender;
  sender.rule = parse_sync_names(found->second.upstream->disk.settings.sync_names);
  sender.priority = sender.rule.priority_of(sender.application);
  facts_.settings_taken(*found->second.upstream);
}

bool SimCluster::has_receiver(const SimServer& standby) const {
  return std::ranges::any_of(streams_, [&](const auto& entry) {
    return entry.second.standby == &standby && entry.second.receiver_open;
  });
}

std::optional<ReceiverView> SimCluster::receiver(const SimServer& standby) const {
  for (const auto& [id, stream] : streams_) {
    if (stream.standby != &standby || !stream.receiver_open) continue;
    const bool quiet = queue_.now() - stream.receiver_heard >= kReceiverQuietAfter;
    // One that is on a branch which was left asks for no other timeline than its own.
    const TimelineId timeline = stream.stuck ? standby.timeline() : stream.timeline;
    return ReceiverView{stream.upstream->name, stream.sender.epoch, timeline, true, quiet};
  }
  return std::nullopt;
}

Duration SimCluster::receiver_silence(const SimServer& standby) const {
  for (const auto& [id, stream] : streams_) {
    if (stream.standby == &standby && stream.receiver_open) {
      return queue_.now() - stream.receiver_heard;
    }
  }
  return Duration{0};
}

std::vector<const SenderState*> SimCluster::senders(const SimServer& upstream) const {
  std::vector<const SenderState*> all;
  for (const auto& [id, stream] : streams_) {
    if (stream.upstream == &upstream && stream.sender_open) all.push_back(&stream.sender);
  }
  return all;
}

void SimCluster::end_receiver(const SimServer& standby) {
  for (auto& [id, stream] : streams_) {
    if (stream.standby != &standby || !stream.receiver_open) continue;
    stream.receiver_open = false;
    stream.standby->receiver_ended();
    look_soon(id);
  }
}

void SimCluster::end_senders(const SimServer& upstream) {
  for (auto& [id, stream] : streams_) {
    if (stream.upstream != &upstream) continue;
    stream.sender_open = false;
    look_soon(id);
  }
}

void SimCluster::server_ended(const SimServer& ended) {
  for (auto& [id, stream] : streams_) {
    if (stream.upstream == &ended) stream.sender_open = false;
    if (stream.standby == &ended) stream.receiver_open = false;
    if (stream.upstream == &ended || stream.standby == &ended) look_soon(id);
  }
}

void SimCluster::pump(SimServer& upstream) {
  for (auto& [id, stream] : streams_) {
    if (stream.upstream == &upstream && stream.sender_open) send(id, stream);
  }
}

void SimCluster::send(std::uint64_t id, Stream& stream) {
  const DataDirectory& disk = stream.upstream->disk;
  if (stream.in_flight || stream.stuck || stream.next >= disk.flushed) return;
  const auto begin = disk.wal.begin();
  std::vector<WalRecord> records(begin + static_cast<std::ptrdiff_t>(stream.next),
                                 begin + static_cast<std::ptrdiff_t>(disk.flushed));
  stream.next = disk.flushed;
  stream.in_flight = true;
  queue_.at(stream.receiver_process,
            queue_.now() + Duration{latency(*stream.upstream, *stream.standby)},
            [this, id, sent = std::move(records)]() mutable { deliver(id, std::move(sent)); });
}

void SimCluster::deliver(std::uint64_t id, std::vector<WalRecord> records) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.receiver_open) return;
  Stream& stream = found->second;
  if (is_cut(*stream.upstream, *stream.standby)) {
    queue_.at(stream.receiver_process, queue_.now() + kRetransmit,
              [this, id, sent = std::move(records)]() mutable { deliver(id, std::move(sent)); });
    return;
  }
  stream.receiver_heard = queue_.now();
  stream.in_flight = false;
  stream.standby->received(records, stream.sender.epoch);
  if (!stream.sender_open || queue_.frozen(stream.sender_process)) return;
  if (stream.next >= stream.upstream->disk.flushed) stream.sender.streaming = true;
  send(id, stream);
}

void SimCluster::reply(const SimServer& standby) {
  for (auto& [id, stream] : streams_) {
    if (stream.standby != &standby || !stream.receiver_open) continue;
    queue_.at(stream.sender_process, queue_.now() + Duration{latency(standby, *stream.upstream)},
              [this, key = id, flushed = standby.disk.flushed_end(),
               replayed = standby.replayed_end()] { reply_arrived(key, flushed, replayed); });
  }
}

void SimCluster::reply_arrived(std::uint64_t id, Lsn flushed, Lsn replayed) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.sender_open) return;
  Stream& stream = found->second;
  if (is_cut(*stream.standby, *stream.upstream)) return;
  stream.sender.heard = queue_.now();
  stream.sender.flushed = std::max(stream.sender.flushed, flushed);
  stream.sender.replayed = std::max(stream.sender.replayed, replayed);
  stream.upstream->release(stream.sender);
}

void SimCluster::judge(Stream& stream) {
  const bool down = gets_through(*stream.upstream, *stream.standby);
  const bool up = gets_through(*stream.standby, *stream.upstream);
  const bool sender_stopped = queue_.frozen(stream.sender_process);
  const bool receiver_stopped = queue_.frozen(stream.receiver_process);
  if (stream.sender_open && !sender_stopped && down) stream.receiver_heard = queue_.now();
  if (stream.receiver_open && !receiver_stopped && up) stream.sender.heard = queue_.now();
  if (stream.sender_open && !sender_stopped) {
    const bool reset = !stream.receiver_open && up && down;
    if (reset || queue_.now() - stream.sender.heard > kSenderTimeout) stream.sender_open = false;
  }
  if (stream.receiver_open && !receiver_stopped) {
    const bool reset = !stream.sender_open && up && down;
    if (!reset && queue_.now() - stream.receiver_heard <= kReceiverTimeout) return;
    stream.receiver_open = false;
    stream.standby->receiver_ended();
  }
}

/// A closed connection is noticed at the other end a moment later, when the network lets it.
void SimCluster::look_soon(std::uint64_t id) {
  queue_.at(kWorldProcess, queue_.now() + Duration{latency()}, [this, id] {
    const auto found = streams_.find(id);
    if (found != streams_.end()) judge(found->second);
  });
}

void SimCluster::tick(std::uint64_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  judge(stream);
  if (!stream.sender_open && !stream.receiver_open) {
    streams_.erase(found);
    return;
  }
  // What the upstream knows already need not be said again: judge() has let it hear the standby.
  // A standby that has ended may be in the middle of a rewind.
  const bool lives = stream.receiver_open && !queue_.frozen(stream.receiver_process);
  const bool behind = lives && (stream.sender.flushed < stream.standby->disk.flushed_end() ||
                                stream.sender.replayed < stream.standby->replayed_end());
  if (behind) {
    reply(*stream.standby);
  } else if (lives && stream.sender_open && gets_through(*stream.standby, *stream.upstream)) {
    stream.upstream->release(stream.sender);
  }
  if (!queue_.frozen(stream.sender_process) && stream.sender_open) send(id, stream);
  const Instant heard = std::min(stream.receiver_heard, stream.sender.heard);
  const bool quiet = !stream.sender_open || !stream.receiver_open || heard < queue_.now();
  queue_.at(kWorldProcess, queue_.now() + (quiet ? kQuietTick : kStreamTick),
            [this, id] { tick(id); });
}

}  // namespace hactl
