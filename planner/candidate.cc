#include "planner/candidate.h"

#include <tuple>

namespace hactl {
namespace {

/// Smaller is better, field by field.
using Rank = std::tuple<int, bool, bool, std::int64_t, std::uint64_t, NodeName>;

RegionName region_of_primary(const Facts& facts) {
  if (!facts.record.primary) return {};
  const auto found = facts.nodes.find(*facts.record.primary);
  if (found == facts.nodes.end() || !found->second.member) return {};
  return found->second.member->region;
}

Rank rank(const Facts& facts, const NodeName& name, const Position& position) {
  const Member& member = *facts.node(name).member;
  return Rank{-member.candidate_priority,
              facts.record.primary != name,
              member.region != region_of_primary(facts),
              -static_cast<std::int64_t>(position.epoch.value),
              ~position.lsn.value,
              name};
}

}  // namespace

bool may_be_primary(const NodeFacts& facts) {
  return facts.member && facts.member->candidate_priority > 0 && !facts.forgot && !facts.excluded;
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
    const Rank own = rank(facts, name, node.position.value_or(Position{}));
    if (!best || own < *best) best = own;
  }
  if (!best) return std::nullopt;
  return std::get<NodeName>(*best);
}

std::optional<NodeName> choose_candidate(const Facts& facts,
                                         const std::map<NodeName, FinalReport>& finals) {
  std::optional<Rank> best;
  for (const auto& [name, final_report] : finals) {
    const auto found = facts.nodes.find(name);
    if (found == facts.nodes.end() || !may_be_primary(found->second)) continue;
    if (!found->second.heard) continue;
    const Rank own = rank(facts, name, final_report.position);
    if (!best || own < *best) best = own;
  }
  if (!best) return std::nullopt;
  return std::get<NodeName>(*best);
}

}  // namespace hactl
