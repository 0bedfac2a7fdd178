#include "converge/postgres_settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/rule_switch.h"
#include "model/names.h"

namespace hactl {
namespace {

/// Settings that a standby may not set lower than its primary has them, with PostgreSQL's defaults.
constexpr std::array<std::pair<std::string_view, int>, 5> kNotLower{{
    {"max_connections", 100},
    {"max_locks_per_transaction", 64},
    {"max_prepared_transactions", 0},
    {"max_wal_senders", kSendersOfFew},
    {"max_worker_processes", 8},
}};

/// The first PostgreSQL with recovery_init_sync_method.
constexpr int kKnowsSyncfs = 14;

/// What safety rests on: the same on every node, whatever the spec says.
constexpr std::string_view kFixedSettings =
    "full_page_writes = 'on'\n"
    "fsync = 'on'\n"
    "hot_standby = 'on'\n"
    "log_replication_commands = 'on'\n"
    "password_encryption = 'scram-sha-256'\n"
    "recovery_target_timeline = 'latest'\n"
    // After a crash the agent decides what PostgreSQL comes back as.
    "restart_after_crash = 'off'\n"
    "ssl = 'on'\n"
    "ssl_min_protocol_version = 'TLSv1.2'\n"
    "synchronous_commit = 'on'\n"
    "wal_level = 'replica'\n"
    "wal_log_hints = 'on'\n"
    "wal_receiver_status_interval = '1s'\n"
    // A receiver asks its upstream for a sign of life after half of this. What it hears from a live
    // one is therefore never older than a second, also when nothing is written.
    "wal_receiver_timeout = '2s'\n"
    // With the default of 5 s a standby comes back seconds after its upstream does; more often than
    // this, the tries of many standbys take processors from the one that is to take over.
    "wal_retrieve_retry_interval = '250ms'\n"
    "wal_sender_timeout = '5s'\n";

/// Adds `value` between quotes; `write` puts a character, as at most two, where it is told, and
/// says where the next one goes. Agents look many times a second and render each time: one pass.
template <typename Write>
void add_quoted(std::string& text, std::string_view value, Write write) {
  const std::size_t before = text.size();
  text.resize(before + 2 * value.size() + 2);
  char* out = text.data() + before;
  *out++ = '\'';
  for (const char c : value)
    out = write(out, c);
  *out++ = '\'';
  text.resize(static_cast<std::size_t>(out - text.data()));
}

void add_quoted_setting(std::string& text, std::string_view value) {
  add_quoted(text, value, [](char* out, char c) {
    if (c == '\'' || c == '\\') *out++ = c;
    if (c == '\n') *out++ = '\\';
    *out++ = c == '\n' ? 'n' : c;
    return out;
  });
}

void add_quoted_conninfo(std::string& text, std::string_view value) {
  add_quoted(text, value, [](char* out, char c) {
    if (c == '\'' || c == '\\') *out++ = '\\';
    *out++ = c;
    return out;
  });
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(" = ");
  add_quoted_setting(text, value);
  text += '\n';
}

std::optional<int> parse_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// What `name` must be at least: room for every node, and what the primary has; 0: anything.
int least_value(const PostgresGoal& postgres, const SettingsRole& role, std::string_view name) {
  int least = 0;
  if (name == "max_wal_senders" || name == "max_replication_slots") {
    least = postgres.peers.size() < kFewNodes ? kSendersOfFew : kSendersOfMany;
  }
  for (const auto& [held, value] : role.at_least) {
    const bool counts =
        std::ranges::find(kNotLower, std::string_view(held),
                          &decltype(kNotLower)::value_type::first) != kNotLower.end();
    if (held == name && counts) least = std::max(least, value);
  }
  return least;
}

/// What the spec may change: its own parameters, with the defaults and floors that hactl needs.
void add_chosen_settings(std::string& text, const PostgresGoal& postgres,
                         const SettingsRole& role) {
  const auto chosen = [&](std::string_view name) {
    return postgres.parameters.contains(std::string(name));
  };
  for (const auto& [name, value] : postgres.parameters) {
    // A value that is no number is left for PostgreSQL to complain about.
    const std::optional<int> number = parse_number(value);
    const int least = least_value(postgres, role, name);
    add_line(text, name, number && *number < least ? std::to_string(least) : value);
  }
  if (!chosen("max_slot_wal_keep_size")) add_line(text, "max_slot_wal_keep_size", "4GB");
  // After a crash one call for the file system, and not one for each of a thousand files: on a busy
  // machine that is most of the time that recovery takes.
  if (!chosen("recovery_init_sync_method") && postgres.version >= kKnowsSyncfs) {
    add_line(text, "recovery_init_sync_method", "syncfs");
  }
  if (!chosen("wal_keep_size")) add_line(text, "wal_keep_size", "512MB");
  constexpr std::string_view kSlots = "max_replication_slots";
  if (!chosen(kSlots)) add_line(text, kSlots, std::to_string(least_value(postgres, role, kSlots)));
  for (const auto& [name, usual] : kNotLower) {
    if (chosen(name)) continue;
    add_line(text, name, std::to_string(std::max(usual, least_value(postgres, role, name))));
  }
}

void add_own_settings(std::string& text, const PostgresGoal& postgres, const SettingsRole& role) {
  text += kFixedSettings;
  add_line(text, "cluster_name", role.node.value);
  add_line(text, "default_transaction_read_only", role.gate == Gate::open ? "off" : "on");
  // Said here so that a base configuration can't lead around the gate.
  add_line(text, "hba_file", postgres.data_directory + "/pg_hba.conf");
  add_line(text, "ident_file", postgres.data_directory + "/pg_ident.conf");
  add_line(text, "listen_addresses", postgres.listen_host);
  add_line(text, "port", std::to_string(postgres.port));
  std::string conninfo;
  if (role.upstream) {
    conninfo =
        replication_conninfo(*role.upstream, role.paths, application_name(role.node, role.epoch),
                             replication_key_file(role.paths, role.epoch));
  }
  add_line(text, "primary_conninfo", conninfo);
  add_line(text, "primary_slot_name", role.upstream ? slot_name(role.node) : "");
  add_line(text, "ssl_ca_file", role.paths.ca_file);
  add_line(text, "ssl_cert_file", role.paths.certificate_file);
  add_line(text, "ssl_key_file", role.paths.key_file);
  add_line(text, "synchronous_standby_names", role.sync_names);
  add_line(text, "unix_socket_directories", role.paths.socket_directory);
}

std::string quote_hba(const std::string& word) {
  std::string quoted = "\"";
  for (const char c : word) {
    if (c == '"') quoted += c;
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

/// A word of a rule as the user wrote it, where keywords and lists mean something; quoted when it
/// would not be one word otherwise.
std::string hba_word(const std::string& word) {
  const bool plain = !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.:/,+=").find(c) != std::string_view::npos;
  });
  return plain ? word : quote_hba(word);
}

/// Methods may carry options: "cert map=x". Its words are kept apart.
std::string hba_method(const std::string& method) {
  std::string text;
  std::string word;
  for (const char c : method + " ") {
    if (c != ' ') {
      word += c;
      continue;
    }
    if (!word.empty()) text += " " + hba_word(word);
    word.clear();
  }
  return text;
}

void add_client_rules(std::string& text, const PostgresGoal& postgres) {
  // A rule of the spec must not let anybody replicate without a certificate: detaching relies on
  // it.
  text.append("host all,replication ").append(kReplicationRole) += " all reject\n";
  text.append("local all,replication ").append(kReplicationRole) += " reject\n";
  for (const HbaRule& rule : postgres.hba) {
    text += hba_word(rule.type) + " " + hba_word(rule.database) + " " + hba_word(rule.user);
    if (rule.type != "local") text += " " + hba_word(rule.address);
    text += hba_method(rule.method) + "\n";
  }
  text.append("hostssl ").append(quote_hba(postgres.database)) += ' ';
  text.append(quote_hba(postgres.username)) += " all scram-sha-256\n";
}

std::string hba_text(const PostgresGoal& postgres, const SettingsRole& role) {
  std::string text;
  constexpr std::size_t kUsualBytes = 512;
  text.reserve(kUsualBytes);
  text.append("local all ").append(kAgentRole) += " peer map=hactl_agent\n";
  if (role.gate != Gate::sealed) {
    text.append("hostssl replication ").append(kReplicationRole) += " all cert map=hactl_nodes\n";
    // pg_rewind reads files through an ordinary session.
    text.append("hostssl ").append(kAgentDatabase) += ' ';
    text.append(kReplicationRole) += " all cert map=hactl_nodes\n";
  }
  if (role.gate == Gate::open) add_client_rules(text, postgres);
  text += "host all all all reject\nlocal all all reject\n";
  return text;
}

std::string ident_text(const PostgresGoal& postgres, const SettingsRole& role) {
  std::string text;
  text.append("hactl_agent ").append(quote_hba(role.os_user)) += ' ';
  text.append(kAgentRole) += '\n';
  std::vector<const NodeName*> names;
  names.reserve(postgres.peers.size());
  for (const Peer& peer : postgres.peers)
    names.push_back(&peer.name);
  std::ranges::sort(names, {}, [](const NodeName* name) { return *name; });
  for (const NodeName* name : names) {
    text.append("hactl_nodes ").append(quote_hba(certificate_name(*name))) += ' ';
    text.append(kReplicationRole) += '\n';
  }
  return text;
}

/// Names contents on one machine; is not meant against forgery. Each text counts with its length.
std::string hash_of(std::initializer_list<std::string_view> texts) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  const auto add = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 32U;
  };
  for (const std::string_view text : texts) {
    std::uint64_t word = text.size();
    add(word);
    std::string_view rest = text;
    for (; rest.size() >= sizeof word; rest.remove_prefix(sizeof word)) {
      std::memcpy(&word, rest.data(), sizeof word);
      add(word);
    }
    for (const char c : rest)
      add(static_cast<unsigned char>(c));
  }
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

std::string quoted_member(const NodeName& node, Epoch epoch) {
  return "\"" + application_name(node, epoch) + "\"";
}

/// "ANY 1 (a, b)" from its parts; PostgreSQL's own spelling does not matter, only ours comes back.
std::string names_list(std::string text, const std::vector<std::string>& names) {
  text += " (";
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  return text + ")";
}

/// Whether all relevant senders show the priority that `first` gives the first member and `step`
/// adds for each that follows.
bool shows(const SyncConfig& sync, const std::vector<SenderView>& senders, int first, int step) {
  std::map<NodeName, int> wanted;
  if (sync.required > 0) {
    for (const NodeName& member : sync.members) {
      wanted[member] = first;
      first += step;
    }
  }
  return std::ranges::all_of(senders, [&](const SenderView& sender) {
    if (sender.epoch != sync.epoch) return true;
    if (!sender.streaming && sender.flushed == Lsn(0)) return true;
    const auto found = wanted.find(sender.node);
    return sender.sync_priority == (found == wanted.end() ? 0 : found->second);
  });
}

}  // namespace

