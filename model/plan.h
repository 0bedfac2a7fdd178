// The planner's answer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/goal.h"
#include "model/record.h"
#include "model/status.h"

namespace hactl {

/// Why a node, or the formation, got what it got.
struct Decision {
  std::optional<NodeName> node;  ///< Unset: the formation.
  std::uint32_t rule = 0;
  std::string why;
  friend bool operator==(const Decision&, const Decision&) = default;
};

/// A node whose PostgreSQL the controller should ask itself: what its agent and its standbys say
/// does not suffice.
struct KnockOrder {
  std::string host;
  std::uint16_t port = 5432;
  friend bool operator==(const KnockOrder&, const KnockOrder&) = default;
};

struct Plan {
  /// The next durable decision: store it by compare-and-swap, then plan again. While it is set,
  /// `goals` are still those of the record before it.
  std::optional<FormationRecord> record;
  std::map<NodeName, Goal> goals;
  std::vector<Event> events;        ///< To be stored together with `record`.
  std::vector<Decision> decisions;  ///< One for each goal, and those of the formation.
  std::vector<Condition> conditions;
  std::map<NodeName, KnockOrder> knocks;  ///< Whom to knock at now, unless that is under way.
  /// The first instant at which the same inputs would give another answer.
  std::optional<Instant> wake_at;
  /// Every node has been let go and the formation may be forgotten.
  bool deleted = false;
};

/// The last word about the formation as a whole; nullptr: nothing is to be decided about it.
const Decision* formation_decision(const Plan& plan);

}  // namespace hactl
