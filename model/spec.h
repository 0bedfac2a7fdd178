// The desired state of a formation, validated: what a user writes, with every default filled in by
// members() and never before, so that what was written can be shown again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/ids.h"

namespace hactl {

/// What commits do when fewer quorum standbys are left than number-sync-standbys asks for.
enum class WhenShort {
  block,    ///< Wait: nothing is acknowledged that too few standbys hold.
  degrade,  ///< Lower the number while standbys are missing, as a recorded change.
};

/// Whether the primary moves back to the preferred node.
enum class Failback {
  on_apply,   ///< When the spec changes; not after an unplanned failover.
  automatic,  ///< As soon as a preferred node is fit.
  never,      ///< Only by `hactl switchover`.
};

/// One line of pg_hba.conf. Fields are validated: no quotes, no control characters, no includes.
struct HbaRule {
  std::string type = "hostssl";  ///< "host" | "hostssl" | "hostnossl" | "local".
  std::string database;
  std::string user;
  std::string address;  ///< CIDR, or empty for "local".
  std::string method = "scram-sha-256";
  friend bool operator==(const HbaRule&, const HbaRule&) = default;
};

struct PostgresSpec {
  /// Major version. 15 is the one that hactl is tested with.
  int version = 15;
  std::uint16_t port = 5432;
  /// The application's database, created when the formation is made.
  std::string database = "appdb";
  /// The application's role, owner of the database.
  std::string username = "ha-admin";
  /// File with the role's password, read by `hactl apply`; empty: the controller makes one up.
  std::string password_file;
  std::string data_directory = "/var/lib/hactl/default";
  /// Server parameters, as text; hactl's own are refused.
  std::map<std::string, std::string> parameters;
  std::vector<HbaRule> hba;
  friend bool operator==(const PostgresSpec&, const PostgresSpec&) = default;
};

struct NodeSpec {
  NodeName name;
  /// IP address or host name under which the other nodes and the clients reach it.
  std::string host;
  /// Preference for promotion, 0..100; 0: never promoted. Unset: the region's.
  std::optional<int> candidate_priority;
  /// Whether its acknowledgement counts for synchronous commits. Unset: the region's.
  std::optional<bool> replication_quorum;
  std::optional<std::uint16_t> port;          ///< Unset: spec.postgres.port.
  std::optional<std::string> data_directory;  ///< Unset: spec.postgres.data-directory.
  /// Its PostgreSQL is kept stopped: whatever the rest says, it is never promoted and no commit
  /// waits for it.
  bool maintenance = false;
  friend bool operator==(const NodeSpec&, const NodeSpec&) = default;
};

struct RegionSpec {
  RegionName name;
  std::string location;                    ///< For people; the cloud's name of the region.
  std::string network;                     ///< CIDR; hosts that are addresses must lie in it.
  std::string subnet;                      ///< CIDR within `network`; likewise.
  std::optional<int> candidate_priority;   ///< Unset: 50.
  std::optional<bool> replication_quorum;  ///< Unset: true.
  std::vector<NodeSpec> nodes;
  friend bool operator==(const RegionSpec&, const RegionSpec&) = default;
};

/// A node with every default resolved. One in maintenance has priority 0 and is of no quorum.
struct Member {
  NodeName name;
  RegionName region;
  std::string host;
  std::uint16_t port = 5432;
  std::string data_directory;
  int candidate_priority = 50;
  bool replication_quorum = true;
  bool maintenance = false;
  friend bool operator==(const Member&, const Member&) = default;
};

/// Where every commit must be before it is acknowledged; the primary and its region count.
struct DurabilitySpec {
  std::optional<int> regions;  ///< In so many regions; unset: 1.
  std::optional<int> nodes;    ///< On so many nodes; unset: what number-sync-standbys comes to.
  friend bool operator==(const DurabilitySpec&, const DurabilitySpec&) = default;
};

struct FormationSpec {
  /// Acknowledgements that a commit waits for. Unset: 1 when there are two quorum nodes, else 0;
  /// more where `durability` needs more.
  std::optional<int> number_sync_standbys;
  DurabilitySpec durability;
  WhenShort when_short = WhenShort::block;
  Failback failback = Failback::on_apply;
  PostgresSpec postgres;
  std::vector<RegionSpec> regions;
  friend bool operator==(const FormationSpec&, const FormationSpec&) = default;

  /// Every node in the order of the file, defaults resolved.
  [[nodiscard]] std::vector<Member> members() const;
  /// How many acknowledgements commits wait for: number-sync-standbys, or what durability needs.
  [[nodiscard]] int sync_standbys() const;
  /// Who is primary while all nodes are well: the highest candidate-priority, then the first name.
  /// Requires a node.
  [[nodiscard]] NodeName usual_primary() const;
};

/// What a user writes: the envelope and the spec.
struct Formation {
  FormationName name;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  FormationSpec spec;
  friend bool operator==(const Formation&, const Formation&) = default;
};

}  // namespace hactl
