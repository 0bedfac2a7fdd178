// The number of an event, made from the version that its write got: the store and the loop agree on
// it without telling each other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace hactl {

/// Events that one write may bring; what a plan says at one time is a handful.
inline constexpr std::uint64_t kEventsPerWriteMax = 1'000;

/// Number of the event at `index` of the write that made `version`. Rises with both.
constexpr std::uint64_t event_number(std::uint64_t version, std::size_t index) {
  return version * kEventsPerWriteMax +
         std::min<std::uint64_t>(static_cast<std::uint64_t>(index), kEventsPerWriteMax - 1);
}

/// The version of the write that brought the event.
constexpr std::uint64_t event_version(std::uint64_t number) {
  return number / kEventsPerWriteMax;
}

}  // namespace hactl
