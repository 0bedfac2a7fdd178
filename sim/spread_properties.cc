#include "sim/spread_properties.h"

#include <algorithm>
#include <string>
#include <utility>

namespace hactl {

bool SpreadProperties::suffices(const std::set<NodeName>& holders) const {
  std::set<RegionName> regions;
  for (const NodeName& holder : holders) {
    const auto region = regions_.find(holder);
    if (region != regions_.end()) regions.insert(region->second);
  }
  return static_cast<int>(regions.size()) >= asked_.regions.value_or(1) &&
         static_cast<int>(holders.size()) >= asked_.nodes.value_or(1);
}

bool SpreadProperties::as_asked(const SyncConfig& config) const {
  if (config.required + 1 < asked_.nodes.value_or(1)) return false;
  std::map<RegionName, int> holders;
  for (const auto& [node, region] : regions_) {
    if (node == config.primary || config.members.contains(node)) ++holders[region];
  }
  const std::vector<std::pair<RegionName, int>> regions(holders.begin(), holders.end());
  const auto own = regions_.find(config.primary);
  for (unsigned lost = 0; lost < 1U << regions.size(); ++lost) {
    int count = 0;
    int in_them = 0;
    bool primary_too = false;
    for (std::size_t i = 0; i < regions.size(); ++i) {
      if ((lost >> i & 1U) == 0) continue;
      ++count;
      in_them += regions[i].second;
      primary_too = primary_too || (own != regions_.end() && own->second == regions[i].first);
    }
    const bool all_of_a_commit = primary_too && in_them > config.required;
    if (all_of_a_commit && count < asked_.regions.value_or(1)) return false;
  }
  return true;
}

void SpreadProperties::spec_written(const FormationSpec& spec) {
  Places places;
  for (const Member& member : spec.members()) {
    places.emplace_back(member.name, member.region, member.replication_quorum);
    regions_[member.name] = member.region;
  }
  if (places == places_ && spec.durability == asked_) return;
  places_ = std::move(places);
  promised_ = promised_ && spec.durability == asked_;
  asked_ = spec.durability;
  for (const SyncConfig& config : in_force_) {
    promised_ = promised_ && as_asked(config);
    strict_ = strict_ && all_count(config);
  }
}

bool SpreadProperties::all_count(const SyncConfig& config) const {
  return std::ranges::all_of(config.members, [&](const NodeName& member) {
    return std::ranges::any_of(places_, [&](const auto& place) {
      return std::get<NodeName>(place) == member && std::get<bool>(place);
    });
  });
}

void SpreadProperties::check(const SyncConfig& config, const std::string& when) {
  if (as_asked(config)) return;
  trace_.violate("I15", config.primary.value + " may let commits of epoch " +
                            std::to_string(config.epoch.value) + " go when " + to_string(config) +
                            " hold them" + when + ", in fewer places than asked for");
}

// I15: nothing that may be in force lets a commit go that is not where the spec wants it.
void SpreadProperties::record_written(const FormationRecord& record) {
  in_force_ = record.in_force;
  if (asked_ == DurabilitySpec{}) return;
  if (in_force_.size() == 1) {
    promised_ = promised_ || as_asked(in_force_.front());
    strict_ = all_count(in_force_.front());
  }
  if (!promised_) return;
  for (const SyncConfig& config : in_force_)
    check(config, "");
  if (!strict_) return;
  for (const SyncConfig& config : with_mixtures(in_force_))
    check(config, " while one setting follows another");
}

// I15: an acknowledged commit is where the spec wants it.
void SpreadProperties::acknowledged(const SimServer& server, const WalRecord& record) {
  if (!promised_ || !strict_) return;
  std::set<NodeName> holders{server.name};
  for (const auto& [name, other] : cluster_.servers()) {
    if (other->disk.has_flushed(record) || forgetful_.contains(name)) holders.insert(name);
  }
  if (suffices(holders)) return;
  std::string held_by;
  for (const NodeName& holder : holders)
    held_by += " " + holder.value;
  trace_.violate("I15", server.name.value + " acknowledged record " + std::to_string(record.id) +
                            ", held by" + held_by + " alone, in fewer places than asked for");
}

}  // namespace hactl
