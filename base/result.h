// Result<T>: a value or an Error. Operating errors travel as values, never as exceptions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace hactl {

/// One code for each way in which a caller can react.
enum class ErrorCode {
  invalid,      ///< The request or the file is wrong: tell the user where. HTTP 400 or 422.
  forbidden,    ///< The caller may not do this. HTTP 403.
  not_found,    ///< The thing does not exist. HTTP 404.
  conflict,     ///< The world moved: read again, then decide again. HTTP 409.
  unavailable,  ///< Nobody answers now: try again later. HTTP 503.
  timed_out,    ///< No answer within the deadline; the outcome is unknown. HTTP 504.
  corrupt,      ///< Stored data is damaged or foreign: stop and ask a human. HTTP 500.
  internal,     ///< A defect of hactl or of a library. HTTP 500.
};

/// The code's name on the wire: "invalid", "not_found", …
std::string_view to_string(ErrorCode code);

/// What failed: a code to react to and a sentence to read, "doing what, on what: why".
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;

  /// The same error with what was being done in front: "publish goals: <message>".
  [[nodiscard]] Error within(std::string_view doing) const {
    return Error{code, std::string(doing) + ": " + message};
  }
};

/// The result of an operation that returns nothing.
struct Done {};

/// A `T`, or the Error that prevented it.
template <typename T = Done>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  /// Requires ok().
  const T& value() const& {
    HACTL_CHECK(ok());
    return std::get<T>(state_);
  }
  T& value() & {
    HACTL_CHECK(ok());
    return std::get<T>(state_);
  }
  T&& value() && {
    HACTL_CHECK(ok());
    return std::get<T>(std::move(state_));
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  /// Requires !ok().
  [[nodiscard]] const Error& error() const {
    HACTL_CHECK(!ok());
    return std::get<Error>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

}  // namespace hactl
