// What users see of a formation: conditions, the plan being carried out, a row a node.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/goal.h"
#include "model/ids.h"
#include "model/report.h"

namespace hactl {

enum class ConditionStatus { yes, no, unknown };

/// "True", "False" or "Unknown", as Kubernetes writes it.
std::string_view to_string(ConditionStatus status);

struct Condition {
  std::string type;  ///< Available, Durable, Converged, Progressing, PrimaryPreferred.
  ConditionStatus status = ConditionStatus::unknown;
  std::string reason;       ///< CamelCase, never empty.
  std::string message;      ///< A sentence for people.
  UtcTime last_transition;  ///< When `status` last flipped; set by the controller.
  Generation observed_generation;
  friend bool operator==(const Condition&, const Condition&) = default;
};

/// The condition of that type; nullptr when there is none.
const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type);

/// Whether there is that condition, and it is True.
bool is_true(const std::vector<Condition>& conditions, std::string_view type);

/// Something that happened, for `hactl get events`.
struct Event {
  bool warning = false;
  std::string reason;  ///< CamelCase.
  std::string object;  ///< "formation/default" or "node/paris-a".
  std::string message;
  std::uint32_t rule = 0;  ///< The rule that decided it; 0: none.
  Epoch epoch;
  UtcTime time;                   ///< Set by the controller.
  std::uint64_t number = 0;       ///< Set by the store; rises.
  std::set<NodeName> involved{};  ///< The nodes that it is about; set by the controller.
  friend bool operator==(const Event&, const Event&) = default;
};

/// One row of `hactl get nodes`.
struct NodeStatus {
  NodeName name;
  RegionName region;
  std::string host;
  std::uint16_t port = 5432;
  std::string role;  ///< "primary", "sync" (counts for commits), "async", or "-".
  GoalState goal = GoalState::init;
  NodeState state = NodeState::unknown;
  int candidate_priority = 0;
  bool replication_quorum = false;
  TimelineId timeline;
  Lsn lsn;
  std::optional<std::uint64_t> lag_bytes;  ///< Behind the primary; unset: unknown.
  /// How long ago the primary first had WAL that the node lacks, 0 when it lacks none; unset:
  /// unknown.
  std::optional<std::int64_t> lag_seconds;
  bool healthy = false;  ///< Heard from, and it is what its goal asks for.
  std::optional<std::int64_t> heard_ms_ago;
  std::uint32_t rule = 0;  ///< The rule that gave the goal.
  std::string message;     ///< Why it has this goal, or what it waits for.
  friend bool operator==(const NodeStatus&, const NodeStatus&) = default;
};

struct FormationStatus {
  Generation observed_generation;
  Epoch epoch;
  std::string phase;
  std::optional<NodeName> primary;
  std::string sync;  ///< The setting that commits wait for: "ANY 1 (paris-b, paris-c)" or "none".
  std::vector<Condition> conditions;
  std::vector<std::string> steps;       ///< What is still to come, in order; empty when converged.
  std::vector<std::string> done_steps;  ///< Of the same convergence, as far as it was seen.
  std::vector<NodeStatus> nodes;  ///< In the order of the file; nodes on their way out come last.
  friend bool operator==(const FormationStatus&, const FormationStatus&) = default;
};

}  // namespace hactl
