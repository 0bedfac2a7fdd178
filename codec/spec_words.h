// The words for a spec's enumerators: one table for reading and writing.
#pragma once

#include <array>
#include <string_view>

#include "model/spec.h"

namespace hactl {

template <typename Enum>
struct SpecWord {
  Enum value{};
  std::string_view text;
};

inline constexpr std::array<SpecWord<WhenShort>, 2> kWhenShortWords{{
    {WhenShort::block, "block"},
    {WhenShort::degrade, "degrade"},
}};

inline constexpr std::array<SpecWord<Failback>, 3> kFailbackWords{{
    {Failback::on_apply, "on-apply"},
    {Failback::automatic, "automatic"},
    {Failback::never, "never"},
}};

/// The word for `value`. Requires that the table has one.
template <typename Enum, std::size_t Count>
std::string_view word_of(const std::array<SpecWord<Enum>, Count>& words, Enum value) {
  for (const SpecWord<Enum>& word : words) {
    if (word.value == value) return word.text;
  }
  return "";
}

}  // namespace hactl
