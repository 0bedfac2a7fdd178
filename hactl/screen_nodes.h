// The nodes of a formation as part of a screen: regions as groups, a row a node, and below a node
// that is not well what it says.
#pragma once

#include <cstddef>
#include <vector>

#include "hactl/screen_line.h"
#include "model/status.h"

namespace hactl {

/// How much room there is.
struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
  friend bool operator==(const ScreenSize&, const ScreenSize&) = default;
};

/// The lines, as they fit: where columns are short, the least important are left out; where rows
/// are, first regions and what nodes say, then nodes that are well.
std::vector<ScreenLine> node_lines(const FormationStatus& status, ScreenSize room);

}  // namespace hactl
