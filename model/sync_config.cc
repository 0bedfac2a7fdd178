#include "model/sync_config.h"

#include <algorithm>

namespace hactl {

bool covers(const std::set<NodeName>& asked, const SyncConfig& config) {
  if (asked.contains(config.primary)) return true;
  const auto missing = std::ranges::count_if(
      config.members, [&](const NodeName& member) { return !asked.contains(member); });
  return missing < config.required;
}

bool covers_all(const std::set<NodeName>& asked, const std::vector<SyncConfig>& in_force) {
  return std::ranges::all_of(in_force,
                             [&](const SyncConfig& config) { return covers(asked, config); });
}

std::string to_string(const SyncConfig& config) {
  if (config.required == 0) return "none";
  std::string text = "ANY " + std::to_string(config.required) + " (";
  std::string separator;
  for (const NodeName& member : config.members) {
    text += separator + member.value;
    separator = ", ";
  }
  return text + ")";
}

}  // namespace hactl
