#include "planner/sync_quorum.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "model/durability.h"
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

/// The standbys that a setting may name.
struct Standbys {
  std::set<NodeName> present;  ///< They are there, or were a moment ago.
  std::set<NodeName> missing;  ///< They count now, and do not answer.
  std::set<NodeName> before;   ///< Members so far: kept rather than others in their region.
};

/// Adds those of `names` that are in the spec to `ranked`, those of `first` before the others.
void rank(const Facts& facts, const std::set<NodeName>& names, const std::set<NodeName>& first,
          std::vector<Member>& ranked) {
  for (const bool turn : {true, false}) {
    for (const NodeName& name : names) {
      const auto& member = facts.node(name).member;
      const bool known = std::ranges::find(ranked, name, &Member::name) != ranked.end();
      if (member && !known && first.contains(name) == turn) ranked.push_back(*member);
    }
  }
}

Reach reach_from(const Facts& facts, const NodeName& primary) {
  const bool known = region_of(facts.spec, primary).has_value();
  return known ? reach_of(facts.spec) : reach_from_anywhere(facts.spec);
}

/// Whom commits wait for where the spec says how far they must be spread. Unset: those who are
/// there do not suffice yet, and nothing better was promised so far. When too few are there and it
/// was, every node whose return would let commits go on is among them.
std::optional<std::set<NodeName>> durable_members(const Facts& facts, const NodeName& primary,
                                                  const Standbys& standbys, bool promised) {
  const Reach reach = reach_from(facts, primary);
  const RegionName own = region_of(facts.spec, primary).value_or(RegionName());
  std::vector<Member> ranked;
  rank(facts, standbys.present, standbys.before, ranked);
  std::set<NodeName> members = choose_members(reach, own, ranked);
  if (count(members) >= reach.acks) return members;
  if (!promised) return std::nullopt;
  rank(facts, standbys.missing, standbys.before, ranked);
  members = choose_members(reach, own, ranked);
  if (count(members) >= reach.acks) return members;
  std::set<NodeName> all;
  for (const Member& member : facts.members) {
    if (member.replication_quorum && member.name != primary) all.insert(member.name);
  }
  rank(facts, all, standbys.before, ranked);
  return choose_members(reach, own, ranked);
}

/// Whether commits may have been as durable as the spec asks by that setting. Of nodes that have
/// left the spec nobody knows any more in which region they are.
bool may_have_met(const Facts& facts, const SyncConfig& config) {
  const auto gone = [&](const NodeName& name) { return !region_of(facts.spec, name); };
  const bool unknown = gone(config.primary) || std::ranges::any_of(config.members, gone);
  if (unknown) return config.required >= facts.spec.sync_standbys();
  return meets_durability(facts.spec, config);
}

/// The same, by any setting that may be in force. With none on record they may have been.
bool was_promised(const Facts& facts) {
  const auto& in_force = facts.record.in_force;
  return in_force.empty() || std::ranges::any_of(in_force, [&](const SyncConfig& config) {
           return may_have_met(facts, config);
         });
}

/// While one setting follows another a commit is let go by either's number, of the members of both
/// (with_mixtures()). Where that would be less than the spec asks, members leave first and others
/// join after that; when too few would be left, the members stay, unless the spec itself has let
/// one of them go.
void change_safely(const Facts& facts, const SyncConfig& current, SyncConfig& wanted) {
  if (!meets_durability(facts.spec, current)) return;
  const std::vector<SyncConfig> meanwhile = with_mixtures({current, wanted});
  if (meets_durability(facts.spec, meanwhile.back())) return;
  std::set<NodeName> both;
  std::ranges::set_intersection(current.members, wanted.members, std::inserter(both, both.end()));
  const bool all_belong = std::ranges::all_of(current.members, [&](const NodeName& name) {
    const auto node = facts.nodes.find(name);
    return node != facts.nodes.end() && node->second.member &&
           node->second.member->replication_quorum;
  });
  if (count(both) >= wanted.required) {
    wanted.members = both;
  } else if (all_belong) {
    wanted.members = current.members;
  }
}

/// The setting of a primary that is yet to open, without members.
SyncConfig opening_setting(const Facts& facts, const NodeName& primary, Epoch epoch) {
  SyncConfig next;
  next.epoch = epoch;
  next.generation = facts.record.config_generation.next();
  next.primary = primary;
  return next;
}

