#include "planner/decide.h"

#include <algorithm>

#include "base/rule_switch.h"
#include "planner/ballot.h"
#include "planner/candidate.h"
#include "planner/draft.h"
#include "planner/recover.h"
#include "planner/sync_quorum.h"
#include "planner/verdict.h"

namespace hactl {
namespace {

NextStep decide_bootstrap(Facts& facts) {
  const Member* best = nullptr;
  const Member* best_empty = nullptr;
  for (const Member& member : facts.members) {
    const NodeFacts& node = facts.node(member.name);
    if (node.has_data) {
      return hold(302, member.name.value +
                           ": the data directory is not empty; move it away, or name another "
                           "data-directory, before the formation can be made");
    }
    if (member.candidate_priority == 0) continue;
    const auto before = [](const Member& a, const Member* b) {
      return b == nullptr || a.candidate_priority > b->candidate_priority;
    };
    if (before(member, best)) best = &member;
    const bool empty = node.heard && node.report->state == NodeState::empty;
    if (empty && before(member, best_empty)) best_empty = &member;
  }
  if (best_empty == nullptr) return hold(303, "no node that may be primary has been heard yet");
  if (best_empty->candidate_priority < best->candidate_priority &&
      !facts.passed(std::max(facts.observed.phase_since, facts.observed.started_at),
                    kBootstrapWait)) {
    return hold(304, "waiting for " + best->name.value + ", which has the highest priority");
  }
  Draft draft(facts);
  FormationRecord& record = draft.record();
  record.epoch = record.epoch.next();
  record.phase = Phase::promote;
  record.candidate = best_empty->name;
  record.target_position = Position{};
  record.config_generation = record.config_generation.next();
  record.in_force = {SyncConfig{record.epoch, record.config_generation, best_empty->name, 0, {}}};
  constexpr TimelineId kInitial{1};
  constexpr TimelineId kFirst{2};
  record.timeline_max = kFirst;
  record.lineage = {Promotion{Epoch(0), best_empty->name, kInitial, TimelineId(0), Lsn(0), true},
                    Promotion{record.epoch, best_empty->name, kFirst, kInitial, Lsn(0), false}};
  return draft.done(301, "Bootstrapping",
                    best_empty->name.value + " makes the formation's first data directory");
}

/// Prediction only: whether the nodes that are heard now could elect somebody other than the
/// primary.
bool can_fail_over(const Facts& facts) {
  bool candidate = false;
  for (const auto& [name, node] : facts.nodes) {
    if (name != *facts.record.primary && will_answer(facts, name) && may_be_primary(node)) {
      candidate = true;
    }
  }
  if (!candidate) return false;
  return covers_all(those_who_answer(facts), facts.record.in_force) ||
         may_lose_commits_by_spec(facts);
}

/// Where another node may be promoted without the primary's word, the primary has closed itself
/// when its lease has run out; or its agent says that it is down, as it was told to be.
bool primary_has_closed(Facts& facts) {
  const NodeName& primary = *facts.record.primary;
  const NodeFacts& own = facts.node(primary);
  if (own.heard && own.knows_goal && own.excluded && is_down(own.report->state)) return true;
  if (will_answer(facts, primary) || covers_all(those_who_answer(facts), facts.record.in_force)) {
    return true;
  }
  return lease_has_run_out(facts, last_word_of(facts, primary));
}

bool back_off_over(Facts& facts) {
  // A formation that has been whole again since the last one is not one that flaps.
  if (!facts.observed.last_failover || facts.observed.failovers_recently == 0) return true;
  const int doublings = std::clamp(facts.observed.failovers_recently - 1, 0, 6);
  return facts.passed(*facts.observed.last_failover, kFailoverBackOff * (1 << doublings));
}

std::optional<NextStep> decide_forgetful(Facts& facts) {
  for (const auto& [name, node] : facts.nodes) {
    const auto known = facts.record.nodes.find(name);
    if (known == facts.record.nodes.end()) continue;
    if (node.forgot && !known->second.excluded) {
      Draft draft(facts);
      draft.record().nodes[name].excluded = true;
      return draft.done(341, "NodeForgot",
                        name.value +
                            " shows less than it once knew: it counts as lost until it "
                            "has been built anew",
                        true);
    }
  }
  return std::nullopt;
}

NextStep start_move(const Facts& facts, const Move& move) {
  Draft draft(facts);
  FormationRecord& record = draft.record();
  record.epoch = record.epoch.next();
  record.phase = Phase::switchover;
  record.candidate = move.to;
  record.donor.reset();
  record.target_position.reset();
  record.finals.clear();
  // A primary that is moved away from stops, and starts as a standby.
  record.restarts.erase(*record.primary);
  const SyncConfig next = sync_after_move(facts, move.to, record.epoch);
  record.config_generation = next.generation;
  put_in_force(facts, next, record);
  return draft.done(
      move.rule, "SwitchoverStarted",
      "the primary moves from " + record.primary->value + " to " + move.to.value + ": " + move.why);
}

/// Whether anybody may be primary where the primary is wanted.
bool has_target(const Facts& facts, const MoveRequest& request) {
  return std::ranges::any_of(facts.nodes, [&](const auto& entry) {
    const auto& [name, node] = entry;
    if (name == *facts.record.primary || !may_be_primary(node)) return false;
    if (request.to) return name == *request.to;
    return !request.to_region || node.member->region == *request.to_region;
  });
}

std::optional<NextStep> decide_request(const Facts& facts) {
  if (!facts.record.request) return std::nullopt;
  const MoveRequest& request = *facts.record.request;
  const auto& primary = facts.node(*facts.record.primary).member;
  const bool there = request.to
                         ? *request.to == *facts.record.primary
                         : request.to_region && primary && primary->region == *request.to_region;
  if (!there && has_target(facts, request)) return std::nullopt;
  Draft draft(facts);
  draft.record().request.reset();
  return draft.done(there ? 321 : 322, there ? "SwitchoverDone" : "SwitchoverRefused",
                    there ? "the primary is where the switchover was to take it"
                          : "nobody may be primary where the switchover was to take it",
                    !there);
}

std::optional<NextStep> decide_settled(Facts& facts) {
  if (facts.record.settled_generation == facts.generation) return std::nullopt;
  if (facts.spec.failback != Failback::never && preferred_primary(facts) != facts.record.primary) {
    return std::nullopt;
  }
  for (const auto& [name, node] : facts.nodes) {
    // A better node that is not fit yet leaves the generation open.
    if (facts.spec.failback == Failback::never) break;
    const auto& primary = facts.node(*facts.record.primary).member;
    if (!primary || !may_be_primary(node) || name == *facts.record.primary) continue;
    if (node.member->candidate_priority > primary->candidate_priority) return std::nullopt;
  }
  Draft draft(facts);
  draft.record().settled_generation = facts.generation;
  return draft.done(331, "PrimarySettled",
                    "generation " + std::to_string(facts.generation.value) + ": " +
                        facts.record.primary->value + " is the primary that the spec prefers");
}

std::optional<NextStep> decide_dropped(const Facts& facts) {
  for (const auto& [name, node] : facts.nodes) {
    if (node.member || name == facts.record.primary) continue;
    const auto counts = [&](const SyncConfig& c) { return c.members.contains(name); };
    if (std::ranges::any_of(facts.record.in_force, counts)) continue;
    if (!facts.record.nodes.contains(name)) continue;
    if (node.heard && node.report->state != NodeState::dropped) continue;
    Draft draft(facts);
    draft.record().nodes.erase(name);
    draft.record().dropped.insert(name);
    return draft.done(351, "NodeDropped", name.value + " has left the formation");
  }
  return std::nullopt;
}

/// A node that has done the restart that was asked for, or has left the spec meanwhile.
std::optional<NextStep> decide_restarted(const Facts& facts) {
  for (const NodeName& name : facts.record.restarts) {
    const auto found = facts.nodes.find(name);
    const bool gone = found == facts.nodes.end() || !found->second.member;
    const bool done = !gone && found->second.heard && !needs_restart(facts, name);
    if (!gone && !done) continue;
    Draft draft(facts);
    draft.record().restarts.erase(name);
    const char* why = gone                       ? " has left the spec: it need not restart"
                      : found->second.maintained ? " is in maintenance: it need not restart"
                                                 : " has restarted, as was asked for";
    return draft.done(332, "NodeRestarted", name.value + why);
  }
  return std::nullopt;
}

std::optional<NextStep> decide_sync(Facts& facts, bool moving) {
  const std::optional<SyncConfig> wanted = wanted_sync(facts, moving);
  if (!wanted) return std::nullopt;
  const SyncConfig& current = facts.record.in_force.back();
  if (wanted->required == current.required && wanted->members == current.members) {
    return std::nullopt;
  }
  Draft draft(facts);
  FormationRecord& record = draft.record();
  record.phase = Phase::reconfigure;
  record.config_generation = record.config_generation.next();
  if (!rule_holds(Rule::r7_recorded_first)) record.in_force.clear();
  SyncConfig next = *wanted;
  next.generation = record.config_generation;
  put_in_force(facts, next, record);
  return draft.done(
      361, "QuorumChanging",
      "commits are to wait for " + to_string(next) + " instead of " + to_string(current));
}

/// Failover if the primary is lost and it can be done; nothing if the primary is well.
std::optional<NextStep> decide_failover(Facts& facts) {
  const Verdict verdict = judge_primary(facts);
  if (!verdict.dead) return std::nullopt;
  const std::string lost = facts.record.primary->value + " is lost: " + verdict.why;
  if (facts.record.paused) return hold(312, lost + "; the formation is paused");
  if (!can_fail_over(facts)) {
    const std::set<NodeName> reachable = those_who_answer(facts);
    const bool covered = covers_all(reachable, facts.record.in_force);
    return hold(313, lost + "; " +
                         (covered ? "no other node may be primary"
                                  : missing_for(facts, reachable, facts.record.in_force)));
  }
  if (!primary_has_closed(facts)) return hold(316, lost + "; waiting until its lease has run out");
  if (!back_off_over(facts)) return hold(314, lost + "; waiting, for failovers come too often");
  return verdict.ill ? start_ballot_against_primary(facts, 311, lost)
                     : start_ballot(facts, 311, lost);
}

/// A node that has promised a later epoch than the primary's can't follow it any more: a ballot
/// that came to nothing, or a store that was put back, has left it behind.
std::optional<NextStep> decide_unmet_promise(Facts& facts) {
  const Promotion* opened = facts.opened();
  for (const auto& [name, node] : facts.nodes) {
    const bool beyond = node.heard && node.member && opened != nullptr &&
                        node.report->promised > opened->epoch && !node.forgot;
    if (!beyond || !back_off_over(facts)) continue;
    return start_ballot(facts, 342,
                        name.value + " has promised epoch " +
                            std::to_string(node.report->promised.value) +
                            ", in which nobody was promoted");
  }
  return std::nullopt;
}

NextStep decide_stable(Facts& facts) {
  if (facts.record.deleting) return hold(300, "the formation is being deleted");
  if (auto step = decide_forced(facts)) return *step;
  // Before a ballot: only the primary knows what it has acknowledged since.
  if (auto step = decide_foreign_setting(facts)) return *step;
  // On record, for it is told to stop, and shows nothing any more.
  if (auto step = decide_forgetful(facts)) return *step;
  if (auto step = decide_failover(facts)) return *step;
  if (!facts.primary_open()) return hold(315, "waiting for the primary to open");
  if (auto step = decide_unmet_promise(facts)) return *step;
  if (auto step = decide_request(facts)) return *step;
  if (auto step = decide_restarted(facts)) return *step;
  const std::optional<Move> move = wanted_move(facts);
  if (auto step = decide_sync(facts, move.has_value())) return *step;
  if (move) return start_move(facts, *move);
  if (auto step = decide_dropped(facts)) return *step;
  if (auto step = decide_settled(facts)) return *step;
  return {};
}

NextStep decide_reconfigure(Facts& facts) {
  if (auto step = decide_forced(facts)) return *step;
  if (auto step = decide_foreign_setting(facts)) return *step;
  if (auto step = decide_failover(facts)) return *step;
  const SyncConfig& next = facts.record.in_force.back();
  const NodeReport* primary = facts.primary_report();
  const bool proven = primary != nullptr && primary->primary &&
                      primary->primary->epoch == next.epoch &&
                      primary->primary->applied == next.generation && primary->primary->confirmed;
  if (proven || !rule_holds(Rule::r7_old_kept_until_proven)) {
    Draft draft(facts);
    draft.record().phase = Phase::stable;
    draft.record().in_force = {next};
    return draft.done(362, "QuorumChanged", "commits wait for " + to_string(next));
  }
  return hold(363, "waiting for the primary to prove that commits wait for " + to_string(next));
}

}  // namespace

NextStep decide(Facts& facts) {
  if (auto step = notice_regression(facts)) return *step;
  if (auto step = learn_forgotten_history(facts)) return *step;
  if (facts.record.recovering && facts.record.phase == Phase::reconfigure) {
    return decide_recovery(facts);
  }
  switch (facts.record.phase) {
    case Phase::bootstrap: return decide_bootstrap(facts);
    case Phase::stable: return decide_stable(facts);
    case Phase::reconfigure: return decide_reconfigure(facts);
    case Phase::switchover: return decide_switchover(facts);
    case Phase::collect:
      // On record, for it is told to stop, and shows nothing any more.
      if (auto step = decide_forgetful(facts)) return *step;
      return decide_collect(facts);
    case Phase::promote: return decide_promote(facts);
  }
  return {};
}

}  // namespace hactl
