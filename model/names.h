// The names that hactl gives to things inside PostgreSQL.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/ids.h"

namespace hactl {

/// The role under which standbys stream and pg_rewind reads; logs in by certificate only.
inline constexpr std::string_view kReplicationRole = "hactl_replication";
/// The superuser that the agent works as, over the local socket only.
inline constexpr std::string_view kAgentRole = "postgres";
/// Database of hactl's own schema.
inline constexpr std::string_view kAgentDatabase = "postgres";
/// What the agent's own session calls itself; never ended with the clients'.
inline constexpr std::string_view kAgentApplication = "hactl_agent";
/// Stands in synchronous_standby_names where nobody may match.
inline constexpr std::string_view kNobody = "hactl_none";

/// The name a standby streams under, "hactl_paris-b_e7": a standby that has not promised the
/// primary's epoch can never count for its commits.
std::string application_name(const NodeName& node, Epoch epoch);

/// Reads application_name() back; nullopt for other names.
std::optional<std::pair<NodeName, Epoch>> parse_application_name(std::string_view text);

/// A node's replication slot, "hactl_paris_b".
std::string slot_name(const NodeName& node);

/// The common name of a node's certificate, "node:paris-a".
std::string certificate_name(const NodeName& node);

}  // namespace hactl