std::string quote_conninfo_value(const std::string& value) {
  std::string quoted;
  add_quoted_conninfo(quoted, value);
  return quoted;
}

std::string quote_setting(const std::string& value) {
  std::string quoted;
  add_quoted_setting(quoted, value);
  return quoted;
}

std::string replication_key_file(const AgentPaths& paths, Epoch epoch) {
  return paths.state_directory + "/replication.e" + std::to_string(epoch.value) + ".key";
}

std::string replication_conninfo(const Upstream& upstream, const AgentPaths& paths,
                                 const std::string& application, const std::string& key_file) {
  const std::string port = std::to_string(upstream.port);
  const std::array<std::pair<std::string_view, std::string_view>, 14> values{{
      {"host", upstream.host},
      {"port", port},
      {"user", kReplicationRole},
      {"application_name", application},
      {"sslmode", "verify-full"},
      {"sslrootcert", paths.ca_file},
      {"sslcert", paths.certificate_file},
      {"sslkey", key_file},
      {"gssencmode", "disable"},
      {"connect_timeout", "3"},
      {"keepalives_idle", "2"},
      {"keepalives_interval", "1"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "5000"},
  }};
  std::string text;
  constexpr std::size_t kUsualBytes = 512;
  text.reserve(kUsualBytes);
  for (const auto& [keyword, value] : values) {
    if (!text.empty()) text += ' ';
    text.append(keyword) += '=';
    add_quoted_conninfo(text, value);
  }
  return text;
}

