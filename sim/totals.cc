#include "sim/totals.h"

#include <cstddef>
#include <sstream>

namespace hactl {

namespace {

std::string tenths(double value) {
  const auto rounded = static_cast<std::uint64_t>(value * 10 + 0.5);
  return std::to_string(rounded / 10) + "." + std::to_string(rounded % 10);
}

}  // namespace

void Totals::add(const RunResult& result) {
  ++runs;
  if (!result.violation.empty()) ++violations;
  steps += result.steps;
  acknowledged += result.acknowledged;
  primaries += static_cast<std::uint64_t>(result.primaries);
  failovers += static_cast<std::uint64_t>(result.failovers);
  simulated_ms += static_cast<std::uint64_t>(result.simulated.count());
  for (const auto& [kind, count] : result.faults)
    faults[kind] += count;
  for (const auto& [rule, count] : result.rules)
    rules[rule] += count;
}

void Totals::add(const Totals& other) {
  runs += other.runs;
  violations += other.violations;
  steps += other.steps;
  acknowledged += other.acknowledged;
  primaries += other.primaries;
  failovers += other.failovers;
  simulated_ms += other.simulated_ms;
  for (const auto& [kind, count] : other.faults)
    faults[kind] += count;
  for (const auto& [rule, count] : other.rules)
    rules[rule] += count;
}

std::string Totals::summary(double seconds) const {
  constexpr double kMsAnHour = 3'600'000.0;
  std::uint64_t injected = 0;
  for (const auto& [kind, times] : faults)
    injected += times;
  std::ostringstream out;
  out << runs << " runs, " << violations << " violations, "
      << tenths(static_cast<double>(simulated_ms) / kMsAnHour) << " simulated hours in "
      << tenths(seconds) << " s, "
      << static_cast<std::uint64_t>(static_cast<double>(steps) / seconds) << " steps/s\n"
      << acknowledged << " commits acknowledged, " << primaries << " times a primary opened, "
      << failovers << " failovers, " << injected << " faults and edits\nfaults and edits:";
  for (const auto& [kind, times] : faults)
    out << ' ' << to_string(kind) << ' ' << times;
  out << '\n' << rules.size() << " rules fired:";
  for (const auto& [rule, times] : rules)
    out << ' ' << rule << ':' << times;
  out << '\n';
  return out.str();
}

std::string Totals::to_text() const {
  std::ostringstream out;
  out << runs << ' ' << violations << ' ' << steps << ' ' << acknowledged << ' ' << primaries << ' '
      << failovers << ' ' << simulated_ms << ' ' << faults.size();
  for (const auto& [kind, count] : faults)
    out << ' ' << static_cast<int>(kind) << ' ' << count;
  out << ' ' << rules.size();
  for (const auto& [rule, count] : rules)
    out << ' ' << rule << ' ' << count;
  return out.str();
}

Totals Totals::from_text(const std::string& text) {
  Totals totals;
  std::istringstream in(text);
  std::size_t count = 0;
  in >> totals.runs >> totals.violations >> totals.steps >> totals.acknowledged >>
      totals.primaries >> totals.failovers >> totals.simulated_ms >> count;
  for (; count > 0; --count) {
    int kind = 0;
    in >> kind;
    in >> totals.faults[static_cast<FaultKind>(kind)];
  }
  in >> count;
  for (; count > 0; --count) {
    std::uint32_t rule = 0;
    in >> rule;
    in >> totals.rules[rule];
  }
  return totals;
}

}  // namespace hactl
