#include "check/server.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/check.h"
#include "model/names.h"
#include "sim/sim_wal.h"

namespace hactl::check {
namespace {

constexpr SystemId kSystem{7};
constexpr int kVersion = 15;

static_assert(std::has_unique_object_representations_v<Server>);

bool has_timeline(const Server& server, std::uint8_t timeline) {
  return server.history[timeline].parent != 0;
}

/// How far the walsenders that count by `rule` have got; 0: too few of them.
std::uint8_t synced_up_to(const Server& server, const SettingsTable& settings,
                          const Settings& rule) {
  std::vector<std::pair<int, std::uint8_t>> counted;
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    const Sender& sender = server.senders[node];
    if (!sender.open || sender.flushed == 0) continue;
    const int priority = settings[sender.settings].priority_of(node, sender.epoch);
    if (priority > 0) counted.emplace_back(priority, sender.flushed);
  }
  const auto required = static_cast<std::size_t>(std::max<int>(rule.required, 1));
  if (counted.size() < required) return 0;
  if (rule.first) {
    std::ranges::stable_sort(counted, {}, &std::pair<int, std::uint8_t>::first);
    counted.resize(required);
    return std::ranges::min(counted, {}, &std::pair<int, std::uint8_t>::second).second;
  }
  std::ranges::sort(counted, std::greater{}, &std::pair<int, std::uint8_t>::second);
  return counted[required - 1].second;
}

void disconnect(Server& server) {
  server.senders.fill(Sender{});
  server.receiver = Receiver{};
}

SqlView sql_view(const Server& server, const SettingsTable& settings, std::uint8_t self) {
  const Settings& own = settings[server.settings];
  SqlView view;
  view.in_recovery = server.in_recovery;
  view.timeline = TimelineId(last_timeline(server));
  view.flushed = Lsn(server.in_recovery ? 0U : server.length);
  view.replayed = Lsn(server.length);
  view.replay_at_end = true;
  if (server.receiver.upstream != kNoNode) {
    view.receiver = ReceiverView{node_name(server.receiver.upstream), Epoch(server.receiver.epoch),
                                 TimelineId(server.receiver.timeline), true};
  }
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    if (node != self) view.slots.insert(slot_name(node_name(node)));
    const Sender& sender = server.senders[node];
    if (!sender.open) continue;
    // PostgreSQL shows no priority before a position has been heard.
    const int priority =
        sender.flushed == 0 ? 0 : settings[sender.settings].priority_of(node, sender.epoch);
    view.senders.push_back({node_name(node), Epoch(sender.epoch), sender.flushed > 0,
                            Lsn(sender.flushed), Lsn(sender.flushed), priority,
                            sender.flushed > 0});
  }
  view.sync_names = own.sync_names;
  view.foreign_sync = own.foreign;
  view.config_id = own.id;
  view.read_only = own.read_only;
  view.database_ready = view.lineage_ready = true;
  if (!server.in_recovery) view.timeline_start = Lsn(server.history[last_timeline(server)].start);
  return view;
}

}  // namespace

const NodeName& node_name(std::uint8_t index) {
  static const std::array<NodeName, kNodes> names{NodeName("a"), NodeName("b"), NodeName("c")};
  return names.at(index);
}

std::uint8_t node_index(const NodeName& name) {
  std::uint8_t index = 0;
  while (index < kNodes && node_name(index) != name)
    ++index;
  return index < kNodes ? index : kNoNode;
}

std::uint64_t fingerprint(const Server& server) {
  std::array<std::uint64_t, (sizeof(Server) + 7) / 8> words{};
  std::memcpy(words.data(), &server, sizeof(Server));
  std::uint64_t hash = 1;
  for (const std::uint64_t word : words)
    hash = mix(hash, word);
  return hash;
}

int Settings::priority_of(std::uint8_t node, std::uint8_t epoch) const {
  const auto found = std::ranges::find(names, std::pair(node, epoch));
  if (found == names.end()) return 0;
  return first ? static_cast<int>(found - names.begin()) + 1 : 1;
}

