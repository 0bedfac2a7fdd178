// Strong types: a value with a name, so that an Epoch is never passed where a Generation is meant.
#pragma once

#include <compare>
#include <utility>

namespace hactl {

/// A value of type `T` that converts to and from `T` only when asked. Totally ordered when `T` is.
template <typename Tag, typename T>
struct Strong {
  using Value = T;

  constexpr Strong() = default;
  constexpr explicit Strong(T v) : value(std::move(v)) {}

  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
  friend constexpr bool operator==(const Strong&, const Strong&) = default;

  /// The next value; for counters.
  [[nodiscard]] constexpr Strong next() const { return Strong(static_cast<T>(value + 1)); }

  T value{};
};

}  // namespace hactl
