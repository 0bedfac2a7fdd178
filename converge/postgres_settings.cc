#include "converge/postgres_settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>

#include "model/names.h"

namespace hactl {
namespace {

using Settings = std::map<std::string, std::string>;

/// Settings that a standby may not set lower than its primary has them, with PostgreSQL's defaults.
constexpr std::array<std::pair<std::string_view, int>, 5> kNotLower{{
    {"max_connections", 100},
    {"max_locks_per_transaction", 64},
    {"max_prepared_transactions", 0},
    {"max_wal_senders", kSendersOfFew},
    {"max_worker_processes", 8},
}};

std::optional<int> parse_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Raises `name` to `least`; a value that is no number is left for PostgreSQL to complain about.
void raise(Settings& settings, const std::string& name, int least) {
  const auto found = settings.find(name);
  if (found == settings.end()) {
    settings[name] = std::to_string(least);
    return;
  }
  const std::optional<int> value = parse_number(found->second);
  if (value && *value < least) found->second = std::to_string(least);
}

/// What the spec may change: its own parameters, with the defaults and floors that hactl needs.
Settings chosen_settings(const PostgresGoal& postgres, const SettingsRole& role) {
  Settings settings = postgres.parameters;
  settings.emplace("max_slot_wal_keep_size", "4GB");
  settings.emplace("wal_keep_size", "512MB");
  const int senders = postgres.peers.size() < kFewNodes ? kSendersOfFew : kSendersOfMany;
  raise(settings, "max_wal_senders", senders);
  raise(settings, "max_replication_slots", senders);
  for (const auto& [view, usual] : kNotLower) {
    const std::string name(view);
    if (!settings.contains(name)) settings[name] = std::to_string(usual);
    const auto least = role.at_least.find(name);
    if (least != role.at_least.end()) raise(settings, name, least->second);
  }
  return settings;
}

/// What safety rests on: the same on every node, whatever the spec says.
Settings fixed_settings() {
  return {
      {"full_page_writes", "on"},
      {"fsync", "on"},
      {"hot_standby", "on"},
      {"log_replication_commands", "on"},
      {"password_encryption", "scram-sha-256"},
      {"recovery_target_timeline", "latest"},
      // After a crash the agent decides what PostgreSQL comes back as.
      {"restart_after_crash", "off"},
      {"ssl", "on"},
      {"ssl_min_protocol_version", "TLSv1.2"},
      {"synchronous_commit", "on"},
      {"wal_level", "replica"},
      {"wal_log_hints", "on"},
      {"wal_receiver_status_interval", "1s"},
      // A receiver asks its upstream for a sign of life after half of this. What it hears from a
      // live one is therefore never older than a second, also when nothing is written.
      {"wal_receiver_timeout", "2s"},
      // With the default of 5 s a standby comes back seconds after its upstream does; more often
      // than this, the tries of many standbys take processors from the one that is to take over.
      {"wal_retrieve_retry_interval", "250ms"},
      {"wal_sender_timeout", "5s"},
  };
}

Settings own_settings(const PostgresGoal& postgres, const SettingsRole& role) {
  Settings settings = fixed_settings();
  settings["cluster_name"] = role.node.value;
  settings["default_transaction_read_only"] = role.gate_open ? "off" : "on";
  // Said here so that a base configuration can't lead around the gate.
  settings["hba_file"] = postgres.data_directory + "/pg_hba.conf";
  settings["ident_file"] = postgres.data_directory + "/pg_ident.conf";
  settings["listen_addresses"] = postgres.listen_host;
  settings["port"] = std::to_string(postgres.port);
  settings["primary_conninfo"] =
      role.upstream ? replication_conninfo(*role.upstream, role.paths,
                                           application_name(role.node, role.epoch),
                                           replication_key_file(role.paths, role.epoch))
                    : "";
  settings["primary_slot_name"] = role.upstream ? slot_name(role.node) : "";
  settings["ssl_ca_file"] = role.paths.ca_file;
  settings["ssl_cert_file"] = role.paths.certificate_file;
  settings["ssl_key_file"] = role.paths.key_file;
  settings["synchronous_standby_names"] = role.sync_names;
  settings["unix_socket_directories"] = role.paths.socket_directory;
  return settings;
}

std::string lines_of(const Settings& settings) {
  std::string text;
  for (const auto& [name, value] : settings)
    text += name + " = " + quote_setting(value) + "\n";
  return text;
}

std::string quote_hba(const std::string& word) {
  std::string quoted = "\"";
  for (const char c : word)
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
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

std::string client_rules(const PostgresGoal& postgres) {
  // A rule of the spec must not let anybody replicate without a certificate: detaching relies on
  // it.
  const std::string role(kReplicationRole);
  std::string text = "host all,replication " + role + " all reject\n";
  text += "local all,replication " + role + " reject\n";
  for (const HbaRule& rule : postgres.hba) {
    text += hba_word(rule.type) + " " + hba_word(rule.database) + " " + hba_word(rule.user);
    if (rule.type != "local") text += " " + hba_word(rule.address);
    text += hba_method(rule.method) + "\n";
  }
  text += "hostssl " + quote_hba(postgres.database) + " " + quote_hba(postgres.username) +
          " all scram-sha-256\n";
  return text;
}

std::string hba_text(const PostgresGoal& postgres, const SettingsRole& role) {
  const std::string replication(kReplicationRole);
  std::string text = "local all " + std::string(kAgentRole) + " peer map=hactl_agent\n";
  text += "hostssl replication " + replication + " all cert map=hactl_nodes\n";
  // pg_rewind reads files through an ordinary session.
  text +=
      "hostssl " + std::string(kAgentDatabase) + " " + replication + " all cert map=hactl_nodes\n";
  if (role.gate_open) text += client_rules(postgres);
  return text + "host all all all reject\nlocal all all reject\n";
}

std::string ident_text(const PostgresGoal& postgres, const SettingsRole& role) {
  std::string text =
      "hactl_agent " + quote_hba(role.os_user) + " " + std::string(kAgentRole) + "\n";
  std::vector<std::string> names;
  for (const Peer& peer : postgres.peers)
    names.push_back(certificate_name(peer.name));
  std::ranges::sort(names);
  for (const std::string& name : names) {
    text += "hactl_nodes " + quote_hba(name) + " " + std::string(kReplicationRole) + "\n";
  }
  return text;
}

/// FNV-1a, 64 bit: names contents, is not meant against forgery.
std::string hash_of(std::initializer_list<std::string_view> texts) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  const auto add = [&hash](unsigned char byte) {
    hash ^= byte;
    hash *= 0x100000001B3ULL;
  };
  for (const std::string_view text : texts) {
    for (const char c : text)
      add(static_cast<unsigned char>(c));
    add(0);
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
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string quote_setting(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\n') {
      quoted += "\\n";
      continue;
    }
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

std::string replication_key_file(const AgentPaths& paths, Epoch epoch) {
  return paths.state_directory + "/replication.e" + std::to_string(epoch.value) + ".key";
}

std::string replication_conninfo(const Upstream& upstream, const AgentPaths& paths,
                                 const std::string& application, const std::string& key_file) {
  const std::vector<std::pair<std::string_view, std::string>> values{
      {"host", upstream.host},
      {"port", std::to_string(upstream.port)},
      {"user", std::string(kReplicationRole)},
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
  };
  std::string text;
  for (const auto& [keyword, value] : values) {
    if (!text.empty()) text += ' ';
    text += std::string(keyword) + "=" + quote_conninfo_value(value);
  }
  return text;
}

SettingsFiles render_settings(const PostgresGoal& postgres, const SettingsRole& role) {
  SettingsFiles files;
  // The last line of a name counts: hactl's own settings come after the spec's.
  files.server = "# Written by hactl; changes are overwritten.\n" +
                 lines_of(chosen_settings(postgres, role)) + lines_of(own_settings(postgres, role));
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
  return names_list("ANY 1", {"\"" + std::string(kNobody) + "\""});
}

bool shows_marker(const SyncConfig& sync, const std::vector<SenderView>& senders) {
  return shows(sync, senders, 2, 1);
}

bool shows_any(const SyncConfig& sync, const std::vector<SenderView>& senders) {
  return shows(sync, senders, 1, 0);
}

}  // namespace hactl
