#include "sim/promise_properties.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace hactl {

namespace {

std::string number(Epoch epoch) {
  return std::to_string(epoch.value);
}

bool has_left(const AgentState& state) {
  return state.goal && state.goal->state == GoalState::drop;
}

}  // namespace

const AgentState* PromiseProperties::state(const NodeName& node) const {
  const auto found = states_.find(node);
  return found == states_.end() ? nullptr : &found->second;
}

void PromiseProperties::forgot(const NodeName& node) {
  states_.erase(node);
  finals_.erase(node);
}

bool PromiseProperties::state_saved(const NodeName& node, const AgentState& state) {
  if (const AgentState* before = this->state(node)) check_order(node, *before, state);
  check_rights(node, state);
  bool begins = false;
  if (state.promoted) begins = note_promotion(node, *state.promoted);
  // Who is let go owes the formation nothing any more.
  if (has_left(state)) finals_.erase(node);
  states_.insert_or_assign(node, state);
  return begins;
}

// I5, I12: promises, what was seen, and the count of writes never go back.
void PromiseProperties::check_order(const NodeName& node, const AgentState& before,
                                    const AgentState& after) {
  if (after.promised < before.promised && !has_left(after)) {
    trace_.violate("I5", node.value + " promised epoch " + number(before.promised) + ", then " +
                             number(after.promised));
  }
  if (after.sequence < before.sequence) {
    trace_.violate("I12", node.value + " has written its state file fewer times than before");
  }
  if (std::tie(after.incarnation_seen, after.revision_seen) <
      std::tie(before.incarnation_seen, before.revision_seen)) {
    trace_.violate("I12", node.value + " obeyed revision " +
                              std::to_string(after.revision_seen.value) + " after revision " +
                              std::to_string(before.revision_seen.value));
  }
}

// I5: nobody follows or leads by the word of an epoch above the one that it has promised.
void PromiseProperties::check_rights(const NodeName& node, const AgentState& state) {
  if (state.attached && state.attached->epoch > state.promised) {
    trace_.violate("I5", node.value + " is attached for epoch " + number(state.attached->epoch) +
                             " and has promised " + number(state.promised));
  }
  if (state.grant && state.grant->sync.epoch > state.promised) {
    trace_.violate("I5", node.value + " may lead in epoch " + number(state.grant->sync.epoch) +
                             " and has promised " + number(state.promised));
  }
}

// I3, I11: one node promotes in an epoch, and later epochs have later timelines.
bool PromiseProperties::note_promotion(const NodeName& node, const OwnPromotion& promotion) {
  const auto [holder, first] = promoted_.emplace(promotion.epoch, node);
  if (holder->second != node) {
    trace_.violate("I3", "epoch " + number(promotion.epoch) + " made primaries of " +
                             holder->second.value + " and " + node.value);
  }
  if (!first) return false;
  trace_.note("promotes " + node.value + " epoch " + number(promotion.epoch));
  timelines_[promotion.epoch] = promotion.timeline;
  const auto own = timelines_.find(promotion.epoch);
  const auto next = std::next(own);
  const bool below = own == timelines_.begin() || std::prev(own)->second < promotion.timeline;
  const bool above = next == timelines_.end() || promotion.timeline < next->second;
  if (!below || !above) {
    trace_.violate("I11", "epoch " + number(promotion.epoch) + " was given timeline " +
                              std::to_string(promotion.timeline.value) + " out of order");
  }
  return true;
}

void PromiseProperties::record_written(const FormationRecord& record) {
  for (const auto& [node, last] : record.finals) {
    Epoch& known = finals_[node];
    known = std::max(known, record.epoch);
  }
}

// R2: after a ballot has taken its last word, a node gets no WAL by the word of an older epoch.
void PromiseProperties::received(const SimServer& server, Epoch epoch) {
  if (finals_.empty()) return;
  const auto last_word = finals_.find(server.name);
  if (last_word == finals_.end() || epoch >= last_word->second) return;
  trace_.violate("R2", server.name.value + " gave its last word to epoch " +
                           number(last_word->second) + " and received WAL of epoch " +
                           number(epoch) + " after it");
}

// I10: nothing runs on a directory that is being replaced, but rewound data as a standby.
void PromiseProperties::started(const SimServer& server) {
  const AgentState* own = state(server.name);
  const bool replaced = own != nullptr && own->rebuilding && !own->rewinding;
  if (!server.disk.corrupt && !replaced) return;
  trace_.violate("I10", server.name.value + " was started on a data directory that is " +
                            (server.disk.corrupt ? "half rewound" : "being replaced"));
}

}  // namespace hactl
