// Fingerprints of whole values, by the lists of fields that make JSON of them: without the JSON,
// which costs a hundred times as much. Only codec/ includes this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/fingerprint.h"
#include "codec/wire.h"

namespace hactl::wire {

/// An archive, as Writer is one, that only remembers a number.
class Fingerprinter {
 public:
  template <typename T>
  void operator()(std::string_view key, const T& value) {
    add(key);
    add(value);
  }
  void long_number(std::string_view key, std::uint64_t value) { (*this)(key, value); }
  /// Left out, it leaves the number as it was before there was the field.
  template <typename T>
  void new_field(std::string_view key, const T& value) {
    if (value != T{}) (*this)(key, value);
  }

  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  void add(std::string_view text) {
    number_ = fingerprint(text, number_);
    number_ = fingerprint(std::string_view("\0", 1), number_);
  }

  template <typename T>
  void add(const T& value) {
    if constexpr (std::is_convertible_v<T, std::string_view>) {
      add(std::string_view(value));
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      add(std::string_view(std::to_string(static_cast<std::int64_t>(value))));
    } else if constexpr (requires { value.has_value(); }) {
      add(std::int64_t{value.has_value()});
      if (value) add(*value);
    } else if constexpr (requires { value.begin(); }) {
      add(std::int64_t{std::ssize(value)});
      for (const auto& entry : value)
        add(entry);
    } else if constexpr (requires { value.first; }) {
      add(value.first);
      add(value.second);
    } else if constexpr (requires { value.value; }) {
      add(value.value);
    } else {
      fields(*this, value);
    }
  }

  std::uint64_t number_ = kFingerprintOfNothing;
};

}  // namespace hactl::wire
