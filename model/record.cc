#include "model/record.h"

#include <array>
#include <utility>

namespace hactl {
namespace {

constexpr std::array<std::pair<Phase, std::string_view>, 6> kPhases{{
    {Phase::bootstrap, "bootstrap"},
    {Phase::stable, "stable"},
    {Phase::reconfigure, "reconfigure"},
    {Phase::switchover, "switchover"},
    {Phase::collect, "collect"},
    {Phase::promote, "promote"},
}};

}  // namespace

std::string_view to_string(Phase phase) {
  for (const auto& [value, name] : kPhases) {
    if (value == phase) return name;
  }
  return "unknown";
}

std::optional<Phase> parse_phase(std::string_view text) {
  for (const auto& [value, name] : kPhases) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace hactl
