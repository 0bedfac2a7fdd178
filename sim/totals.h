// Totals: what many runs come to, for the summary that hactl-sim prints.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/run.h"

namespace hactl {

struct Totals {
  std::uint64_t runs = 0;
  std::uint64_t violations = 0;
  std::uint64_t steps = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t primaries = 0;
  std::uint64_t failovers = 0;
  std::uint64_t simulated_ms = 0;
  std::map<FaultKind, std::uint64_t> faults;
  std::map<std::uint32_t, std::uint64_t> rules;

  void add(const RunResult& result);
  void add(const Totals& other);

  /// The summary, several lines; `seconds` is how long it took.
  [[nodiscard]] std::string summary(double seconds) const;

  /// As text without line breaks, for another process, and back.
  [[nodiscard]] std::string to_text() const;
  static Totals from_text(const std::string& text);
};

}  // namespace hactl
