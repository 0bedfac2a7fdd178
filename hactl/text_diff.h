// unified_diff(): two texts, line by line, as `diff -u` prints them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hactl {

/// Cells of the comparison table; beyond it the differing middle is shown as replaced whole.
inline constexpr std::size_t kDiffCellsMax = std::size_t{4} << 20U;

/// Unchanged lines shown around a change.
inline constexpr std::size_t kDiffContextLines = 3;

/// One side of a comparison.
struct DiffSide {
  std::string_view name{};
  std::string_view text{};
};

/// The unified diff from `before` to `after`; empty when they are the same.
std::string unified_diff(const DiffSide& before, const DiffSide& after);

}  // namespace hactl
