// One text of many.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace hactl {

/// "a, b, c": the texts of a range, in its order. \param text  What of each is meant; by itself,
/// it.
template <typename Range, typename Text = std::identity>
std::string join(const Range& range, std::string_view between = ", ", Text text = {}) {
  std::string all;
  bool first = true;
  for (const auto& each : range) {
    if (!first) all += between;
    all += std::invoke(text, each);
    first = false;
  }
  return all;
}

}  // namespace hactl
