// Synchronous settings as sets, and the arithmetic that keeps acknowledged commits: which nodes
// must be asked before somebody else may become primary.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"

namespace hactl {

/// One value of synchronous_standby_names that is, or may be, in force: "ANY required (members)" at
/// `primary` in `epoch`. required == 0: commits wait for nobody.
struct SyncConfig {
  Epoch epoch;
  ConfigGeneration generation;
  NodeName primary;
  int required = 0;
  std::set<NodeName> members;  ///< Never contains `primary`.
  friend bool operator==(const SyncConfig&, const SyncConfig&) = default;
};

/// Whether `node` is one of those that may hold a commit by `config`: its primary or a member.
bool has_part(const SyncConfig& config, const NodeName& node);

/// Whether every commit that `config` may have acknowledged is held by some node of `asked` (R3):
/// the primary itself answered, or fewer than `required` members did not.
bool covers(const std::set<NodeName>& asked, const SyncConfig& config);

/// `in_force`, and for each two settings of one epoch what they come to while one follows the
/// other.
///
/// Each walsender follows the setting that it has read, but counts every standby whose own
/// walsender has given it a priority, by whichever of the two. A commit can therefore be let go by
/// as few as the smaller number, of the members of both. Source: PostgreSQL 15, syncrep.c
/// (SyncRepGetCandidateStandbys).
std::vector<SyncConfig> with_mixtures(const std::vector<SyncConfig>& in_force);

/// covers() for every setting that may be in force, mixtures included.
bool covers_all(const std::set<NodeName>& asked, const std::vector<SyncConfig>& in_force);

/// "ANY 1 (paris-b, paris-c)", or "none".
std::string to_string(const SyncConfig& config);

/// The number and the members that to_string() has written; unset: it is no such text.
std::optional<SyncConfig> parse_setting(std::string_view text);

}  // namespace hactl