SettingsFiles render_settings(const PostgresGoal& postgres, const SettingsRole& role) {
  SettingsFiles files;
  constexpr std::size_t kUsualBytes = 4'096;
  files.server.reserve(kUsualBytes);
  files.server += "# Written by hactl; changes are overwritten.\n";
  // The last line of a name counts: hactl's own settings come after the spec's.
  add_chosen_settings(files.server, postgres, role);
  add_own_settings(files.server, postgres, role);
  files.hba = hba_text(postgres, role);
  files.ident = ident_text(postgres, role);
  files.id = hash_of({files.server, files.hba, files.ident});
  files.server += "hactl.config_id = '" + files.id + "'\n";
  return files;
}

std::string any_names(const SyncConfig& sync) {
  if (sync.required == 0) return "";
  std::vector<std::string> names;
  for (const NodeName& member : sync.members)
    names.push_back(quoted_member(member, sync.epoch));
  return names_list("ANY " + std::to_string(sync.required), names);
}

std::string marker_names(const SyncConfig& sync) {
  if (sync.required == 0) return "";
  std::vector<std::string> names{"\"hactl_g" + std::to_string(sync.generation.value) + "\""};
  for (const NodeName& member : sync.members)
    names.push_back(quoted_member(member, sync.epoch));
  return names_list("FIRST " + std::to_string(sync.required), names);
}

std::string sync_names_for_standby() {
  if (!rule_holds(Rule::r12_standby_waits)) return {};
  static const std::string names = names_list("ANY 1", {"\"" + std::string(kNobody) + "\""});
  return names;
}

bool shows_marker(const SyncConfig& sync, const std::vector<SenderView>& senders) {
  return shows(sync, senders, 2, 1);
}

bool shows_any(const SyncConfig& sync, const std::vector<SenderView>& senders) {
  return shows(sync, senders, 1, 0);
}

}  // namespace hactl