/// durable_members() for a primary that is yet to open; false: `next` is left as it was.
bool put_durable_members(const Facts& facts, const Standbys& standbys, SyncConfig& next) {
  if (!asks_for_durability(facts.spec)) return false;
  auto members = durable_members(facts, next.primary, standbys, was_promised(facts));
  if (!members) return false;
  next.members = std::move(*members);
  next.required = std::min(reach_from(facts, next.primary).acks, count(next.members));
  return true;
}

}  // namespace

std::optional<SyncConfig> wanted_sync(Facts& facts, bool moving) {
  if (!facts.primary_open() || facts.record.in_force.empty()) return std::nullopt;
  const SyncConfig& current = facts.record.in_force.back();
  const NodeName& primary = *facts.record.primary;
  const bool durable = asks_for_durability(facts.spec);
  // Its setting was made when it was known in which region it is: it moves first.
  if (durable && !region_of(facts.spec, primary)) return std::nullopt;
  const bool steady = facts.passed(facts.node(primary).steady_since, kQuorumLeaveAfter);
  Standbys standbys;
  standbys.before = current.members;
  for (const auto& [name, node] : facts.nodes) {
    if (name == primary) continue;
    const bool member = current.members.contains(name);
    const bool belongs = in_spec_quorum(node) || (moving && member);
    if (!belongs) continue;
    // In this epoch the standby counts as it streams, also when it is yet to be told to leave.
    const bool streams = node.sender != nullptr && !node.let_go;
    if (streams || (member && !steady)) {
      standbys.present.insert(name);
    } else if (member) {
      standbys.missing.insert(name);
    }
  }
  SyncConfig wanted = current;
  if (durable) {
    const bool promised = may_have_met(facts, current);
    if (auto members = durable_members(facts, primary, standbys, promised)) {
      wanted.members = std::move(*members);
      wanted.required = std::min(facts.spec.sync_standbys(), count(wanted.members));
      change_safely(facts, current, wanted);
      return wanted;
    }
  }
  wanted.members = std::move(standbys.present);
  wanted.required = required_with(facts, count(wanted.members), current.required);
  pad(wanted.members, wanted.required, standbys.missing);
  wanted.required = std::min(wanted.required, count(wanted.members));
  if (wanted.required == 0) wanted.members.clear();
  return wanted;
}
SyncConfig sync_after_move(const Facts& facts, const NodeName& target, Epoch epoch) {
  const SyncConfig& current = facts.record.in_force.back();
  SyncConfig next = opening_setting(facts, target, epoch);
  Standbys standbys;
  for (const auto& [name, node] : facts.nodes) {
    if (name == target || !in_spec_quorum(node)) continue;
    const bool there = node.sender != nullptr || name == *facts.record.primary;
    if (there) standbys.present.insert(name);
    if (!there && current.members.contains(name)) standbys.missing.insert(name);
  }
  if (put_durable_members(facts, standbys, next)) return next;
  next.members = current.members;
  next.members.insert(standbys.present.begin(), standbys.present.end());
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
  SyncConfig next = opening_setting(facts, candidate, epoch);
  Standbys standbys;
  for (const auto& [name, node] : facts.nodes) {
    if (name == candidate || !in_spec_quorum(node)) continue;
    const bool there = finals.contains(name) || (node.heard && node.has_data);
    (there ? standbys.present : standbys.missing).insert(name);
  }
  if (put_durable_members(facts, standbys, next)) return next;
  next.members = std::move(standbys.present);
  next.required = required_with(facts, count(next.members), required_before);
  pad(next.members, next.required, standbys.missing);
  next.required = std::min(next.required, count(next.members));
  if (next.required == 0) next.members.clear();
  return next;
}

std::set<NodeName> returns_that_end_the_wait(const Facts& facts, const SyncConfig& config) {
  Standbys standbys;
  standbys.before = config.members;
  for (const auto& [name, node] : facts.nodes) {
    if (in_spec_quorum(node) && node.sender != nullptr) standbys.present.insert(name);
  }
  std::set<NodeName> returns;
  for (const Member& member : facts.members) {
    if (!member.replication_quorum || member.name == config.primary) continue;
    Standbys with = standbys;
    if (!with.present.insert(member.name).second) continue;
    SyncConfig then = config;
    then.members = *durable_members(facts, config.primary, with, true);
    change_safely(facts, config, then);
    const auto acknowledge = std::ranges::count_if(
        then.members, [&](const NodeName& name) { return with.present.contains(name); });
    if (acknowledge >= then.required) returns.insert(member.name);
  }
  return returns;
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
