// Warnings: what the server, or a file, warns of, on standard error: each once in a command.
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "hactl/terminal.h"

namespace hactl {

/// Different warnings that one command prints; the rest is only counted.
inline constexpr std::size_t kWarningsPrintedMax = 64;

/// The terminal outlives it.
class Warnings {
 public:
  explicit Warnings(Terminal& terminal) : terminal_(terminal) {}

  /// Prints "Warning: text", as kubectl does, unless that was said already.
  void add(const std::string& text);

  /// How many different ones there were.
  [[nodiscard]] std::size_t count() const { return said_.size(); }

 private:
  Terminal& terminal_;
  std::set<std::string> said_{};
};

}  // namespace hactl
