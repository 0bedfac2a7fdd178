// One stream of random numbers from one seed, the same on every machine. Not for secrets.
#pragma once

#include <cstdint>

#include "base/check.h"

namespace hactl {

/// SplitMix64. Distributions of the standard library are not used: their results differ by library.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
class Prng {
 public:
  explicit Prng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }

  /// A number in [low, high]. Requires low <= high.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    HACTL_CHECK(low <= high);
    const auto span = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<std::int64_t>(span == 0 ? next() : next() % span);
  }

  /// True in `percent` of 100 calls.
  bool chance(int percent) { return between(1, 100) <= percent; }

 private:
  std::uint64_t state_;
};

}  // namespace hactl
