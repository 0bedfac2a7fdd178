// Why a well primary would still be moved or restarted: a request, its leaving, the spec's
// priorities, a restart for parameters or because somebody asked for it.
#include <algorithm>

#include "planner/candidate.h"
#include "planner/decide.h"

namespace hactl {
namespace {

/// By its own word and the primary's: of one that has just stopped the primary may not know yet.
bool streams(const NodeFacts& node) {
  return node.sender != nullptr && node.report != nullptr &&
         node.report->state == NodeState::standby && receiving_from(*node.report).has_value();
}

/// Whether every standby streams, but for one that an operator wants restarted: it may be down
/// because it is at it, and the order stands until it has said that it is done.
bool all_stream(const Facts& facts, const NodeName& restarting) {
  return std::ranges::all_of(facts.members, [&](const Member& member) {
    const NodeFacts& node = facts.node(member.name);
    if (member.name == restarting && facts.record.restarts.contains(restarting)) return true;
    return member.name == *facts.record.primary || node.maintained || streams(node);
  });
}

/// Whether a standby that is heard does not stream: it may have been restarted a moment ago, and be
/// fit to take over in another one.
bool somebody_comes_back(const Facts& facts) {
  return std::ranges::any_of(facts.members, [&](const Member& member) {
    const NodeFacts& node = facts.node(member.name);
    return member.name != *facts.record.primary && node.heard && !node.maintained && !streams(node);
  });
}

/// The first standby, in the spec's order, that waits for a restart.
std::optional<NodeName> first_to_restart(const Facts& facts) {
  const auto first = std::ranges::find_if(facts.members, [&](const Member& member) {
    return member.name != *facts.record.primary && needs_restart(facts, member.name);
  });
  if (first == facts.members.end()) return std::nullopt;
  return first->name;
}

/// The standby that is told to restart. One at a time: the order stands until the node is back.
std::optional<NodeName> standby_to_restart(const Facts& facts) {
  if (facts.record.phase != Phase::stable || !facts.primary_open()) return std::nullopt;
  const std::optional<NodeName> first = first_to_restart(facts);
  return first && all_stream(facts, *first) ? first : std::nullopt;
}

/// One that is told to restart may be at it, whatever it and the primary have said last. One that
/// has just restarted is up before the primary has seen it gone, and may stop once more for what
/// its replay meets: it has to say itself that it receives.
bool may_take_over_now(const Facts& facts, const NodeName& name) {
  return streams(facts.node(name)) && ready_to_take_over(facts, name) &&
         standby_to_restart(facts) != name;
}

std::optional<NodeName> best_standby(const Facts& facts, const std::optional<RegionName>& region) {
  std::optional<NodeName> best;
  for (const Member& member : facts.members) {
    if (member.name == *facts.record.primary || !may_take_over_now(facts, member.name)) continue;
    if (region && member.region != *region) continue;
    if (!best || member.candidate_priority > facts.node(*best).member->candidate_priority) {
      best = member.name;
    }
  }
  return best;
}

bool standby_needs_restart(const Facts& facts) {
  return std::ranges::any_of(facts.members, [&](const Member& member) {
    return member.name != *facts.record.primary && facts.node(member.name).heard &&
           needs_restart(facts, member.name);
  });
}

/// A standby may not go below what its primary runs with, so the primary has to come down first, in
/// its place.
bool any_parameters_held(const Facts& facts) {
  return std::ranges::any_of(facts.nodes, [](const auto& entry) {
    return entry.second.report != nullptr && entry.second.report->parameters_held;
  });
}

/// Whether parameters are held can be told once every standby has looked at its goal.
bool all_know_their_goal(const Facts& facts) {
  return std::ranges::all_of(facts.members, [&](const Member& member) {
    const NodeFacts& node = facts.node(member.name);
    return member.name == *facts.record.primary || !node.heard || node.knows_goal;
  });
}

bool may_move_to_preferred(Facts& facts) {
  switch (facts.spec.failback) {
    case Failback::never: return false;
    case Failback::on_apply: return facts.record.settled_generation != facts.generation;
    case Failback::automatic: break;
  }
  if (facts.record.settled_generation != facts.generation) return true;
  return facts.observed.moves.empty() || facts.passed(facts.observed.moves.back(), kMoveBackOff);
}

bool fit_long_enough(Facts& facts, const NodeName& name) {
  if (facts.record.settled_generation != facts.generation) return true;
  return facts.passed(facts.node(name).steady_since, kFitFor);
}

/// Why the primary must restart.
std::string restart_reason(const Facts& facts) {
  const NodeName& primary = *facts.record.primary;
  return primary.value + " must restart" +
         (facts.record.restarts.contains(primary) ? ", as was asked for"
                                                  : " for changed parameters");
}

}  // namespace

bool needs_restart(const Facts& facts, const NodeName& name) {
  const NodeReport* report = facts.node(name).report;
  if (facts.node(name).maintained) return false;
  return report != nullptr && report->restart_done < facts.generation.value &&
         (report->restart_pending || facts.record.restarts.contains(name));
}

bool moves_too_often(Facts& facts) {
  const std::vector<Instant>& moves = facts.observed.moves;
  return moves.size() >= kMovesMax && !facts.passed(moves.front(), kMoveBackOff);
}

std::optional<Move> wanted_move(Facts& facts) {
  const NodeName& primary = *facts.record.primary;
  const auto own = facts.nodes.find(primary);
  if (facts.record.request) {
    const MoveRequest& request = *facts.record.request;
    const auto to = request.to ? request.to : best_standby(facts, request.to_region);
    if (to && *to != primary && may_take_over_now(facts, *to)) {
      return Move{*to, 323, "a switchover was asked for"};
    }
  }
  if (own == facts.nodes.end() || !own->second.member) {
    const auto to = best_standby(facts, std::nullopt);
    if (to) return Move{*to, 324, primary.value + " is no longer in the spec"};
    return std::nullopt;
  }
  if (own->second.member->maintenance) {
    const auto to = best_standby(facts, std::nullopt);
    if (to) return Move{*to, 327, primary.value + " is to be in maintenance"};
  }
  const std::optional<NodeName> preferred = preferred_primary(facts);
  if (preferred && *preferred != primary && may_move_to_preferred(facts) &&
      fit_long_enough(facts, *preferred) && !moves_too_often(facts) &&
      may_take_over_now(facts, *preferred)) {
    return Move{*preferred, 325,
                "its candidate-priority " +
                    std::to_string(facts.node(*preferred).member->candidate_priority) +
                    " is higher than " + std::to_string(own->second.member->candidate_priority)};
  }
  if (needs_restart(facts, primary) && all_know_their_goal(facts) && !any_parameters_held(facts) &&
      !standby_needs_restart(facts) && !somebody_comes_back(facts)) {
    const auto to = best_standby(facts, std::nullopt);
    if (to) return Move{*to, 326, restart_reason(facts)};
  }
  return std::nullopt;
}

std::optional<NodeName> restart_turn(const Facts& facts) {
  if (facts.record.phase != Phase::stable) return std::nullopt;
  const NodeName& primary = *facts.record.primary;
  // As for a standby, the order of an operator stands while it is down.
  if (!facts.primary_open() && !facts.record.restarts.contains(primary)) return std::nullopt;
  if (first_to_restart(facts)) return standby_to_restart(facts);
  if (!facts.nodes.contains(primary) || !needs_restart(facts, primary)) return std::nullopt;
  if (facts.primary_open() && somebody_comes_back(facts)) return std::nullopt;
  const bool somebody_else = best_standby(facts, std::nullopt).has_value();
  if (somebody_else && !any_parameters_held(facts)) return std::nullopt;
  return primary;
}

}  // namespace hactl
