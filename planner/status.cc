#include "planner/status.h"

#include <algorithm>

#include "planner/conditions.h"
#include "planner/facts.h"

namespace hactl {
namespace {

std::string role_of(const Facts& facts, const NodeName& name) {
  if (facts.record.primary == name) return "primary";
  const auto counts = [&](const SyncConfig& c) {
    return c.required > 0 && c.members.contains(name);
  };
  if (std::ranges::any_of(facts.record.in_force, counts)) return "sync";
  const NodeFacts& node = facts.node(name);
  return node.sender != nullptr ? "async" : "-";
}

std::string message_of(const NodeFacts& node, const Decision* decision) {
  if (node.heard && node.report->problem) {
    return node.report->problem->reason + ": " + node.report->problem->message;
  }
  if (node.report == nullptr) return "its agent has not been heard yet";
  if (!node.heard) return "its agent is not heard";
  if (!node.report->doing.empty()) return node.report->doing;
  return decision == nullptr ? "" : decision->why;
}

NodeStatus node_status(const Facts& facts, const NodeName& name, const Plan& plan) {
  const NodeFacts& node = facts.node(name);
  NodeStatus row;
  row.name = name;
  if (node.member) {
    row.region = node.member->region;
    row.host = node.member->host;
    row.port = node.member->port;
    row.candidate_priority = node.member->candidate_priority;
    row.replication_quorum = node.member->replication_quorum;
  }
  row.role = role_of(facts, name);
  const auto decision =
      std::ranges::find_if(plan.decisions, [&](const Decision& d) { return d.node == name; });
  const bool decided = decision != plan.decisions.end();
  if (decided) row.rule = decision->rule;
  row.message = message_of(node, decided ? &*decision : nullptr);
  if (const auto goal = plan.goals.find(name); goal != plan.goals.end()) {
    row.goal = goal->second.state;
    row.healthy = is_at_goal(facts, name, goal->second);
  }
  if (node.report == nullptr) return row;
  row.state = node.heard ? node.report->state : NodeState::unknown;
  row.heard_ms_ago = (facts.now - node.heard_at).count();
  row.timeline = node.report->position.timeline;
  row.lsn = node.report->position.lsn;
  const NodeReport* primary = facts.primary_report();
  if (primary != nullptr && node.sender != nullptr) {
    row.lag_bytes = distance(node.sender->flushed, primary->position.lsn).value;
  } else if (facts.record.primary == name) {
    row.lag_bytes = 0;
  }
  return row;
}

}  // namespace

FormationStatus status_of(const Facts& facts, const Plan& plan) {
  const FormationRecord& record = facts.record;
  FormationStatus status;
  status.observed_generation = facts.generation;
  status.epoch = record.epoch;
  status.phase = to_string(record.phase);
  status.primary = record.primary;
  status.sync = record.in_force.empty() ? "none" : to_string(record.in_force.back());
  status.conditions = plan.conditions;
  for (const Member& member : facts.members) {
    status.nodes.push_back(node_status(facts, member.name, plan));
  }
  for (const auto& [name, node] : facts.nodes) {
    if (!node.member) status.nodes.push_back(node_status(facts, name, plan));
  }
  return status;
}

}  // namespace hactl
