#include "model/sync_config.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace hactl {

bool covers(const std::set<NodeName>& asked, const SyncConfig& config) {
  if (asked.contains(config.primary)) return true;
  const auto missing = std::ranges::count_if(
      config.members, [&](const NodeName& member) { return !asked.contains(member); });
  return missing < config.required;
}

std::vector<SyncConfig> with_mixtures(const std::vector<SyncConfig>& in_force) {
  std::vector<SyncConfig> all = in_force;
  for (auto one = in_force.begin(); one != in_force.end(); ++one) {
    for (auto other = std::next(one); other != in_force.end(); ++other) {
      if (one->epoch != other->epoch || one->primary != other->primary) continue;
      SyncConfig mixture = *other;
      mixture.required = std::min(one->required, other->required);
      mixture.members.insert(one->members.begin(), one->members.end());
      all.push_back(std::move(mixture));
    }
  }
  return all;
}

bool covers_all(const std::set<NodeName>& asked, const std::vector<SyncConfig>& in_force) {
  const auto known = [&](const SyncConfig& config) { return covers(asked, config); };
  if (in_force.size() < 2) return std::ranges::all_of(in_force, known);
  return std::ranges::all_of(with_mixtures(in_force), known);
}

bool has_part(const SyncConfig& config, const NodeName& node) {
  return config.primary == node || config.members.contains(node);
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

std::optional<SyncConfig> parse_setting(std::string_view text) {
  SyncConfig config;
  if (text == "none") return config;
  constexpr std::string_view kAny = "ANY ";
  if (!text.starts_with(kAny) || !text.ends_with(')')) return std::nullopt;
  text.remove_prefix(kAny.size());
  text.remove_suffix(1);
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), config.required);
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  constexpr std::string_view kOpening = " (";
  if (error != std::errc{} || config.required < 1 || !text.starts_with(kOpening)) {
    return std::nullopt;
  }
  text.remove_prefix(kOpening.size());
  constexpr std::string_view kBetween = ", ";
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = text.find(kBetween);
    const std::string_view name = text.substr(0, end);
    if (name.empty()) return std::nullopt;
    config.members.insert(NodeName(std::string(name)));
    if (end != std::string_view::npos) text.remove_prefix(end + kBetween.size());
  }
  return config;
}

}  // namespace hactl
