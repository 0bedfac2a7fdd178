#include "planner/decide.h"

#include <algorithm>

#include "planner/candidate.h"
#include "planner/sync_quorum.h"
#include "planner/verdict.h"

namespace hactl {
namespace {

/// Collects one step: a copy of the record to change, and what is said about it.
class Draft {
 public:
  explicit Draft(const Facts& facts) : record_(facts.record), facts_(facts) {
    record_.revision = facts.record.revision.next();
    for (const auto& [name, node] : facts.nodes) {
      if (node.report != nullptr && !node.forgot) remember(name, *node.report, node);
    }
  }

  FormationRecord& record() { return record_; }

  NextStep done(std::uint32_t rule, std::string reason, std::string message, bool warning = false) {
    Event event;
    event.warning = warning;
    event.reason = std::move(reason);
    event.object = "formation/" + record_.formation.value;
    event.message = message;
    event.rule = rule;
    event.epoch = record_.epoch;
    NextStep step;
    step.record = std::move(record_);
    step.events.push_back(std::move(event));
    step.decisions.push_back(Decision{std::nullopt, rule, std::move(message)});
    return step;
  }

 private:
  void remember(const NodeName& name, const NodeReport& report, const NodeFacts& node) {
    if (record_.dropped.contains(name) && !node.member) return;
    record_.dropped.erase(name);
    KnownNode& known = record_.nodes[name];
    if (report.node_incarnation > known.incarnation) known = KnownNode{};
    known.incarnation = report.node_incarnation;
    known.agent_seq_seen = std::max(known.agent_seq_seen, report.sequence);
    if (node.address) {
      known.host = node.address->host;
      known.port = node.address->port;
      known.data_directory = node.address->data_directory;
    }
    if (node.position) known.flush_seen = std::max(known.flush_seen, *node.position);
  }

