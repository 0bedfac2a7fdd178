#include "sim/checkers.h"

#include <algorithm>
#include <cstdio>

#include "model/goal.h"

namespace hactl {

void Checkers::note(const std::string& line) {
  const std::string whole =
      std::to_string(queue_.now().time_since_epoch().count() - 1'000'000) + " " + line;
  for (const char c : whole) {
    trace_hash_ ^= static_cast<unsigned char>(c);
    trace_hash_ *= 1099511628211ULL;
  }
  if (print_) std::printf("%s\n", whole.c_str());
}

void Checkers::violate(const std::string& property, const std::string& what) {
  note("VIOLATION " + property + " " + what);
  if (violation_.empty()) violation_ = property + ": " + what;
}

// I1, I2: what was acknowledged or readable before is there, whoever opens.
void Checkers::check_nothing_lost(const Opened& opened) {
  for (const auto& [id, timeline] : exposed_) {
    if (timeline > opened.timeline || opened.records.contains(id)) continue;
    const bool told = acknowledged_.contains(id);
    violate(told ? "I1" : "I2", opened.node.value + " opened on timeline " +
                                    std::to_string(opened.timeline.value) + " without record " +
                                    std::to_string(id) + " of timeline " +
                                    std::to_string(timeline.value) +
                                    (told ? ", which was acknowledged" : ", which could be read"));
    return;
  }
}

void Checkers::accept_loss(const Opened& opened) {
  for (std::map<std::uint64_t, TimelineId>* records : {&acknowledged_, &exposed_}) {
    std::erase_if(*records, [&](const auto& record) {
      return record.second <= opened.timeline && !opened.records.contains(record.first);
    });
  }
}

// I4: when a primary opens, nobody else can acknowledge any more.
void Checkers::check_only_writer(const SimServer& server) {
  for (const auto& [name, other] : cluster_->servers()) {
    if (name == server.name || !other->can_acknowledge()) continue;
    // One that was deposed while it was opening may open for a moment, unable to acknowledge.
    if (other->timeline() > server.timeline() && !server.can_acknowledge()) continue;
    // One that was given up, with what it still acknowledges.
    const auto given_up = accepted_.upper_bound(other->timeline());
    if (given_up != accepted_.end() && *given_up <= server.timeline()) continue;
    violate("I4", server.name.value + " opened while " + name.value + " could still acknowledge");
  }
}

void Checkers::gate_opened(const SimServer& server) {
  Opened opened{server.name, server.timeline(), {}};
  for (const WalRecord& record : server.disk.wal) {
    if (record.kind == RecordKind::client) opened.records.insert(record.id);
  }
  note("open " + server.name.value + " timeline " + std::to_string(opened.timeline.value) + " at " +
       to_string(server.disk.end()));
  if (loss_accepted(opened.timeline)) {
    accept_loss(opened);
  } else {
    check_nothing_lost(opened);
    check_only_writer(server);
  }
  for (const WalRecord& record : server.disk.wal) {
    if (record.kind == RecordKind::client) exposed_.emplace(record.id, record.timeline);
  }
  opened_.push_back(std::move(opened));
}

void Checkers::acknowledged(const SimServer& server, const WalRecord& record) {
  acknowledged_.emplace(record.id, record.timeline);
  exposed_.emplace(record.id, record.timeline);
  last_acknowledged_at_ = queue_.now();
  for (const Opened& opened : opened_) {
    if (opened.timeline <= record.timeline || opened.records.contains(record.id)) continue;
    if (loss_accepted(opened.timeline)) {
      // Of a primary that could not hear that it was given up.
      acknowledged_.erase(record.id);
      exposed_.erase(record.id);
      return;
    }
    violate("I1", "deposed " + server.name.value + " acknowledged record " +
                      std::to_string(record.id) + " of timeline " +
                      std::to_string(record.timeline.value) + ", which " + opened.node.value +
                      ", open on timeline " + std::to_string(opened.timeline.value) +
                      ", does not have");
  }
}

// I11: a timeline is written by one node only.
void Checkers::writes_timeline(const SimServer& server, TimelineId timeline) {
  note("writes " + server.name.value + " timeline " + std::to_string(timeline.value));
  const auto [writer, first] = writers_.emplace(timeline, server.name);
  if (first || writer->second == server.name) return;
  violate("I11", "timeline " + std::to_string(timeline.value) + " is written by " +
                     server.name.value + " and by " + writer->second.value);
}

// I10: nothing is started on a directory that is being replaced.
void Checkers::started_corrupt(const SimServer& server) {
  violate("I10", server.name.value + " was started on a half rewound data directory");
}

// I3 and I5: promises never go back, and one node promotes in an epoch.
void Checkers::state_saved(const NodeName& node, const AgentState& state) {
  const bool left = state.goal && state.goal->state == GoalState::drop;
  if (left) {
    promised_.erase(node);
    return;
  }
  Epoch& promised = promised_[node];
  if (state.promised < promised) {
    violate("I5", node.value + " promised epoch " + std::to_string(promised.value) + ", then " +
                      std::to_string(state.promised.value));
  }
  promised = state.promised;
  if (!state.promoted) return;
  const auto [holder, first] = promoted_.emplace(state.promoted->epoch, node);
  if (first)
    note("promotes " + node.value + " epoch " + std::to_string(state.promoted->epoch.value));
  if (holder->second == node) return;
  violate("I3", "epoch " + std::to_string(state.promoted->epoch.value) + " made primaries of " +
                    holder->second.value + " and " + node.value);
}

// I7 and I12: the record goes forward, and a ballot names one candidate.
void Checkers::record_written(const FormationRecord& record) {
  if (record.revision < last_revision_ && record.incarnation == last_incarnation_) {
    violate("I12", "the record's revision went back");
  }
  if (record.epoch < last_epoch_) violate("I12", "the record's epoch went back");
  last_revision_ = record.revision;
  last_incarnation_ = record.incarnation;
  last_epoch_ = record.epoch;
  if (record.phase != Phase::bootstrap && record.in_force.empty()) {
    violate("I7", "no synchronous setting is on record");
  }
  if (!record.candidate || record.phase != Phase::promote) return;
  const bool accepted = std::ranges::count(record.overrides, record.epoch, &Override::epoch) > 0;
  if (accepted && !record.lineage.empty()) accepted_.insert(record.lineage.back().timeline);
  const auto [candidate, first] = candidates_.emplace(record.epoch, *record.candidate);
  if (first || candidate->second == *record.candidate) return;
  violate("I12", "epoch " + std::to_string(record.epoch.value) + " has the candidates " +
                     candidate->second.value + " and " + record.candidate->value);
}

}  // namespace hactl
