#include "hactl/duration_text.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <system_error>

namespace hactl {
namespace {

struct Unit {
  std::string_view name{};
  std::int64_t milliseconds = 0;
};

// "ms" before "m", because the first that fits is taken.
constexpr std::array kUnits{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
                            Unit{"h", 3'600'000}};

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Duration total{0};
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || number < 0 || number > kDurationMax.count()) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    std::int64_t scale = text.empty() && total.count() == 0 ? 1000 : 0;
    for (const Unit& unit : kUnits) {
      if (scale != 0 || !text.starts_with(unit.name)) continue;
      scale = unit.milliseconds;
      text.remove_prefix(unit.name.size());
    }
    if (scale == 0 || number > kDurationMax.count() / scale) return std::nullopt;
    total += Duration(number * scale);
  }
  if (total > kDurationMax) return std::nullopt;
  return total;
}

}  // namespace hactl
