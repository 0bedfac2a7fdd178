// The settings files of a node as text: hactl.conf, and the managed blocks of pg_hba.conf and
// pg_ident.conf. Pure: the same input gives the same bytes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/action.h"
#include "model/goal.h"
#include "model/ids.h"
#include "model/limits.h"
#include "model/local.h"
#include "model/report.h"
#include "model/sync_config.h"

namespace hactl {

/// Least max_wal_senders and max_replication_slots: two a node, and some for base backups and
/// people. They change with a restart only, so they follow the number of nodes in one step, not one
/// by one.
inline constexpr std::size_t kFewNodes = 16;
inline constexpr int kSendersOfFew = 40;
inline constexpr int kSendersOfMany = 140;
static_assert(kSendersOfMany > 2 * kNodesMax);

/// Whom PostgreSQL lets in.
enum class Gate {
  sealed,  ///< Its agent alone: it has yet to be seen whether the data is all that the node had.
  closed,  ///< The other nodes as well, for its WAL. Transactions are read-only by default.
  open,    ///< Clients, too.
};

/// What of the settings depends on the node and on what it is just now.
struct SettingsRole {
  NodeName node;
  std::optional<Upstream> upstream{};  ///< Unset: detached, primary_conninfo is empty.
  Epoch epoch;  ///< Of the attachment: in the name it streams under and the credential's path.
  Gate gate = Gate::closed;
  std::string sync_names{};  ///< The value of synchronous_standby_names.
  /// Settings that a standby may not have lower than its primary, as pg_control has them.
  std::map<std::string, int> at_least{};
  AgentPaths paths{};
  std::string os_user = "postgres";  ///< As whom the agent logs in over the socket.
  friend bool operator==(const SettingsRole&, const SettingsRole&) = default;
};

/// The files; SettingsFiles::id is a hash of all of them and stands in hactl.conf.
SettingsFiles render_settings(const PostgresGoal& postgres, const SettingsRole& role);

/// The copy of the node's key with which it streams in `epoch`: "…/replication.e7.key". Without it
/// no WAL receiver of that epoch can log in again.
std::string replication_key_file(const AgentPaths& paths, Epoch epoch);

/// A libpq connection string as hactl's role to `upstream`, TLS with both certificates checked.
/// `application` is the name shown there; `key_file` the private key to use.
std::string replication_conninfo(const Upstream& upstream, const AgentPaths& paths,
                                 const std::string& application, const std::string& key_file);

/// `value` as libpq wants it after `keyword=`, quoted.
std::string quote_conninfo_value(const std::string& value);

/// `value` as a string in postgresql.conf, quoted.
std::string quote_setting(const std::string& value);

/// The setting that `sync` stands for: `ANY 1 ("hactl_paris-b_e3", "hactl_paris-c_e3")`; empty when
/// commits wait for nobody.
std::string any_names(const SyncConfig& sync);

/// At least as strict as any_names(), and told from every other setting by the priorities that
/// walsenders show under it: `FIRST 1 ("hactl_g5", "hactl_paris-b_e3", …)`. Empty like any_names().
std::string marker_names(const SyncConfig& sync);

/// What a standby has: never empty, so that its checkpointer knows before any promotion that
/// commits must wait; and nobody may match.
std::string sync_names_for_standby();

/// Whether every walsender that could acknowledge for `sync` has taken marker_names() into use:
/// members show their place in the list (2, 3, …), the others of the epoch 0. Senders that have
/// neither flushed anything nor stream do not count: PostgreSQL shows 0 for them whatever they
/// know.
bool shows_marker(const SyncConfig& sync, const std::vector<SenderView>& senders);

/// The same for any_names(): members show 1, the others 0.
bool shows_any(const SyncConfig& sync, const std::vector<SenderView>& senders);

}  // namespace hactl
