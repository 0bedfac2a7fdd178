// The rules that a formation must keep beyond its shape: ranges, names, addresses, and what its
// parts must be to each other. Everything that reaches the planner has passed here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/spec.h"

namespace hactl {

/// Labels, and annotations, of one formation.
inline constexpr std::size_t kLabelsMax = 64;
/// Length of an annotation, or of any other text of a formation that has no closer limit.
inline constexpr std::size_t kTextBytesMax = 4'096;
/// PostgreSQL's limit for identifiers (NAMEDATALEN - 1).
inline constexpr std::size_t kIdentifierBytesMax = 63;
/// Major versions that a formation may name. Older ones lack what hactl relies on (pg_promote and
/// reloadable primary_conninfo); newer ones have not been seen.
inline constexpr int kPostgresVersionMin = 13;
inline constexpr int kPostgresVersionMax = 17;
inline constexpr int kCandidatePriorityMax = 100;

/// A rule that is broken, and by which field: "spec.regions[0].nodes[1].candidate-priority".
struct FieldProblem {
  std::string field;
  std::string message;
  friend bool operator==(const FieldProblem&, const FieldProblem&) = default;
};

/// Whether `text` may name a formation, region or node: `[a-z]([a-z0-9-]*[a-z0-9])?`, at most
/// kNameBytesMax long. Reserved words are a matter of validate_fields().
bool is_name(std::string_view text);

/// What is wrong with each value by itself.
std::vector<FieldProblem> validate_fields(const Formation& formation);

/// What is wrong with the values together: duplicates, too few quorum nodes, hosts outside their
/// region's network. Means something only when validate_fields() finds nothing in the same fields.
std::vector<FieldProblem> validate_together(const Formation& formation);

/// Both of the above; empty: the formation is valid.
std::vector<FieldProblem> validate(const Formation& formation);

}  // namespace hactl
