// What one spec says other than another, in a line a field: for the history of a formation.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/spec.h"

namespace hactl {

/// "number-sync-standbys: 1 -> 2", "paris-b.candidate-priority: unset -> 65", "node paris-d added",
/// "max_connections: 100 -> 120", "postgres.hba changed". Nodes and regions go by their names, and
/// so do parameters. Empty: they are the same.
std::vector<std::string> spec_changes(const FormationSpec& before, const FormationSpec& after);

/// `text` cut to `columns`, with "..." in place of the rest.
std::string cut_short(const std::string& text, std::size_t columns);

}  // namespace hactl
