#include "model/parameter_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "model/validate.h"

namespace hactl {
namespace {

struct Refusal {
  std::string_view name;
  std::string_view why;
};

constexpr std::string_view kOwn = "hactl sets it itself";
constexpr std::string_view kLayout = "hactl decides where a node's files are and where it listens";
constexpr std::string_view kCommand = "PostgreSQL would run it as a program";
constexpr std::string_view kLibrary = "PostgreSQL would load it into the server";
constexpr std::string_view kDurable = "hactl keeps it as it must be for commits to survive a crash";
constexpr std::string_view kReplication = "hactl decides how nodes replicate";
constexpr std::string_view kTls = "hactl's certificates are the node's certificates";
constexpr std::string_view kInclude = "parameters come from the formation only";

constexpr std::array kRefusedNames{
    Refusal{"allow_alter_system", kOwn},
    Refusal{"allow_in_place_tablespaces", kLayout},
    Refusal{"bonjour", kLayout},
    Refusal{"cluster_name", kOwn},
    Refusal{"config_file", kLayout},
    Refusal{"data_directory", kLayout},
    Refusal{"data_sync_retry", kDurable},
    Refusal{"default_transaction_read_only", kOwn},
    Refusal{"external_pid_file", kLayout},
    Refusal{"fsync", kDurable},
    Refusal{"full_page_writes", kDurable},
    Refusal{"hba_file", kLayout},
    Refusal{"hot_standby", kReplication},
    Refusal{"ident_file", kLayout},
    Refusal{"ignore_checksum_failure", kDurable},
    Refusal{"jit_provider", kLibrary},
    Refusal{"listen_addresses", kLayout},
    Refusal{"log_replication_commands", kOwn},
    Refusal{"port", "write it as spec.postgres.port, or as a node's port"},
    Refusal{"primary_conninfo", kReplication},
    Refusal{"primary_slot_name", kReplication},
    Refusal{"promote_trigger_file", kReplication},
    Refusal{"restart_after_crash", "hactl decides whether a crashed primary may come back"},
    Refusal{"synchronous_standby_names",
            "it follows from spec.number-sync-standbys and the nodes' replication-quorum"},
    Refusal{"transaction_read_only", kOwn},
    Refusal{"wal_log_hints", kDurable},
    Refusal{"wal_receiver_status_interval", kReplication},
    Refusal{"wal_receiver_timeout", kReplication},
    Refusal{"wal_retrieve_retry_interval", kReplication},
    Refusal{"wal_sender_timeout", kReplication},
    Refusal{"zero_damaged_pages", kDurable},
};

constexpr std::array kRefusedPrefixes{
    Refusal{"hactl.", kOwn},
    Refusal{"include", kInclude},
    Refusal{"recovery_target", kReplication},
    Refusal{"ssl", kTls},
    Refusal{"unix_socket_", kLayout},
};

/// Libraries of PostgreSQL itself that only observe or warm up.
constexpr std::array<std::string_view, 4> kPreloadable{"auto_explain", "auth_delay", "pg_prewarm",
                                                       "pg_stat_statements"};

/// Sorted. Those that a formation may not set are left out.
constexpr std::array<std::string_view, 31> kTakeARestart{"archive_mode",
                                                         "autovacuum_freeze_max_age",
                                                         "autovacuum_max_workers",
                                                         "autovacuum_multixact_freeze_max_age",
                                                         "bonjour_name",
                                                         "dynamic_shared_memory_type",
                                                         "event_source",
                                                         "huge_page_size",
                                                         "huge_pages",
                                                         "ignore_invalid_pages",
                                                         "logging_collector",
                                                         "max_connections",
                                                         "max_files_per_process",
                                                         "max_locks_per_transaction",
                                                         "max_logical_replication_workers",
                                                         "max_pred_locks_per_transaction",
                                                         "max_prepared_transactions",
                                                         "max_replication_slots",
                                                         "max_wal_senders",
                                                         "max_worker_processes",
                                                         "min_dynamic_shared_memory",
                                                         "old_snapshot_threshold",
                                                         "shared_buffers",
                                                         "shared_memory_type",
                                                         "shared_preload_libraries",
                                                         "superuser_reserved_connections",
                                                         "track_activity_query_size",
                                                         "track_commit_timestamp",
                                                         "wal_buffers",
                                                         "wal_decode_buffer_size",
                                                         "wal_level"};

bool is_parameter_name(std::string_view name) {
  const auto first = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  if (name.empty() || name.size() > kIdentifierBytesMax || !first(name.front())) return false;
  return std::ranges::all_of(
      name, [&](char c) { return first(c) || (c >= '0' && c <= '9') || c == '.'; });
}

std::string one_of(std::string_view value, std::initializer_list<std::string_view> allowed) {
  std::string list;
  for (const std::string_view word : allowed) {
    if (word == value) return "";
    list += (list.empty() ? "" : ", ") + std::string(word);
  }
  return "\"" + std::string(value) + "\" is not one of " + list;
}

std::string preload_objection(std::string_view value) {
  while (true) {
    const auto comma = value.find(',');
    std::string_view library = value.substr(0, comma);
    library.remove_prefix(std::min(library.find_first_not_of(' '), library.size()));
    const auto end = library.find_last_not_of(' ');
    library = library.substr(0, end == std::string_view::npos ? 0 : end + 1);
    if (!library.empty() && std::ranges::find(kPreloadable, library) == kPreloadable.end()) {
      return "the library \"" + std::string(library) +
             "\" may not be loaded; only auto_explain, auth_delay, pg_prewarm and "
             "pg_stat_statements may";
    }
    if (comma == std::string_view::npos) return "";
    value.remove_prefix(comma + 1);
  }
}

std::string at_least(std::string_view value, int low) {
  int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool whole = error == std::errc{} && end == value.data() + value.size();
  if (whole && number >= low) return "";
  return "\"" + std::string(value) + "\" is not a whole number of at least " + std::to_string(low);
}

/// Parameters of which only some values keep what hactl promises; nullopt: any other parameter.
std::optional<std::string> value_objection(std::string_view name, std::string_view value) {
  if (name == "wal_level") return one_of(value, {"replica", "logical"});
  if (name == "synchronous_commit") return one_of(value, {"on", "remote_apply"});
  if (name == "shared_preload_libraries") return preload_objection(value);
  // The agent needs sessions of its own when clients have used up all others.
  if (name == "superuser_reserved_connections") return at_least(value, 3);
  return std::nullopt;
}

std::string refused(std::string_view why) {
  return "may not be set here: " + std::string(why);
}

}  // namespace

std::string parameter_objection(std::string_view name, std::string_view value) {
  if (!is_parameter_name(name)) {
    return "is not a parameter name: lower-case letters, digits, \"_\" and \".\"";
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; };
  if (std::ranges::any_of(value, control)) return "has a line end or another control character";
  if (value.size() > kTextBytesMax) {
    return "is longer than " + std::to_string(kTextBytesMax) + " bytes";
  }
  if (const auto objection = value_objection(name, value)) return *objection;
  const auto exact = std::ranges::find(kRefusedNames, name, &Refusal::name);
  if (exact != kRefusedNames.end()) return refused(exact->why);
  for (const Refusal& refusal : kRefusedPrefixes) {
    if (name.starts_with(refusal.name)) return refused(refusal.why);
  }
  if (name.ends_with("_command")) return refused(kCommand);
  if (name.find("_librar") != std::string_view::npos) return refused(kLibrary);
  return "";
}

bool takes_a_restart(std::string_view name) {
  return std::ranges::binary_search(kTakeARestart, name);
}

std::vector<std::string> changed_parameters(const std::map<std::string, std::string>& before,
                                            const std::map<std::string, std::string>& after) {
  std::vector<std::string> changed;
  std::map<std::string, std::string> all = before;
  all.insert(after.begin(), after.end());
  for (const auto& [name, value] : all) {
    const auto was = before.find(name);
    const auto is = after.find(name);
    const bool same = was != before.end() && is != after.end() && was->second == is->second;
    if (!same) changed.push_back(name);
  }
  return changed;
}

}  // namespace hactl
