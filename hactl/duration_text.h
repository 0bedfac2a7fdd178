// Durations as users write them: "30s", "5m", "500ms", "1h", or a number of seconds.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace hactl {

/// The longest duration: a week.
inline constexpr Duration kDurationMax{std::int64_t{7} * 24 * 3600 * 1000};

/// Reads "1m30s" and the like; nullopt when it is none, or is longer than kDurationMax.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace hactl