SettingsTable::SettingsTable() {
  all_.push_back(Settings{});
}

std::uint16_t SettingsTable::add(const SettingsFiles& files) {
  const auto known = std::ranges::find_if(
      all_, [&](const Settings& each) { return each.id == files.id && !each.foreign; });
  if (known != all_.end()) return static_cast<std::uint16_t>(known - all_.begin());
  const ServerSettings parsed = parse_settings(files.server);
  const SyncRule rule = parse_sync_names(parsed.sync_names);
  Settings made;
  made.id = files.id;
  made.read_only = parsed.read_only;
  made.sync_names = parsed.sync_names;
  made.first = rule.first;
  made.required = static_cast<std::uint8_t>(rule.required);
  for (const std::string& name : rule.names) {
    const auto member = parse_application_name(name);
    made.names.emplace_back(member ? node_index(member->first) : kNoNode,
                            static_cast<std::uint8_t>(member ? member->second.value : 0));
  }
  if (!parsed.upstream_host.empty()) {
    const auto name = parse_application_name(parsed.application_name);
    HACTL_CHECK(name.has_value());
    made.conninfo = Conninfo{node_index(NodeName(parsed.upstream_host)),
                             static_cast<std::uint8_t>(name->second.value),
                             static_cast<std::uint8_t>(parsed.credential.value)};
  }
  all_.push_back(std::move(made));
  return static_cast<std::uint16_t>(all_.size() - 1);
}

std::uint16_t SettingsTable::emptied(std::uint16_t number) {
  Settings made = all_[number];
  made.foreign = true;
  made.sync_names.clear();
  made.first = false;
  made.required = 0;
  made.names.clear();
  const auto known = std::ranges::find_if(
      all_, [&](const Settings& each) { return each.id == made.id && each.foreign; });
  if (known != all_.end()) return static_cast<std::uint16_t>(known - all_.begin());
  all_.push_back(std::move(made));
  return static_cast<std::uint16_t>(all_.size() - 1);
}

std::uint16_t SettingsTable::rule_of(std::uint16_t number) const {
  const auto first = std::ranges::find(all_, all_[number].sync_names, &Settings::sync_names);
  return static_cast<std::uint16_t>(first - all_.begin());
}

bool is_open(const Server& server, const SettingsTable& settings) {
  return runs_as_primary(server) && !settings[server.settings].read_only;
}

bool holds_write(const Server& server, std::uint8_t write) {
  const auto end = server.log.begin() + server.length;
  return std::any_of(server.log.begin(), end, [&](const Entry& e) { return e.write == write; });
}

bool holds_prefix(const Server& server, const Server& of, std::uint8_t length) {
  return server.length >= length &&
         std::equal(of.log.begin(), of.log.begin() + length, server.log.begin());
}

bool append(Server& server, Entry entry) {
  if (server.length == kLogMax) return false;
  if (entry.writer == 0) entry.writer = static_cast<std::uint8_t>(server.self + 1);
  server.log[server.length++] = entry;
  return true;
}

bool start(Server& server, const SettingsTable& settings, bool in_recovery) {
  if (server.running || server.length == 0) return false;
  disconnect(server);
  server.running = true;
  server.ready = server.stopping = server.clean = false;
  server.in_recovery = in_recovery;
  server.was_primary = !in_recovery;
  server.startup = settings[server.settings].conninfo;
  server.commits_wait = false;
  server.promoting = server.released = server.life = 0;
  return true;
}

bool recover(Server& server) {
  if (!server.running || server.ready || server.stopping) return false;
  server.ready = true;
  if (server.in_recovery) return true;
  // Crash recovery ends with a checkpoint, which is a record.
  if (!append(server, {last_timeline(server)})) return false;
  server.checkpoint_timeline = last_timeline(server);
  server.life = server.length;
  return true;
}

void crash(Server& server) {
  const bool shut_down = server.stopping && server.clean;
  disconnect(server);
  server.running = server.ready = server.stopping = server.commits_wait = false;
  server.clean = shut_down;
  server.in_recovery = false;
  server.promoting = server.released = server.life = 0;
  server.startup = Conninfo{};
}

