#include "planner/conditions.h"

#include <algorithm>

#include "model/durability.h"
#include "model/limits.h"
#include "planner/candidate.h"
#include "planner/decide.h"
#include "planner/draft.h"
#include "planner/sync_quorum.h"

namespace hactl {
namespace {

Condition condition(const Facts& facts, std::string type, bool holds, std::string reason,
                    std::string message) {
  Condition result;
  result.type = std::move(type);
  result.status = holds ? ConditionStatus::yes : ConditionStatus::no;
  result.reason = std::move(reason);
  result.message = std::move(message);
  result.observed_generation = facts.generation;
  return result;
}

/// Whether the node says that it is what `goal` wants. It may have more to do for that goal:
/// settings to load, for instance.
bool has_state(const NodeFacts& node, const Goal& goal) {
  switch (goal.state) {
    case GoalState::primary: return node.report->state == NodeState::primary;
    case GoalState::standby:
      return node.report->state == NodeState::standby && node.sender != nullptr;
    case GoalState::hold: return node.final;
    case GoalState::drop: return node.report->state == NodeState::dropped;
    case GoalState::maintenance: return is_down(node.report->state);
    case GoalState::init:
    case GoalState::bootstrap:
    case GoalState::rebuild:
    case GoalState::fast_forward:
    case GoalState::promote:
    case GoalState::demote:
    case GoalState::fence: return false;
  }
  return false;
}

/// Why the formation itself holds; empty: nothing is to be said.
std::string formation_reason(const Plan& plan) {
  const Decision* decision = formation_decision(plan);
  return decision == nullptr ? "" : decision->why;
}

/// A sentence on each node that is not where it should be; empty when all are.
std::string laggards(const Facts& facts, const Plan& plan) {
  std::string text;
  int others = 0;
  constexpr int kNamed = 3;
  int named = 0;
  for (const auto& [name, goal] : plan.goals) {
    if (is_at_goal(facts, name, goal)) continue;
    if (named >= kNamed) {
      ++others;
      continue;
    }
    const NodeFacts& node = facts.node(name);
    text += (text.empty() ? "" : "; ") + name.value + " ";
    if (!node.heard) {
      text += "is not heard";
    } else if (node.report->problem) {
      text += "reports " + node.report->problem->reason + ": " + node.report->problem->message;
    } else if (!node.knows_goal) {
      text += "has not heard its goal yet";
    } else if (has_state(node, goal)) {
      text += "is still at it: " + node.report->doing;
    } else {
      text += "is " + std::string(to_string(node.report->state)) + " on its way to " +
              std::string(to_string(goal.state));
    }
    ++named;
  }
  if (others > 0) text += "; and " + std::to_string(others) + " more";
  return text;
}

/// "; NODE reports …" for the first node that says what stops it; empty when none does.
std::string reported_problem(const Facts& facts) {
  for (const auto& [name, node] : facts.nodes) {
    if (!node.heard || !node.report->problem) continue;
    return "; " + name.value + " reports " + node.report->problem->reason + ": " +
           node.report->problem->message;
  }
  return {};
}

Condition available(const Facts& facts, const Plan& plan) {
  if (facts.primary_open()) {
    return condition(facts, "Available", true, "PrimaryOpen",
                     facts.record.primary->value + " takes writes");
  }
  const std::string why = formation_reason(plan);
  return condition(facts, "Available", false,
                   facts.record.primary ? "NoOpenPrimary" : "NotBootstrapped",
                   why.empty() ? "no primary is open to clients" : why);
}

/// "; writes resume when one of paris-b, paris-c returns"; empty where nobody's return alone does.
std::string who_ends_the_wait(const Facts& facts, const SyncConfig& config) {
  if (!asks_for_durability(facts.spec)) return {};
  const std::set<NodeName> returns = returns_that_end_the_wait(facts, config);
  if (returns.empty()) return "; writes resume when several others return";
  return "; writes resume when " + std::string(returns.size() == 1 ? "" : "one of ") +
         join(returns) + " returns";
}

/// Whether the newest setting on record does what spec.durability asks for.
bool as_durable_as_asked(const Facts& facts) {
  return !asks_for_durability(facts.spec) ||
         meets_durability(facts.spec, facts.record.in_force.back());
}

Condition durable(Facts& facts) {
  const int wanted = facts.spec.sync_standbys();
  const auto& in_force = facts.record.in_force;
  const bool single = in_force.size() == 1 && facts.record.phase == Phase::stable;
  if (!single) {
    return condition(facts, "Durable", false, "QuorumChanging",
                     "the synchronous setting is changing, or a ballot is under way");
  }
  const SyncConfig& config = in_force.front();
  if (config.required < wanted) {
    return condition(facts, "Durable", false, "Degraded",
                     "commits wait for " + std::to_string(config.required) + " of the " +
                         std::to_string(wanted) + " standbys that the spec asks for");
  }
  int streaming = 0;
  for (const NodeName& name : config.members) {
    const auto found = facts.nodes.find(name);
    if (found != facts.nodes.end() && found->second.sender != nullptr) ++streaming;
  }
  if (streaming < config.required) {
    return condition(facts, "Durable", false, "QuorumShort",
                     "commits wait: " + std::to_string(streaming) + " of " +
                         std::to_string(config.required) + " needed standbys stream" +
                         who_ends_the_wait(facts, config));
  }
  if (!as_durable_as_asked(facts)) {
    return condition(facts, "Durable", false, "TooFewRegions",
                     "commits wait for " + to_string(config) + ", by which they need not be in " +
                         to_string(facts.spec.durability) + " yet");
  }
  return condition(facts, "Durable", true, "QuorumHeld", "commits wait for " + to_string(config));
}

Condition preferred(const Facts& facts) {
  if (!facts.primary_open()) {
    return condition(facts, "PrimaryPreferred", false, "NoOpenPrimary", "no primary is open");
  }
  const Member* best = nullptr;
  for (const Member& member : facts.members) {
    if (best == nullptr || member.candidate_priority > best->candidate_priority) best = &member;
  }
  const auto& own = facts.node(*facts.record.primary).member;
  if (own && own->candidate_priority >= best->candidate_priority) {
    return condition(facts, "PrimaryPreferred", true, "HighestPriority",
                     facts.record.primary->value + " has the highest candidate-priority");
  }
  return condition(
      facts, "PrimaryPreferred", false, "HigherPriorityElsewhere",
      best->name.value + " has a higher candidate-priority than " + facts.record.primary->value);
}

std::string wanted_switchover(const MoveRequest& request) {
  const std::string wanted = "a switchover is wanted";
  if (request.to) return wanted + ": " + request.to->value + " is not ready to take over";
  if (!request.to_region) return wanted + ": no standby is ready to take over";
  return wanted + ": no standby in " + request.to_region->value + " is ready to take over";
}

/// What still keeps the formation from being as its spec says; empty: nothing.
std::string unfinished(Facts& facts, const Plan& plan) {
  if (plan.record) return "deciding";
  if (facts.record.phase != Phase::stable || facts.record.in_force.size() != 1) {
    const std::string why = formation_reason(plan);
    return (why.empty() ? "in phase " + std::string(to_string(facts.record.phase)) : why) +
           reported_problem(facts);
  }
  if (!facts.primary_open()) return "no primary is open" + reported_problem(facts);
  const std::string nodes = laggards(facts, plan);
  if (!nodes.empty()) return nodes;
  if (facts.record.in_force.front().required < facts.spec.sync_standbys()) {
    return "fewer standbys are synchronous than the spec asks for";
  }
  if (!as_durable_as_asked(facts)) {
    return "commits need not be in " + to_string(facts.spec.durability) +
           " yet: too few standbys have joined";
  }
  if (facts.spec.failback == Failback::on_apply &&
      facts.record.settled_generation != facts.generation) {
    return moves_too_often(facts) ? "waiting: the primary has moved " + std::to_string(kMovesMax) +
                                        " times within a minute"
                                  : "the preferred primary is not settled";
  }
  if (facts.record.request) return wanted_switchover(*facts.record.request);
  if (const auto& own = facts.node(*facts.record.primary).member; own && own->maintenance) {
    return facts.record.primary->value +
           " is to be in maintenance, and no standby that may be primary is ready to take over";
  }
  for (const auto& [name, node] : facts.nodes) {
    if (!needs_restart(facts, name)) continue;
    return name.value + " must restart" +
           (facts.record.restarts.contains(name) ? "" : " for changed parameters");
  }
  return {};
}

}  // namespace

bool is_at_goal(const Facts& facts, const NodeName& node, const Goal& goal) {
  const NodeFacts& own = facts.node(node);
  // Who has not heard its goal may look as if it were at it.
  if (!own.heard || !own.knows_goal || own.report->problem) return false;
  if (!has_state(own, goal)) return false;
  // A primary or a standby is seen as such before it has done all that its newest goal asks for.
  const bool serves = goal.state == GoalState::primary || goal.state == GoalState::standby;
  return !serves || own.report->doing.empty();
}

std::vector<Condition> conditions_of(Facts& facts, const Plan& plan) {
  const std::string open_end = unfinished(facts, plan);
  const bool converged = open_end.empty();
  // Held means that nothing will happen before something outside changes.
  bool blocked = false;
  for (const Decision& decision : plan.decisions) {
    blocked = blocked || decision.rule == 302 || decision.rule == 313 || decision.rule == 385 ||
              decision.rule == 387;
  }
  std::vector<Condition> result;
  result.push_back(available(facts, plan));
  result.push_back(durable(facts));
  result.push_back(condition(facts, "Converged", converged,
                             converged ? "AsSpecified" : "Unfinished",
                             converged ? "every node is as the spec says" : open_end));
  result.push_back(condition(facts, "Progressing", !converged && !blocked,
                             blocked ? "Blocked" : (converged ? "Idle" : "Working"),
                             converged ? "nothing to do" : open_end));
  result.push_back(preferred(facts));
  return result;
}

}  // namespace hactl
