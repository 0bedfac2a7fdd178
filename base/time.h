// Time as an input: durations and instants that cannot be asked for. Only a Scheduler knows now.
#pragma once

#include <chrono>
#include <cstdint>

namespace hactl {

using Duration = std::chrono::milliseconds;
using namespace std::chrono_literals;

/// A clock type without now(): decisions get their instant as an argument.
struct LogicalClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<LogicalClock>;
  static constexpr bool is_steady = true;
};

/// A point on the daemon's monotonic clock (CLOCK_BOOTTIME); means nothing to another process.
using Instant = LogicalClock::time_point;

/// Milliseconds since 1970-01-01T00:00:00Z; for people to read, never for decisions.
struct UtcTime {
  std::int64_t milliseconds = 0;
  friend auto operator<=>(const UtcTime&, const UtcTime&) = default;
};

}  // namespace hactl