bool begin_stop(Server& server) {
  if (!server.running || server.stopping) return false;
  if (runs_as_primary(server) && !append(server, {last_timeline(server)})) return false;
  server.stopping = true;
  server.promoting = 0;
  return true;
}

bool write_shutdown(Server& server) {
  const bool primary = server.ready && !server.in_recovery;
  if (!server.stopping || !primary || server.clean) return false;
  server.clean = true;
  server.checkpoint_timeline = last_timeline(server);
  return true;
}

bool finish_stop(Server& server, StopEnd end) {
  if (!server.stopping) return false;
  // A primary waits until every walsender has sent all of it; a deadline cuts that short.
  const bool sent = std::ranges::all_of(server.senders, [&](const Sender& sender) {
    return !sender.open || sender.flushed == server.length;
  });
  const bool primary = server.ready && !server.in_recovery;
  const bool clean = end == StopEnd::clean;
  if (clean && primary && !(sent && server.clean)) return false;
  if (clean && !server.ready) return false;
  crash(server);
  server.clean = server.clean || clean;
  return true;
}

bool promote(Server& server, std::uint8_t timeline) {
  if (!runs_as_standby(server) || server.promoting != 0) return false;
  server.promoting = timeline;
  server.receiver = Receiver{};
  return true;
}

bool finish_promotion(Server& server) {
  if (server.promoting == 0 || server.stopping) return false;
  const std::uint8_t old = last_timeline(server);
  const std::uint8_t wanted = server.promoting;
  auto timeline = static_cast<std::uint8_t>(old + 1);
  for (; timeline < wanted && timeline < kTimelinesMax; ++timeline) {
    if (!has_timeline(server, timeline)) server.history[timeline] = Branch{old, 0};
  }
  while (timeline < kTimelinesMax && has_timeline(server, timeline))
    ++timeline;
  if (timeline >= kTimelinesMax || !append(server, {timeline})) return false;
  server.history[timeline] = Branch{old, static_cast<std::uint8_t>(server.length - 1)};
  server.promoting = 0;
  server.in_recovery = false;
  server.was_primary = true;
  server.senders.fill(Sender{});
  server.startup = Conninfo{};
  server.life = server.length;
  return true;
}

bool take_reply(Server& server, const SettingsTable& settings, std::uint8_t standby) {
  Sender& sender = server.senders[standby];
  if (!sender.open || sender.reply <= sender.flushed) return false;
  sender.flushed = sender.reply;
  if (server.in_recovery || !server.ready) return true;
  const Settings& rule = settings[sender.settings];
  if (rule.priority_of(standby, sender.epoch) == 0) return true;
  server.released = std::max(server.released, synced_up_to(server, settings, rule));
  return true;
}

PostgresView look(const Server& server, const SettingsTable& settings, std::uint8_t self) {
  PostgresView view;
  view.credential = server.credentials != 0;
  if (server.length == 0) return view;
  view.data = DataKind::cluster;
  ControlData& control = view.control.emplace();
  control.system_id = kSystem;
  control.version = kVersion;
  control.clean_shutdown = server.clean;
  control.was_primary = server.was_primary;
  control.timeline = TimelineId(server.checkpoint_timeline);
  // No disk is put back here: recovery always finds all that there was.
  control.begin = control.end = Lsn(server.length);
  for (std::uint8_t timeline = 1; timeline < kTimelinesMax; ++timeline) {
    if (!has_timeline(server, timeline)) continue;
    const Branch& branch = server.history[timeline];
    view.history[TimelineId(timeline)] = Lsn(branch.start);
    view.parents[TimelineId(timeline)] = TimelineId(branch.parent);
  }
  view.standby_signal = !server.was_primary;
  view.running = server.running;
  view.stopping = server.stopping;
  view.config_id_on_disk = settings[server.settings].id;
  if (server.running && server.ready && !server.stopping) {
    view.sql = sql_view(server, settings, self);
  }
  return view;
}

}  // namespace hactl::check
