#include "planner/sync_quorum.h"

#include <algorithm>

#include "planner/draft.h"

namespace hactl {
namespace {

bool in_spec_quorum(const NodeFacts& node) {
  return node.member && node.member->replication_quorum && !node.forgot && !node.excluded;
}

int count(const std::set<NodeName>& names) {
  return static_cast<int>(names.size());
}

/// Acknowledgements to ask for with `available` members: the spec's number; fewer only as far as
/// `when-short` and what was promised so far allow.
int required_with(const Facts& facts, int available, int required_before) {
  const int wanted = facts.spec.sync_standbys();
  if (available >= wanted) return wanted;
  if (facts.spec.when_short == WhenShort::degrade) return available;
  return std::max(std::min(required_before, wanted), available);
}

/// Fills `members` up to `required` with nodes that are missing now: commits then wait for them.
void pad(std::set<NodeName>& members, int required, const std::set<NodeName>& from) {
  for (const NodeName& name : from) {
    if (count(members) >= required) return;
    members.insert(name);
  }
}

}  // namespace

std::optional<SyncConfig> wanted_sync(Facts& facts, bool moving) {
  if (!facts.primary_open() || facts.record.in_force.empty()) return std::nullopt;
  const SyncConfig& current = facts.record.in_force.back();
  const NodeName& primary = *facts.record.primary;
  const bool steady = facts.passed(facts.node(primary).steady_since, kQuorumLeaveAfter);
  SyncConfig wanted = current;
  wanted.members.clear();
  std::set<NodeName> missing;
  for (const auto& [name, node] : facts.nodes) {
    if (name == primary) continue;
    const bool member = current.members.contains(name);
    const bool belongs = in_spec_quorum(node) || (moving && member);
    if (!belongs) continue;
    // In this epoch the standby counts as it streams, also when it is yet to be told to leave.
    const bool streams = node.sender != nullptr && !node.let_go;
    if (streams || (member && !steady)) {
      wanted.members.insert(name);
    } else if (member) {
      missing.insert(name);
    }
  }
  wanted.required = required_with(facts, count(wanted.members), current.required);
  pad(wanted.members, wanted.required, missing);
  wanted.required = std::min(wanted.required, count(wanted.members));
  if (wanted.required == 0) wanted.members.clear();
  return wanted;
}

SyncConfig sync_after_move(const Facts& facts, const NodeName& target, Epoch epoch) {
  const SyncConfig& current = facts.record.in_force.back();
  SyncConfig next;
  next.epoch = epoch;
  next.generation = facts.record.config_generation.next();
  next.primary = target;
  next.members = current.members;
  for (const auto& [name, node] : facts.nodes) {
    if (in_spec_quorum(node) && (node.sender != nullptr || name == *facts.record.primary)) {
      next.members.insert(name);
    }
  }
  next.members.erase(target);
  next.required =
      std::min(required_with(facts, count(next.members), current.required), count(next.members));
  if (next.required == 0) next.members.clear();
  return next;
}

SyncConfig sync_after_failover(const Facts& facts, const NodeName& candidate, Epoch epoch,
                               const std::map<NodeName, FinalReport>& finals) {
  int required_before = 0;
  for (const SyncConfig& config : facts.record.in_force) {
    required_before = std::max(required_before, config.required);
  }
  SyncConfig next;
  next.epoch = epoch;
  next.generation = facts.record.config_generation.next();
  next.primary = candidate;
  std::set<NodeName> missing;
  for (const auto& [name, node] : facts.nodes) {
    if (name == candidate || !in_spec_quorum(node)) continue;
    const bool there = finals.contains(name) || (node.heard && node.has_data);
    (there ? next.members : missing).insert(name);
  }
  next.required = required_with(facts, count(next.members), required_before);
  pad(next.members, next.required, missing);
  next.required = std::min(next.required, count(next.members));
  if (next.required == 0) next.members.clear();
  return next;
}

void put_in_force(const Facts& facts, const SyncConfig& next, FormationRecord& record) {
  record.in_force.push_back(next);
  for (const Member& member : facts.members) {
    if (!next.members.contains(member.name)) continue;
    record.dropped.erase(member.name);
    note_address(record.nodes[member.name], member);
  }
}

}  // namespace hactl