  FormationRecord record_;
  const Facts& facts_;
};

NextStep hold(std::uint32_t rule, std::string why) {
  NextStep step;
  step.decisions.push_back(Decision{std::nullopt, rule, std::move(why)});
  return step;
}

std::string join(const std::set<NodeName>& names) {
  std::string text;
  for (const NodeName& name : names)
    text += (text.empty() ? "" : ", ") + name.value;
  return text;
}

// ---- bootstrap

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

// ---- failover

NextStep start_ballot(const Facts& facts, std::uint32_t rule, const std::string& why) {
  Draft draft(facts);
  FormationRecord& record = draft.record();
  record.epoch = record.epoch.next();
  record.phase = Phase::collect;
  record.candidate.reset();
  record.donor.reset();
  record.target_position.reset();
  record.finals.clear();
  return draft.done(
      rule, "FailoverStarted",
      "epoch " + std::to_string(record.epoch.value) + " asks every node how far it is: " + why,
      true);
}

/// Prediction only: whether the nodes that are heard now could elect somebody other than the
/// primary.
bool can_fail_over(const Facts& facts) {
  std::set<NodeName> reachable;
  bool candidate = false;
  for (const auto& [name, node] : facts.nodes) {
    if (!node.heard || !node.has_data || node.forgot || node.excluded) continue;
    reachable.insert(name);
    if (name != *facts.record.primary) candidate = candidate || may_be_primary(node);
  }
  return candidate && covers_all(reachable, facts.record.in_force);
}

bool back_off_over(Facts& facts) {
  if (!facts.observed.last_failover) return true;
  const int doublings = std::clamp(facts.observed.failovers_recently - 1, 0, 6);
  return facts.passed(*facts.observed.last_failover, kFailoverBackOff * (1 << doublings));
}

std::string missing_for(const Facts& facts, const std::set<NodeName>& asked) {
  std::set<NodeName> needed;
  for (const SyncConfig& config : facts.record.in_force) {
    if (covers(asked, config)) continue;
    needed.insert(config.primary);
    for (const NodeName& member : config.members) {
      if (!asked.contains(member)) needed.insert(member);
    }
  }
  return "one of " + join(needed) +
         " may hold acknowledged commits that no reachable node has: "
         "writes resume when enough of them return";
}

// ---- stable

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
  const SyncConfig next = sync_after_move(facts, move.to, record.epoch);
  record.config_generation = next.generation;
  record.in_force.push_back(next);
  return draft.done(
      move.rule, "SwitchoverStarted",
      "the primary moves from " + record.primary->value + " to " + move.to.value + ": " + move.why);
}

std::optional<NextStep> decide_request(const Facts& facts) {
  if (!facts.record.request) return std::nullopt;
  const MoveRequest& request = *facts.record.request;
  const bool there = request.to && *request.to == *facts.record.primary;
  bool known = true;
  if (request.to) {
    const auto found = facts.nodes.find(*request.to);
    known = found != facts.nodes.end() && may_be_primary(found->second);
  }
  if (!there && known) return std::nullopt;
  Draft draft(facts);
  draft.record().request.reset();
  return draft.done(there ? 321 : 322, there ? "SwitchoverDone" : "SwitchoverRefused",
                    there ? "the primary is where the switchover was to take it"
                          : "the switchover's target may not be primary",
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
  record.in_force.push_back(*wanted);
  record.in_force.back().generation = record.config_generation;
  return draft.done(
      361, "QuorumChanging",
      "commits are to wait for " + to_string(*wanted) + " instead of " + to_string(current));
}

/// Failover if the primary is lost and it can be done; nothing if the primary is well.
std::optional<NextStep> decide_failover(Facts& facts) {
  const Verdict verdict = judge_primary(facts);
  if (!verdict.dead) return std::nullopt;
  const std::string lost = facts.record.primary->value + " is lost: " + verdict.why;
  if (facts.record.paused) return hold(312, lost + "; the formation is paused");
  if (!can_fail_over(facts)) {
    std::set<NodeName> reachable;
    for (const auto& [name, node] : facts.nodes) {
      if (node.heard && node.has_data && !node.forgot && !node.excluded) reachable.insert(name);
    }
    const bool covered = covers_all(reachable, facts.record.in_force);
    return hold(
        313,
        lost + "; " + (covered ? "no other node may be primary" : missing_for(facts, reachable)));
  }
  if (!back_off_over(facts)) return hold(314, lost + "; waiting, for failovers come too often");
  return start_ballot(facts, 311, lost);
}

NextStep decide_stable(Facts& facts) {
  if (facts.record.deleting) return hold(305, "the formation is being deleted");
  if (auto step = decide_failover(facts)) return *step;
  if (auto step = decide_forgetful(facts)) return *step;
  if (!facts.primary_open()) return hold(315, "waiting for the primary to open");
  if (auto step = decide_request(facts)) return *step;
  const std::optional<Move> move = wanted_move(facts);
  if (auto step = decide_sync(facts, move.has_value())) return *step;
  if (move) return start_move(facts, *move);
  if (auto step = decide_dropped(facts)) return *step;
  if (auto step = decide_settled(facts)) return *step;
  return {};
}

NextStep decide_reconfigure(Facts& facts) {
  if (auto step = decide_failover(facts)) return *step;
  const SyncConfig& next = facts.record.in_force.back();
  const NodeReport* primary = facts.primary_report();
  if (primary != nullptr && primary->primary && primary->primary->epoch == next.epoch &&
      primary->primary->applied == next.generation && primary->primary->confirmed) {
    Draft draft(facts);
    draft.record().phase = Phase::stable;
    draft.record().in_force = {next};
    return draft.done(362, "QuorumChanged", "commits wait for " + to_string(next));
  }
  return hold(363, "waiting for the primary to prove that commits wait for " + to_string(next));
}

// ---- ballots

void order_promotion(Facts& facts, FormationRecord& record, const SyncConfig& next,
                     const Position& position) {
  record.phase = Phase::promote;
  record.candidate = next.primary;
  record.donor.reset();
  record.target_position = position;
  TimelineId parent;
  for (const Promotion& promotion : facts.record.lineage) {
    if (promotion.epoch == position.epoch) parent = promotion.timeline;
  }
  record.timeline_max = std::max(record.timeline_max, parent).next();
  record.config_generation = std::max(record.config_generation, next.generation);
  std::erase_if(record.in_force, [&](const SyncConfig& c) { return c.epoch == record.epoch; });
  record.in_force.push_back(next);
  record.lineage.push_back(
      Promotion{record.epoch, next.primary, record.timeline_max, parent, position.lsn, false});
  if (record.lineage.size() > kLineageMax) record.lineage.erase(record.lineage.begin());
}

NextStep decide_switchover(Facts& facts) {
  const NodeName old_primary = *facts.record.primary;
  const NodeFacts& old_facts = facts.node(old_primary);
  const NodeName target = *facts.record.candidate;
  if (old_facts.heard && old_facts.final) {
    const NodeFacts& to = facts.node(target);
    if (!to.heard || !may_be_primary(to)) {
      return start_ballot(facts, 373, "the switchover's target " + target.value + " is gone");
    }
    Draft draft(facts);
    FormationRecord& record = draft.record();
    record.finals[old_primary] = FinalReport{
        *old_facts.position, old_facts.report->position.timeline, old_facts.report->sequence};
    const auto armed = std::ranges::find(record.in_force, record.epoch, &SyncConfig::epoch);
    const SyncConfig next =
        armed == record.in_force.end() ? sync_after_move(facts, target, record.epoch) : *armed;
    order_promotion(facts, record, next, *old_facts.position);
    return draft.done(371, "PrimaryStopped",
                      old_primary.value + " has stopped at " + to_string(old_facts.position->lsn) +
                          "; " + target.value + " is told to take over");
  }
  const Instant since = std::max(facts.observed.phase_since, facts.observed.started_at);
  if (facts.passed(since, kDemoteWait)) {
    return start_ballot(facts, 372, old_primary.value + " did not stop in time for the switchover");
  }
  return hold(374, "waiting for " + old_primary.value + " to stop");
}

std::map<NodeName, FinalReport> finals_now(const Facts& facts) {
  std::map<NodeName, FinalReport> finals = facts.record.finals;
  for (const auto& [name, node] : facts.nodes) {
    if (!node.final || node.forgot || node.excluded || !node.heard) continue;
    finals[name] =
        FinalReport{*node.position, node.report->position.timeline, node.report->sequence};
  }
  return finals;
}

NextStep promote_or_fetch(Facts& facts, const NodeName& chosen,
                          const std::map<NodeName, FinalReport>& finals, const Position& best) {
  Draft draft(facts);
  FormationRecord& record = draft.record();
  record.finals = finals;
  if (finals.at(chosen).position >= best) {
    order_promotion(facts, record, sync_after_failover(facts, chosen, record.epoch, finals), best);
    return draft.done(381, "CandidateChosen",
                      chosen.value +
                          " holds everything that was acknowledged, and is told to "
                          "take over at " +
                          to_string(best.lsn));
  }
  for (const auto& [name, final_report] : finals) {
    if (final_report.position < best || !facts.node(name).heard) continue;
    if (facts.record.candidate == chosen && facts.record.donor == name) {
      return hold(384, chosen.value + " fetches WAL from " + name.value);
    }
    record.candidate = chosen;
    record.donor = name;
    record.target_position = best;
    return draft.done(382, "FetchingWal",
                      chosen.value + " is to fetch WAL up to " + to_string(best.lsn) + " from " +
                          name.value + " before it takes over");
  }
  return hold(383, "the node with the most WAL is not reachable: waiting for it");
}

NextStep decide_collect(Facts& facts) {
  std::map<NodeName, FinalReport> finals = finals_now(facts);
  std::set<NodeName> asked;
  for (const auto& [name, final_report] : finals)
    asked.insert(name);
  if (!covers_all(asked, facts.record.in_force)) {
    return hold(385, missing_for(facts, asked));
  }
  Position best;
  for (const auto& [name, final_report] : finals)
    best = std::max(best, final_report.position);
  std::optional<NodeName> chosen = facts.record.candidate;
  if (chosen && (!finals.contains(*chosen) || !facts.node(*chosen).heard ||
                 !may_be_primary(facts.node(*chosen)))) {
    return start_ballot(facts, 386, "the chosen node " + chosen->value + " is gone");
  }
  // Nodes that may still answer get a moment: a better candidate may be among them.
  if (!chosen) chosen = choose_candidate(facts, finals);
  if (!chosen) return hold(387, "no node that may be primary has answered");
  return promote_or_fetch(facts, *chosen, finals, best);
}

NextStep decide_promote(Facts& facts) {
  const NodeName candidate = *facts.record.candidate;
  const auto found = facts.nodes.find(candidate);
  const NodeFacts* node = found == facts.nodes.end() ? nullptr : &found->second;
  const auto& view =
      node != nullptr && node->report != nullptr ? node->report->primary : std::nullopt;
  if (node != nullptr && node->heard && view && view->epoch == facts.record.epoch &&
      view->confirmed) {
    Draft draft(facts);
    FormationRecord& record = draft.record();
    const SyncConfig own =
        *std::ranges::find(facts.record.in_force, facts.record.epoch, &SyncConfig::epoch);
    record.in_force = {own};
    record.primary = candidate;
    record.candidate.reset();
    record.target_position.reset();
    record.finals.clear();
    record.phase = Phase::stable;
    if (record.system_id.value == 0) record.system_id = node->report->system_id;
    record.lineage.back().opened = true;
    if (view->start.value != 0) record.lineage.back().start = view->start;
    if (record.request && (!record.request->to || *record.request->to == candidate)) {
      record.request.reset();
      record.settled_generation = facts.generation;
    }
    return draft.done(391, "PrimaryOpened",
                      candidate.value + " is primary in epoch " +
                          std::to_string(record.epoch.value) + "; commits wait for " +
                          to_string(own));
  }
  const Instant since = std::max(facts.observed.phase_since, facts.observed.started_at);
  const bool first = facts.record.system_id.value == 0;
  if (first) {
    return hold(392, "waiting for " + candidate.value + " to make the first data directory");
  }
  const bool silent =
      node == nullptr ||
      (!node->heard &&
       facts.passed(node->report == nullptr ? facts.observed.started_at : node->heard_at,
                    kSilentAfter) &&
       facts.passed(since, kSilentAfter));
  const bool down = node != nullptr && node->heard && node->report->state == NodeState::stopped &&
                    node->report->promised == facts.record.epoch &&
                    facts.passed(since, kResumeGrace);
  if (silent || down || facts.passed(since, kPromoteWait)) {
    return start_ballot(facts, 393, candidate.value + " did not take over in time");
  }
  return hold(394, "waiting for " + candidate.value + " to take over");
}

}  // namespace

NextStep decide(Facts& facts) {
  switch (facts.record.phase) {
    case Phase::bootstrap: return decide_bootstrap(facts);
    case Phase::stable: return decide_stable(facts);
    case Phase::reconfigure: return decide_reconfigure(facts);
    case Phase::switchover: return decide_switchover(facts);
    case Phase::collect: return decide_collect(facts);
    case Phase::promote: return decide_promote(facts);
  }
  return {};
}

}  // namespace hactl
