// Interner: gives equal values one number, so that a state of the whole formation is a handful of
// numbers, and what follows from a value is worked out once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

namespace hactl::check {

/// Number of an interned value; they count from 0 in the order of their first appearance.
using Id = std::uint32_t;
inline constexpr Id kNoId = std::numeric_limits<Id>::max();

/// 64 well-mixed bits from the bytes of a value that has no padding.
inline std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9FB21C651E98DF25ULL;
  hash ^= hash >> 29U;
  hash *= 0xC4CEB9FE1A85EC53ULL;
  return hash ^ (hash >> 32U);
}

/// `T` needs operator== and `std::uint64_t fingerprint(const T&)`, found by argument. A fingerprint
/// may leave fields out: values are always compared whole.
template <typename T>
class Interner {
 public:
  /// The number of `value`. References to interned values stay good.
  Id operator()(const T& value) {
    if (10 * (values_.size() + 1) > 7 * slots_.size()) grow();
    const std::uint64_t print = fingerprint(value);
    const auto mark = static_cast<std::uint32_t>(print >> 32U);
    std::size_t at = print & (slots_.size() - 1);
    while (slots_[at].id != kNoId) {
      if (slots_[at].mark == mark && values_[slots_[at].id] == value) return slots_[at].id;
      at = (at + 1) & (slots_.size() - 1);
    }
    const Id id = static_cast<Id>(values_.size());
    values_.push_back(value);
    slots_[at] = Slot{id, mark};
    return id;
  }

  [[nodiscard]] const T& operator[](Id id) const { return values_[id]; }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  struct Slot {
    Id id = kNoId;
    std::uint32_t mark = 0;
  };

  void grow() {
    constexpr std::size_t kSlotsMin = 64;
    slots_.assign(slots_.empty() ? kSlotsMin : 2 * slots_.size(), Slot{});
    for (Id id = 0; id < values_.size(); ++id) {
      const std::uint64_t print = fingerprint(values_[id]);
      std::size_t at = print & (slots_.size() - 1);
      while (slots_[at].id != kNoId)
        at = (at + 1) & (slots_.size() - 1);
      slots_[at] = Slot{id, static_cast<std::uint32_t>(print >> 32U)};
    }
  }

  std::deque<T> values_;
  std::vector<Slot> slots_;
};

}  // namespace hactl::check
