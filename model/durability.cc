#include "model/durability.h"

#include <algorithm>
#include <functional>

namespace hactl {
namespace {

/// The region, other than `own`, of which the fewest are chosen and more are there.
std::optional<RegionName> next_to_raise(const RegionCounts& there, const RegionCounts& chosen,
                                        const RegionName& own) {
  std::optional<RegionName> next;
  for (const auto& [region, count] : there) {
    if (region == own || chosen.at(region) == count) continue;
    if (!next || chosen.at(region) < chosen.at(*next)) next = region;
  }
  return next;
}

/// How many to wait for in each region.
RegionCounts choose_counts(const Reach& reach, const RegionName& own, const RegionCounts& there) {
  if (reach.regions == 0) return there;
  RegionCounts chosen;
  for (const auto& [region, count] : there)
    chosen[region] = 0;
  // The lowest first: what it costs to raise it, it costs at least to raise any other.
  while (const auto next = next_to_raise(there, chosen, own)) {
    ++chosen[*next];
    if (most_within(chosen, own, reach.regions - 1) < reach.acks) continue;
    --chosen[*next];
    break;
  }
  const auto here = there.find(own);
  if (here == there.end()) return chosen;
  const int left = reach.acks - 1 - most_within(chosen, own, reach.regions - 1);
  chosen[own] = std::min(here->second, std::max(left, 0));
  return chosen;
}

}  // namespace

Reach reach_of(const FormationSpec& spec) {
  return {spec.sync_standbys(), spec.durability.regions.value_or(1) - 1};
}

Reach reach_from_anywhere(const FormationSpec& spec) {
  const int regions = spec.durability.regions.value_or(1);
  if (regions == 1) return reach_of(spec);
  return {std::max(spec.sync_standbys(), regions), regions};
}

bool asks_for_durability(const FormationSpec& spec) {
  return spec.durability.regions.value_or(1) > 1 || spec.durability.nodes.value_or(1) > 1;
}

std::string to_string(const DurabilitySpec& asked) {
  std::string text;
  if (asked.regions.value_or(1) > 1) text = std::to_string(*asked.regions) + " regions";
  if (asked.nodes.value_or(1) <= 1) return text;
  return text + (text.empty() ? "" : " and ") + std::to_string(*asked.nodes) + " nodes";
}

int most_within(const RegionCounts& standbys, const RegionName& own, int others) {
  std::vector<int> elsewhere;
  int total = 0;
  for (const auto& [region, count] : standbys) {
    if (region == own) {
      total = count;
    } else {
      elsewhere.push_back(count);
    }
  }
  std::ranges::sort(elsewhere, std::greater{});
  for (std::size_t i = 0; i < elsewhere.size() && static_cast<int>(i) < others; ++i)
    total += elsewhere[i];
  return total;
}

int regions_beside(const RegionCounts& standbys, const RegionName& own, int acks) {
  int regions = 0;
  const auto all = static_cast<int>(standbys.size());
  while (regions < all && most_within(standbys, own, regions) < acks)
    ++regions;
  return regions;
}

RegionCounts regions_of(const FormationSpec& spec, const RegionName& own,
                        const std::set<NodeName>& members) {
  RegionCounts counts;
  for (const NodeName& member : members)
    ++counts[region_of(spec, member).value_or(own)];
  return counts;
}

std::set<NodeName> choose_members(const Reach& reach, const RegionName& own,
                                  const std::vector<Member>& ranked) {
  RegionCounts there;
  for (const Member& member : ranked)
    ++there[member.region];
  RegionCounts left = choose_counts(reach, own, there);
  std::set<NodeName> chosen;
  for (const Member& member : ranked) {
    if (left[member.region]-- > 0) chosen.insert(member.name);
  }
  return chosen;
}

std::optional<RegionName> region_of(const FormationSpec& spec, const NodeName& node) {
  for (const RegionSpec& region : spec.regions) {
    if (std::ranges::find(region.nodes, node, &NodeSpec::name) != region.nodes.end()) {
      return region.name;
    }
  }
  return std::nullopt;
}

bool meets_durability(const FormationSpec& spec, const SyncConfig& config) {
  const Reach reach = reach_of(spec);
  if (config.required < reach.acks) return false;
  if (reach.regions == 0) return true;
  const std::optional<RegionName> own = region_of(spec, config.primary);
  return own && regions_beside(regions_of(spec, *own, config.members), *own, config.required) >=
                    reach.regions;
}

SyncConfig setting_when_well(const FormationSpec& spec, const NodeName& primary) {
  std::vector<Member> ranked = spec.members();
  std::erase_if(ranked, [&](const Member& member) {
    return member.name == primary || !member.replication_quorum;
  });
  std::ranges::sort(ranked, {}, &Member::name);
  const RegionName own = region_of(spec, primary).value_or(RegionName());
  SyncConfig setting;
  setting.primary = primary;
  setting.members = choose_members(reach_of(spec), own, ranked);
  setting.required = std::min(spec.sync_standbys(), static_cast<int>(setting.members.size()));
  if (setting.required == 0) setting.members.clear();
  return setting;
}

}  // namespace hactl
