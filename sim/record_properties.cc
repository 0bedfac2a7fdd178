#include "sim/record_properties.h"

#include <algorithm>
#include <string>

#include "model/limits.h"

namespace hactl {

namespace {

/// Written anew and not taken from the model: the two must agree.
bool knows_all(const std::set<NodeName>& asked, const SyncConfig& config) {
  if (asked.contains(config.primary)) return true;
  int silent = 0;
  for (const NodeName& member : config.members) {
    if (!asked.contains(member)) ++silent;
  }
  return silent < config.required;
}

bool accepts_loss(const FormationRecord& record) {
  return std::ranges::count(record.overrides, record.epoch, &Override::epoch) > 0;
}

bool has_data(NodeState state) {
  return state != NodeState::unknown && state != NodeState::empty && state != NodeState::creating &&
         state != NodeState::dropped;
}

}  // namespace

void RecordProperties::store_restored() {
  last_.reset();
  candidates_.clear();
  leaders_.clear();
}

// I12: the record goes forward, and a ballot names one candidate.
void RecordProperties::check_numbers(const FormationRecord& record) {
  if (last_ && record.incarnation < last_->incarnation) {
    trace_.violate("I12", "the record's incarnation went back");
  }
  if (last_ && record.incarnation == last_->incarnation && record.revision < last_->revision) {
    trace_.violate("I12", "the record's revision went back");
  }
  if (last_ && record.epoch < last_->epoch) trace_.violate("I12", "the record's epoch went back");
  if (!record.candidate || record.phase != Phase::promote) return;
  const auto [candidate, first] = candidates_.emplace(record.epoch, *record.candidate);
  if (first || candidate->second == *record.candidate) return;
  trace_.violate("I12", "epoch " + std::to_string(record.epoch.value) + " has the candidates " +
                            candidate->second.value + " and " + record.candidate->value);
}

// I7: at most two settings of an epoch, none but of the epochs from the open primary's on.
void RecordProperties::check_settings(const FormationRecord& record) {
  if (record.phase == Phase::bootstrap) return;
  if (record.in_force.empty() && !record.recovering) {
    trace_.violate("I7", "no synchronous setting is on record");
  }
  Epoch opened;
  for (const Promotion& promotion : record.lineage) {
    if (promotion.opened) opened = std::max(opened, promotion.epoch);
  }
  std::map<Epoch, int> settings;
  for (const SyncConfig& config : record.in_force) {
    if (++settings[config.epoch] > 2) {
      trace_.violate("I7", "more than two settings of epoch " + std::to_string(config.epoch.value) +
                               " are on record");
    }
    if (config.epoch < opened || config.epoch > record.epoch) {
      trace_.violate("I7", "a setting of epoch " + std::to_string(config.epoch.value) +
                               " is on record beside epoch " + std::to_string(record.epoch.value));
    }
  }
}

// I8: a promotion is ordered when nobody is missing who may know more, at the furthest position.
void RecordProperties::check_promotion(const FormationRecord& record) {
  if (record.phase != Phase::promote || record.system_id.value == 0 || accepts_loss(record)) return;
  if (last_ && last_->phase == Phase::promote && last_->epoch == record.epoch) return;
  std::set<NodeName> asked;
  Epoch newest;  // Who holds WAL of an epoch holds all that was acknowledged before it.
  for (const auto& [node, last] : record.finals) {
    asked.insert(node);
    newest = std::max(newest, last.position.epoch);
    if (record.target_position && last.position <= *record.target_position) continue;
    trace_.violate("I8", node.value + " has said that it holds more than is to be promoted");
  }
  for (const SyncConfig& config : record.in_force) {
    if (config.epoch == record.epoch || config.epoch < newest) continue;
    for (const SyncConfig& other : record.in_force) {
      if (other.epoch != config.epoch) continue;
      // What walsenders do that have not all changed from one to the other.
      SyncConfig both = config;
      both.required = std::min(config.required, other.required);
      both.members.insert(other.members.begin(), other.members.end());
      if (knows_all(asked, both)) continue;
      trace_.violate("I8", "a promotion is ordered in epoch " + std::to_string(record.epoch.value) +
                               " though commits may have waited for others: " + to_string(both));
    }
  }
}

// I13: who was let go is neither counted nor chosen.
void RecordProperties::check_dropped(const FormationRecord& record) {
  for (const NodeName& node : record.dropped) {
    const bool chosen = record.candidate == node || record.primary == node;
    const bool counts = std::ranges::any_of(
        record.in_force, [&](const SyncConfig& c) { return c.members.contains(node); });
    if (chosen || counts) trace_.violate("I13", node.value + " was let go and still counts");
  }
}

// I14: a well primary is not left for a ballot that the nodes which are heard cannot decide.
void RecordProperties::check_ballot(const FormationRecord& record, const Observed& observed,
                                    Instant now) {
  if (record.phase != Phase::collect || !last_ || record.epoch == last_->epoch) return;
  const bool begun = last_->phase == Phase::stable || last_->phase == Phase::reconfigure;
  ++(begun ? failovers_ : ballots_repeated_);
  if (!begun) return;
  // A slow store may have taken the decision of a while ago.
  constexpr Duration kDecidedWithin{5'000};
  std::set<NodeName> heard;
  for (const auto& [name, node] : observed.nodes) {
    const bool lately = now - node.received_at < kSilentAfter + kDecidedWithin;
    if (lately && has_data(node.report.state)) heard.insert(name);
  }
  const auto waits_for_nobody = [](const SyncConfig& c) { return c.required == 0; };
  const bool may_lose = std::ranges::all_of(last_->in_force, waits_for_nobody);
  const bool decidable = std::ranges::all_of(
      last_->in_force, [&](const SyncConfig& config) { return knows_all(heard, config); });
  if (decidable || may_lose) return;
  trace_.violate("I14", "epoch " + std::to_string(record.epoch.value) +
                            " asks for last words though too few nodes are heard to decide it");
}

void RecordProperties::record_written(const FormationRecord& record, const Observed& observed,
                                      Instant now) {
  check_numbers(record);
  check_settings(record);
  check_promotion(record);
  check_dropped(record);
  check_ballot(record, observed, now);
  last_ = record;
}

// I14: one node leads in an epoch, whichever controller speaks.
void RecordProperties::planned(const Plan& plan) {
  for (const auto& [node, goal] : plan.goals) {
    const bool leads = goal.state == GoalState::bootstrap || goal.state == GoalState::promote ||
                       goal.state == GoalState::primary;
    if (!leads || !goal.sync) continue;
    const auto [leader, first] = leaders_.emplace(goal.sync->epoch, node);
    if (first || leader->second == node) continue;
    trace_.violate("I14", leader->second.value + " and " + node.value +
                              " are told to be primary in epoch " +
                              std::to_string(goal.sync->epoch.value));
  }
}

}  // namespace hactl
