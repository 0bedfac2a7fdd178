#include "planner/candidate.h"

#include <algorithm>
#include <tuple>

#include "base/rule_switch.h"

namespace hactl {
namespace {

/// Smaller is better, field by field.
using Rank = std::tuple<bool, int, bool, bool, std::int64_t, std::uint64_t, NodeName>;

RegionName region_of_primary(const Facts& facts) {
  if (!facts.record.primary) return {};
  const auto found = facts.nodes.find(*facts.record.primary);
  if (found == facts.nodes.end() || !found->second.member) return {};
  return found->second.member->region;
}

Rank rank(const Facts& facts, const NodeName& name, const Position& position) {
  const std::optional<Member>& member = facts.node(name).member;
  return Rank{facts.record.avoid == name,
              member ? -member->candidate_priority : 0,
              facts.record.primary != name,
              !member || member->region != region_of_primary(facts),
              -static_cast<std::int64_t>(position.epoch.value),
              ~position.lsn.value,
              name};
}

/// Whether every node that may be primary has had its say: it is empty, or its last word is known.
bool all_that_may_be_primary_are_known(const Facts& facts,
                                       const std::map<NodeName, FinalReport>& finals) {
  return std::ranges::all_of(facts.nodes, [&](const auto& entry) {
    const auto& [name, node] = entry;
    if (!may_be_primary(node)) return true;
    return node.heard && (!node.has_data || finals.contains(name));
  });
}

}  // namespace

bool is_further(const Position& a, const Position& b) {
  return rule_holds(Rule::r4_epoch_first) ? a > b : a.lsn > b.lsn;
}

std::vector<SyncConfig> to_be_covered(std::vector<SyncConfig> in_force,
                                      const std::map<NodeName, FinalReport>& finals) {
  Epoch newest;
  for (const auto& [name, final_report] : finals)
    newest = std::max(newest, final_report.position.epoch);
  std::erase_if(in_force, [&](const SyncConfig& config) { return config.epoch < newest; });
  return in_force;
}

bool may_be_primary(const NodeFacts& facts) {
  return facts.member && facts.member->candidate_priority > 0 && !facts.forgot && !facts.excluded &&
         !facts.let_go;
}

bool may_be_elected(const Facts& facts, const NodeName& name) {
  const auto found = facts.nodes.find(name);
  if (found == facts.nodes.end()) return false;
  const NodeFacts& node = found->second;
  return node.heard && node.has_data && node.address && !node.forgot && !node.excluded &&
         !node.let_go;
}

bool will_answer(const Facts& facts, const NodeName& name) {
  const NodeFacts& node = facts.node(name);
  if (!node.heard || !node.has_data || node.forgot || node.excluded || node.maintained) {
    return false;
  }
  const bool primary = facts.record.primary == name;
  return !primary || (!node.hung_up_at && facts.now - node.heard_at < kPrimarySilentAfter);
}

std::set<NodeName> those_who_answer(const Facts& facts) {
  std::set<NodeName> names;
  for (const auto& [name, node] : facts.nodes) {
    if (will_answer(facts, name)) names.insert(name);
  }
  return names;
}

bool ready_to_take_over(const Facts& facts, const NodeName& name) {
  const NodeFacts& node = facts.node(name);
  const NodeReport* primary = facts.primary_report();
  if (primary == nullptr || !may_be_primary(node) || !node.heard) return false;
  if (node.report->state != NodeState::standby || node.sender == nullptr) return false;
  return distance(node.sender->flushed, primary->position.lsn).value <= kSwitchoverLagBytesMax &&
         distance(node.sender->replayed, primary->position.lsn).value <= kSwitchoverLagBytesMax;
}

std::optional<NodeName> preferred_primary(const Facts& facts) {
  if (!facts.record.primary) return std::nullopt;
  std::optional<Rank> best;
  for (const auto& [name, node] : facts.nodes) {
    const bool is_primary = name == *facts.record.primary;
    if (is_primary ? !node.member : !ready_to_take_over(facts, name)) continue;
    // All of them catch up while the primary stops: the choice stays the one that was foretold.
    const Rank own = rank(facts, name, Position{});
    if (!best || own < *best) best = own;
  }
  if (!best) return std::nullopt;
  return std::get<NodeName>(*best);
}

namespace {

/// The history of the WAL that reaches furthest.
Lineage chain_of_furthest(const Facts& facts, const std::map<NodeName, FinalReport>& finals) {
  const auto furthest = std::ranges::max_element(
      finals, [](const auto& a, const auto& b) { return is_further(b, a); },
      [](const auto& entry) { return entry.second.position; });
  if (furthest == finals.end()) return {};
  return ancestry(facts.record.lineage, furthest->second.timeline);
}

bool is_part_of(const Lineage& chain, const FinalReport& last) {
  return is_prefix(chain, {last.timeline, last.position.lsn});
}

}  // namespace

bool can_fetch_the_rest(const Facts& facts, const std::map<NodeName, FinalReport>& finals,
                        const NodeName& name) {
  const auto own = finals.find(name);
  if (own == finals.end()) return false;
  const Lineage chain = chain_of_furthest(facts, finals);
  if (!is_part_of(chain, own->second)) return false;
  // Since its last word it may have fetched WAL of what was furthest before.
  const NodeFacts& node = facts.node(name);
  return !node.position || is_prefix(chain, node.report->position);
}

std::optional<NodeName> choose_candidate(const Facts& facts,
                                         const std::map<NodeName, FinalReport>& finals) {
  const Lineage chain = chain_of_furthest(facts, finals);
  std::optional<Rank> best;
  std::optional<Rank> last_resort;
  for (const auto& [name, final_report] : finals) {
    if (!may_be_elected(facts, name)) continue;
    if (!is_part_of(chain, final_report)) continue;
    const Rank own = rank(facts, name, final_report.position);
    const bool wanted = may_be_primary(facts.node(name)) || facts.record.primary == name;
    std::optional<Rank>& place = wanted ? best : last_resort;
    if (!place || own < *place) place = own;
  }
  if (!best && all_that_may_be_primary_are_known(facts, finals)) best = last_resort;
  if (!best) return std::nullopt;
  return std::get<NodeName>(*best);
}

}  // namespace hactl
