#include "planner/recover.h"

#include <algorithm>

#include "base/rule_switch.h"
#include "model/limits.h"
#include "planner/ballot.h"
#include "planner/candidate.h"
#include "planner/draft.h"
#include "planner/sync_quorum.h"
#include "planner/verdict.h"

namespace hactl {
namespace {

/// The highest of what the nodes that are heard have seen.
struct Seen {
  Incarnation incarnation;
  Revision revision;  ///< Of the record's own incarnation.
  Epoch epoch;
};

Seen seen_by_nodes(const Facts& facts) {
  Seen seen;
  for (const auto& [name, node] : facts.nodes) {
    if (!node.heard) continue;
    const NodeReport& report = *node.report;
    seen.incarnation = std::max(seen.incarnation, report.incarnation_seen);
    seen.epoch = std::max(seen.epoch, report.promised);
    if (report.incarnation_seen == facts.record.incarnation) {
      seen.revision = std::max(seen.revision, report.revision_seen);
    }
  }
  return seen;
}

/// The node that is open in the highest epoch in which any is. Not one that is known to have been
/// replaced: somebody has WAL of a later promotion.
const NodeFacts* open_primary(const Facts& facts) {
  const NodeFacts* best = nullptr;
  const Promotion* newest = facts.opened();
  for (const auto& [name, node] : facts.nodes) {
    if (!node.heard || !node.report->primary || !node.report->primary->gate_open) continue;
    if (!node.report->primary->granted || node.forgot || node.excluded) continue;
    const Epoch epoch = node.report->primary->epoch;
    if (newest != nullptr && epoch < newest->epoch) continue;
    if (best == nullptr || epoch > best->report->primary->epoch) best = &node;
  }
  return best;
}

/// What the nodes know of promotions that the store has forgotten; and of the data, where the copy
/// is older than that.
void learn_lineage(const Facts& facts, FormationRecord& record) {
  for (const auto& [name, node] : facts.nodes) {
    if (!node.heard) continue;
    if (record.system_id.value == 0 && node.has_data) record.system_id = node.report->system_id;
    for (const Promotion& told : node.report->lineage) {
      record.timeline_max = std::max(record.timeline_max, told.timeline);
      if (find_timeline(record.lineage, told.timeline) != nullptr || told.epoch.value == 0)
        continue;
      record.lineage.push_back(told);
    }
  }
  // Whose a timeline is, only its primary tells, perhaps after others.
  for (Promotion& promotion : record.lineage) {
    for (const auto& [name, node] : facts.nodes) {
      const bool own = node.heard && node.report->primary &&
                       node.report->primary->timeline == promotion.timeline &&
                       node.report->primary->epoch == promotion.epoch;
      if (own) promotion.node = name;
    }
  }
  std::ranges::stable_sort(record.lineage, {}, &Promotion::epoch);
  // Whoever was to prove the setting of an older promotion has been replaced.
  Epoch newest;
  for (const Promotion& promotion : record.lineage) {
    if (promotion.opened) newest = promotion.epoch;
  }
  std::erase_if(record.in_force, [&](const SyncConfig& config) { return config.epoch < newest; });
}

NextStep prove_by_primary(const Facts& facts, const NodeFacts& primary) {
  Draft draft(facts);
  FormationRecord& record = draft.record();
  const PrimaryView& view = *primary.report->primary;
  learn_lineage(facts, record);
  record.primary = primary.report->node;
  record.system_id = primary.report->system_id;
  // The copy may be of the moment in which it had been chosen and was not open yet.
  for (Promotion& promotion : record.lineage) {
    if (promotion.timeline == view.timeline) promotion.opened = true;
  }
  record.phase = Phase::reconfigure;
  // A new generation: what was proven for an older one may have been changed since.
  record.config_generation = std::max(record.config_generation, view.granted->generation).next();
  SyncConfig setting = *view.granted;
  setting.generation = record.config_generation;
  record.in_force.clear();
  put_in_force(facts, setting, record);
  record.candidate.reset();
  return draft.done(306, "RecoveringByPrimary",
                    record.primary->value + " is open in epoch " +
                        std::to_string(view.epoch.value) +
                        ": it is to prove that commits wait for " + to_string(setting),
                    true);
}

/// Nodes that are heard later know more of the history, and say where they are in its terms.
std::optional<NextStep> learn_more(const Facts& facts) {
  Draft draft(facts);
  FormationRecord& record = draft.record();
  learn_lineage(facts, record);
  const bool new_to_us = record.lineage != facts.record.lineage ||
                         record.timeline_max != facts.record.timeline_max ||
                         record.system_id != facts.record.system_id;
  if (!new_to_us) return std::nullopt;
  return draft.done(310, "HistoryLearned",
                    "the store is older than its nodes: learning from them which timelines there "
                    "are");
}

NextStep ask_everybody(const Facts& facts, const std::string& why) {
  Draft draft(facts);
  FormationRecord& record = draft.record();
  learn_lineage(facts, record);
  record.epoch = record.epoch.next();
  record.phase = Phase::collect;
  record.candidate.reset();
  record.donor.reset();
  record.finals.clear();
  // A primary that could not prove its setting may have been replaced.
  record.in_force.clear();
  return draft.done(307, "RecoveringByAll",
                    "epoch " + std::to_string(record.epoch.value) +
                        " asks every node how far it is, and needs the word of all of them: " + why,
                    true);
}

bool knows_own_lineage(const NodeFacts& node) {
  return node.report->primary && !node.report->lineage.empty() &&
         node.report->lineage.back().timeline == node.report->primary->timeline;
}

/// How many bytes that the lost primary had acknowledged, or could have, the best node lacks;
/// unset: nobody knows.
std::optional<WalBytes> expected_loss(const Facts& facts) {
  const NodeFacts& primary = facts.node(*facts.record.primary);
  if (primary.report == nullptr || !primary.position) return std::nullopt;
  Position best;
  for (const auto& [name, node] : facts.nodes) {
    const bool there = name != *facts.record.primary && node.heard && node.position && !node.forgot;
    if (there && !node.excluded) best = std::max(best, *node.position);
  }
  if (best.epoch < primary.position->epoch) return std::nullopt;
  return distance(best.lsn, primary.position->lsn);
}

std::string loss_text(const std::optional<WalBytes>& loss) {
  if (!loss) return "nobody knows how much";
  return "up to " + std::to_string(loss->value) + " bytes of WAL";
}

NextStep refuse(const Facts& facts, const std::string& why) {
  Draft draft(facts);
  draft.record().failover.reset();
  return draft.done(319, "FailoverRefused", why, true);
}

NextStep start_forced(const Facts& facts, const std::string& accepted) {
  const FailoverRequest& request = *facts.record.failover;
  Draft draft(facts);
  FormationRecord& record = draft.record();
  record.epoch = record.epoch.next();
  record.phase = Phase::collect;
  record.candidate.reset();
  record.donor.reset();
  record.finals.clear();
  record.failover.reset();
  if (!accepted.empty()) {
    record.overrides.push_back(
        Override{record.epoch, request.by + " accepted the loss of " + accepted});
  }
  return draft.done(318, "FailoverForced",
                    "epoch " + std::to_string(record.epoch.value) +
                        " asks every node how far it is: " + request.by + " asked for a failover" +
                        (accepted.empty() ? "" : " and accepted the loss of " + accepted),
                    true);
}

/// Those without whose word an open primary can't be known to be the last one, where commits wait
/// for nobody: there is no acknowledgement then that would prove it.
std::set<NodeName> unasked_about_later_primaries(const Facts& facts) {
  if (facts.record.in_force.back().required > 0 || !rule_holds(Rule::restore_proven)) return {};
  std::set<NodeName> unasked = all_who_may_hold_commits(facts);
  std::erase_if(unasked, [&](const NodeName& name) {
    const NodeFacts& node = facts.node(name);
    return node.heard && !node.report->lineage.empty();
  });
  if (facts.record.failover) {
    for (const NodeName& lost : facts.record.failover->assume_lost)
      unasked.erase(lost);
  }
  return unasked;
}

}  // namespace

std::set<NodeName> all_who_may_hold_commits(const Facts& facts) {
  std::set<NodeName> names;
  for (const auto& [name, node] : facts.nodes) {
    const bool new_here =
        node.heard && !node.forgot &&
        (node.report->state == NodeState::empty || node.report->state == NodeState::creating);
    if (!new_here) names.insert(name);
  }
  return names;
}

namespace {

bool suffice(const Facts& facts, const std::set<NodeName>& asked,
             const std::vector<SyncConfig>& settings) {
  if (facts.record.recovering && rule_holds(Rule::restore_asks_all)) {
    return std::ranges::includes(asked, all_who_may_hold_commits(facts));
  }
  return covers_all(asked, settings);
}

}  // namespace

bool words_suffice(const Facts& facts, const std::set<NodeName>& asked) {
  return suffice(facts, asked, facts.record.in_force);
}

bool words_suffice(const Facts& facts, const std::map<NodeName, FinalReport>& finals) {
  return suffice(facts, names_of(finals), to_be_covered(facts.record.in_force, finals));
}

std::optional<NextStep> learn_forgotten_history(const Facts& facts) {
  return facts.record.recovering ? learn_more(facts) : std::nullopt;
}

std::optional<NextStep> notice_regression(Facts& facts) {
  const Seen seen = seen_by_nodes(facts);
  const bool older = seen.incarnation > facts.record.incarnation ||
                     seen.revision > facts.record.revision || seen.epoch > facts.record.epoch;
  const bool noticed = older && rule_holds(Rule::restore_noticed);
  const bool said = facts.observed.put_back_to >= facts.record.incarnation;
  if (!noticed && !said) return std::nullopt;
  Draft draft(facts);
  FormationRecord& record = draft.record();
  record.incarnation = std::max(record.incarnation, seen.incarnation).next();
  // Beyond whatever a node that is not heard may have been told by the store's former lives: each
  // began as far beyond the same copy.
  const std::uint64_t lives = record.incarnation.value - facts.record.incarnation.value;
  const std::uint64_t former = facts.record.epoch.value + (lives - 1) * kBallotsForgottenMax;
  record.epoch = Epoch(std::max(former, seen.epoch.value) + kBallotsForgottenMax);
  const auto timelines = static_cast<std::uint32_t>(lives * kTimelinesForgottenMax);
  record.timeline_max = TimelineId(record.timeline_max.value + timelines);
  // What was asked for when the copy was made has been done since, or is no longer wanted.
  record.request.reset();
  record.failover.reset();
  record.recovering = true;
  record.phase = Phase::reconfigure;
  record.candidate.reset();
  record.donor.reset();
  record.target_position.reset();
  record.finals.clear();
  record.in_force.clear();
  return draft.done(305, "StoreIsOlderThanItsNodes",
                    (older ? "nodes have seen more than this store knows: it"
                           : "the controller was told that its store") +
                        std::string(" was put back to an older copy, and nobody is promoted before "
                                    "the formation is known again"),
                    true);
}

NextStep decide_recovery(Facts& facts) {
  const NodeFacts* primary = open_primary(facts);
  const bool proving = primary != nullptr && facts.record.primary == primary->report->node &&
                       facts.record.in_force.size() == 1 &&
                       facts.record.in_force.back().epoch == primary->report->primary->epoch;
  if (proving && facts.primary_open()) {
    const SyncConfig& setting = facts.record.in_force.back();
    const PrimaryView& view = *primary->report->primary;
    const bool proven = view.applied == setting.generation && view.confirmed;
    if (!proven && rule_holds(Rule::restore_proven)) {
      if (facts.passed(facts.observed.phase_since, kProofWait)) {
        return ask_everybody(facts, facts.record.primary->value + " has not proven its setting");
      }
      return hold(308, "the store is older than its nodes: waiting for " +
                           facts.record.primary->value + " to prove that commits wait for " +
                           to_string(setting));
    }
    if (const std::set<NodeName> unasked = unasked_about_later_primaries(facts); !unasked.empty()) {
      return hold(308,
                  "the store is older than its nodes, and commits wait for nobody: a primary "
                  "later than " +
                      facts.record.primary->value + " may have been elected; waiting for " +
                      join(unasked) + " or `hactl failover --assume-lost=…`");
    }
    Draft draft(facts);
    draft.record().recovering = false;
    draft.record().failover.reset();
    draft.record().phase = Phase::stable;
    return draft.done(
        309, "Recovered",
        facts.record.primary->value + " has proven that commits wait for " + to_string(setting));
  }
  if (primary != nullptr) {
    if (knows_own_lineage(*primary)) return prove_by_primary(facts, *primary);
    return hold(308, "the store is older than its nodes: waiting for " +
                         primary->report->node.value + " to tell its history");
  }
  if (facts.passed(std::max(facts.observed.phase_since, facts.observed.started_at), kCollectWait)) {
    return ask_everybody(facts, "the store is older than its nodes, and no primary is open");
  }
  return hold(308, "the store is older than its nodes: looking for an open primary");
}

std::optional<NextStep> decide_forced(Facts& facts) {
  if (!facts.record.failover || !facts.record.primary) return std::nullopt;
  if (facts.primary_open() && !judge_primary(facts).dead) {
    return refuse(facts, facts.record.primary->value +
                             " is well: `hactl switchover` moves the primary without any loss");
  }
  const std::set<NodeName> answering = those_who_answer(facts);
  if (answering.empty()) return refuse(facts, "no node with data is heard");
  if (words_suffice(facts, answering)) return start_forced(facts, "");
  const FailoverRequest& request = *facts.record.failover;
  std::set<NodeName> with_lost = answering;
  with_lost.insert(request.assume_lost.begin(), request.assume_lost.end());
  if (words_suffice(facts, with_lost)) {
    return start_forced(facts, "whatever only " + join(request.assume_lost) + " held");
  }
  const std::optional<WalBytes> loss = expected_loss(facts);
  const bool accepted =
      request.accept_any_loss || (request.accept_loss && loss && *loss <= *request.accept_loss);
  if (accepted) return start_forced(facts, loss_text(loss));
  return refuse(facts, missing_for(facts, answering, facts.record.in_force) + "; without them " +
                           loss_text(loss) +
                           " may be lost, which --accept-data-loss would have to allow");
}

std::optional<NextStep> decide_foreign_setting(const Facts& facts) {
  const NodeReport* report = facts.primary_report();
  if (!rule_holds(Rule::r12_foreign_setting)) return std::nullopt;
  if (report == nullptr || !report->primary || !report->primary->foreign_sync) return std::nullopt;
  const SyncConfig& current = facts.record.in_force.back();
  const bool known = std::ranges::any_of(facts.record.in_force, [&](const SyncConfig& config) {
    return config.epoch == current.epoch && config.required == 0;
  });
  if (!facts.primary_open() || known) return std::nullopt;
  Draft draft(facts);
  FormationRecord& record = draft.record();
  SyncConfig foreign = current;
  foreign.generation = record.config_generation.next();
  foreign.required = 0;
  foreign.members.clear();
  SyncConfig again = current;
  again.generation = record.config_generation = foreign.generation.next();
  // Whatever was in force instead: only the primary itself can speak for its commits. That holds
  // for the older settings too.
  record.in_force = {foreign, again};
  record.phase = Phase::reconfigure;
  return draft.done(365, "ForeignSetting",
                    "somebody has changed synchronous_standby_names on " + record.primary->value +
                        ": it is set again, and until that is proven only " +
                        record.primary->value + " is known to hold every acknowledged commit",
                    true);
}

}  // namespace hactl
