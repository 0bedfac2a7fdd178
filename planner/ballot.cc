#include "planner/ballot.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/rule_switch.h"
#include "planner/candidate.h"
#include "planner/draft.h"
#include "planner/recover.h"
#include "planner/sync_quorum.h"

namespace hactl {
namespace {

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
  const bool reserves = rule_holds(Rule::r11_timeline_reserved);
  const TimelineId own = (reserves ? std::max(record.timeline_max, parent) : parent).next();
  record.timeline_max = std::max(record.timeline_max, own);
  record.config_generation = std::max(record.config_generation, next.generation);
  std::erase_if(record.in_force, [&](const SyncConfig& c) {
    return c.epoch == record.epoch || !rule_holds(Rule::r8_older_epochs_kept);
  });
  put_in_force(facts, next, record);
  record.lineage.push_back(Promotion{record.epoch, next.primary, own, parent, position.lsn, false});
  if (record.lineage.size() > kLineageMax) record.lineage.erase(record.lineage.begin());
}

std::map<NodeName, FinalReport> finals_now(const Facts& facts) {
  std::map<NodeName, FinalReport> finals = facts.record.finals;
  for (const auto& [name, node] : facts.nodes) {
    if (node.forgot || node.excluded) finals.erase(name);
    if (!node.final) continue;
    finals[name] =
        FinalReport{*node.position, node.report->position.timeline, node.report->sequence};
  }
  return finals;
}

/// Written down for good: what was promoted without the words that would have been needed.
void note_accepted_loss(const Facts& facts, FormationRecord& record) {
  const bool noted = std::ranges::count(record.overrides, record.epoch, &Override::epoch) > 0;
  if (noted || words_suffice(facts, record.finals)) return;
  record.overrides.push_back(Override{
      record.epoch, "the spec asks for no synchronous standby: " + join(names_of(record.finals)) +
                        " went on without the last commits of the others"});
}

NextStep promote_or_fetch(Facts& facts, const NodeName& chosen,
                          const std::map<NodeName, FinalReport>& finals, const Position& best) {
  Draft draft(facts);
  FormationRecord& record = draft.record();
  record.finals = finals;
  note_accepted_loss(facts, record);
  const bool holds_all = !is_further(best, finals.at(chosen).position);
  if (holds_all || !rule_holds(Rule::r5_fetches_first)) {
    order_promotion(facts, record, sync_after_failover(facts, chosen, record.epoch, finals), best);
    return draft.done(381, "CandidateChosen",
                      chosen.value +
                          " holds everything that was acknowledged, and is told to "
                          "take over at " +
                          to_string(best.lsn));
  }
  for (const auto& [name, final_report] : finals) {
    if (is_further(best, final_report.position) || !facts.node(name).heard) continue;
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

/// What only the primary that is being left holds was never acknowledged, and nobody may be able to
/// fetch it from there.
void leave_out_the_avoided(const Facts& facts, std::map<NodeName, FinalReport>& finals) {
  if (!facts.record.avoid) return;
  std::set<NodeName> others;
  for (const auto& [name, final_report] : finals) {
    if (name != *facts.record.avoid) others.insert(name);
  }
  if (covers_all(others, facts.record.in_force)) finals.erase(*facts.record.avoid);
}

/// Whoever was ordered to be primary, and has not given its word to this ballot, may open for as
/// long as its lease lasts: since it was last heard or, while it is heard, since the ballot began.
bool others_have_closed(Facts& facts, const std::set<NodeName>& asked) {
  return std::ranges::all_of(facts.record.in_force, [&](const SyncConfig& config) {
    const auto found = facts.nodes.find(config.primary);
    const bool heard = found != facts.nodes.end() && found->second.heard;
    if (asked.contains(config.primary) || (heard && !found->second.has_data)) return true;
    return lease_has_run_out(
        facts, heard ? facts.observed.phase_since : last_word_of(facts, config.primary));
  });
}

/// Where the last commits may be lost, by the spec or by an operator's word, the ballot goes on
/// with whoever answers: with all that are heard, or when a moment has passed.
bool may_go_on_without(Facts& facts, const std::set<NodeName>& asked) {
  const bool accepted =
      std::ranges::count(facts.record.overrides, facts.record.epoch, &Override::epoch) > 0;
  if (asked.empty() || !(accepted || may_lose_commits_by_spec(facts))) return false;
  if (!accepted && !others_have_closed(facts, asked)) return false;
  const bool all_heard = std::ranges::all_of(facts.nodes, [&](const auto& entry) {
    return !entry.second.heard || !entry.second.has_data || asked.contains(entry.first);
  });
  return all_heard || facts.passed(facts.observed.phase_since, kCollectWait);
}

/// Whether a new ballot could lead to a primary that opens where this one can't: by another node,
/// when the standbys in question have data, or with other standbys.
bool ballot_would_help(const Facts& facts) {
  const auto satisfiable = [&](const SyncConfig& config) {
    const auto able = std::ranges::count_if(config.members, [&](const NodeName& name) {
      const auto found = facts.nodes.find(name);
      return found != facts.nodes.end() && found->second.heard && found->second.has_data;
    });
    return able >= config.required;
  };
  const FormationRecord& record = facts.record;
  const auto own = std::ranges::find(record.in_force, record.epoch, &SyncConfig::epoch);
  return own == record.in_force.end() || satisfiable(*own) ||
         satisfiable(sync_after_failover(facts, *record.candidate, record.epoch, {}));
}

/// Whether the new primary has been open for a moment. Recording that it is makes every other node
/// follow it, and each that reconnects takes processors and disk from the clients that come back.
bool clients_had_their_turn(Facts& facts, const NodeFacts& primary) {
  if (!primary.report->primary->gate_open) return false;
  return facts.passed(facts.observed.phase_since, kOthersFollowAfter) ||
         facts.passed(primary.steady_since, kClientsFirst);
}

/// How long clients could not write in a move that somebody asked for: what the next one is
/// predicted by.
void note_pause(const Facts& facts, const NodeFacts& primary, FormationRecord& record) {
  const std::optional<Instant> stopped = facts.observed.writes_stopped_at;
  if (!stopped || primary.steady_since < *stopped) return;
  record.pauses_ms.push_back(static_cast<std::uint64_t>((primary.steady_since - *stopped).count()));
  if (record.pauses_ms.size() > kPausesKept) record.pauses_ms.erase(record.pauses_ms.begin());
}

}  // namespace

namespace {

NextStep begin_ballot(Draft draft, std::uint32_t rule, const std::string& why) {
  FormationRecord& record = draft.record();
  if (rule_holds(Rule::r6_new_ballot)) record.epoch = record.epoch.next();
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

}  // namespace

NextStep start_ballot(const Facts& facts, std::uint32_t rule, const std::string& why) {
  return begin_ballot(Draft(facts), rule, why);
}

NextStep start_ballot_against_primary(const Facts& facts, std::uint32_t rule,
                                      const std::string& why) {
  Draft draft(facts);
  draft.record().avoid = facts.record.primary;
  return begin_ballot(std::move(draft), rule, why);
}

bool may_lose_commits_by_spec(const Facts& facts) {
  // Of a store that was put back, the spec may be older than the commits.
  if (facts.spec.number_sync_standbys != 0 || facts.record.recovering) return false;
  const auto waits_for_nobody = [](const SyncConfig& config) { return config.required == 0; };
  return std::ranges::all_of(facts.record.in_force, waits_for_nobody) &&
         std::ranges::any_of(facts.nodes, [&](const auto& entry) {
           return entry.first != facts.record.primary && may_be_primary(entry.second);
         });
}

bool lease_has_run_out(Facts& facts, Instant since) {
  return facts.passed(since, kLease + kLeaseMargin) || !rule_holds(Rule::lease_waited);
}

Instant last_word_of(const Facts& facts, const NodeName& name) {
  const auto found = facts.nodes.find(name);
  const bool never = found == facts.nodes.end() || found->second.report == nullptr;
  return never ? facts.observed.started_at : found->second.heard_at;
}

std::string missing_for(const Facts& facts, const std::set<NodeName>& asked,
                        const std::vector<SyncConfig>& settings) {
  std::set<NodeName> needed;
  if (facts.record.recovering) {
    std::ranges::set_difference(all_who_may_hold_commits(facts), asked,
                                std::inserter(needed, needed.end()));
    return "the store is older than its nodes, and " + join(needed) +
           " may hold acknowledged commits: writes resume when all of them return";
  }
  for (const SyncConfig& config : with_mixtures(settings)) {
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

NextStep decide_switchover(Facts& facts) {
  const NodeName old_primary = *facts.record.primary;
  const NodeFacts& old_facts = facts.node(old_primary);
  const NodeName target = *facts.record.candidate;
  if (old_facts.final) {
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

NextStep decide_collect(Facts& facts) {
  std::map<NodeName, FinalReport> finals = finals_now(facts);
  const std::set<NodeName> asked = names_of(finals);
  const bool covered = words_suffice(facts, finals) || !rule_holds(Rule::r3_covered);
  if (!covered && !may_go_on_without(facts, asked)) {
    if (auto step = decide_forced(facts)) return *step;
    return hold(385, missing_for(facts, asked, to_be_covered(facts.record.in_force, finals)));
  }
  leave_out_the_avoided(facts, finals);
  Position best;
  for (const auto& [name, final_report] : finals) {
    if (is_further(final_report.position, best)) best = final_report.position;
  }
  std::optional<NodeName> chosen = facts.record.candidate;
  if (chosen && (!finals.contains(*chosen) || !may_be_elected(facts, *chosen))) {
    return start_ballot(facts, 386, "the chosen node " + chosen->value + " is gone");
  }
  // Whoever has spoken since it was chosen may be further, on another way.
  if (chosen && !can_fetch_the_rest(facts, finals, *chosen)) {
    return start_ballot(facts, 388,
                        "the chosen node " + chosen->value +
                            " has WAL that the one which is furthest does not have");
  }
  // Nodes that may still answer get a moment: a better candidate may be among them.
  if (!chosen) chosen = choose_candidate(facts, finals);
  if (!chosen) return hold(387, "no node that may be primary has answered");
  return promote_or_fetch(facts, *chosen, finals, best);
}

namespace {

/// The setting under which the candidate opens. Requires that its promotion was ordered.
SyncConfig own_setting(const FormationRecord& record) {
  return *std::ranges::find(record.in_force, record.epoch, &SyncConfig::epoch);
}

/// Whether to wait no longer for a candidate, null when it is no node any more, that was chosen at
/// `since`.
bool will_not_take_over(Facts& facts, const NodeFacts* node, Instant since) {
  if (node == nullptr || node->forgot || facts.passed(since, kPromoteWait)) return true;
  if (!node->heard) {
    const Instant heard_at = node->report == nullptr ? facts.observed.started_at : node->heard_at;
    return facts.passed(heard_at, kSilentAfter) && facts.passed(since, kSilentAfter);
  }
  if (!facts.passed(since, kResumeGrace)) return false;
  const NodeReport& report = *node->report;
  // What answered once and does not any more is not at work on its promotion.
  return report.state == NodeState::hung ||
         (report.state == NodeState::stopped && report.promised == facts.record.epoch);
}

}  // namespace

NextStep decide_promote(Facts& facts) {
  const NodeName candidate = *facts.record.candidate;
  const auto found = facts.nodes.find(candidate);
  const NodeFacts* node = found == facts.nodes.end() ? nullptr : &found->second;
  const auto& view =
      node != nullptr && node->report != nullptr ? node->report->primary : std::nullopt;
  if (node != nullptr && node->heard && view && view->epoch == facts.record.epoch &&
      ((view->confirmed && clients_had_their_turn(facts, *node)) ||
       !rule_holds(Rule::r8_confirmed))) {
    Draft draft(facts);
    FormationRecord& record = draft.record();
    const SyncConfig own = own_setting(facts.record);
    record.in_force = {own};
    note_pause(facts, *node, record);
    record.primary = candidate;
    record.candidate.reset();
    record.target_position.reset();
    record.finals.clear();
    record.avoid.reset();
    record.recovering = false;
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
  const bool gated = node != nullptr && node->heard && view && view->epoch == facts.record.epoch;
  if (gated && !ballot_would_help(facts)) {
    return hold(395, candidate.value + " has been promoted, and opens when its WAL is held by " +
                         to_string(own_setting(facts.record)));
  }
  if (will_not_take_over(facts, node, since)) {
    return start_ballot(facts, 393, candidate.value + " did not take over in time");
  }
  return hold(394, "waiting for " + candidate.value + " to take over");
}

}  // namespace hactl
