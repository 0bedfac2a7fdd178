#include "sim/checkers.h"

namespace hactl {

void Checkers::gate_opened(const SimServer& server) {
  ++happenings_;
  wal_.gate_opened(server);
  settings_.gate_opened(server);
}

void Checkers::acknowledged(const SimServer& server, const WalRecord& record) {
  wal_.acknowledged(server, record);
  settings_.acknowledged(server, record);
  spread_.acknowledged(server, record);
}

void Checkers::writes_timeline(const SimServer& server, TimelineId timeline) {
  ++happenings_;
  wal_.writes_timeline(server, timeline);
}

void Checkers::started(const SimServer& server) {
  ++happenings_;
  promises_.started(server);
}

void Checkers::settings_taken(const SimServer& server) {
  settings_.settings_taken(server);
}

void Checkers::received(const SimServer& server, Epoch epoch) {
  promises_.received(server, epoch);
}

void Checkers::state_saved(const NodeName& node, const AgentState& state) {
  ++happenings_;
  const bool begins = promises_.state_saved(node, state);
  const auto server = cluster_.servers().find(node);
  if (!begins || server == cluster_.servers().end() || !server->second->disk.exists) return;
  wal_.promotes(*server->second, state.promoted->timeline);
}

void Checkers::record_written(const FormationRecord& record, const Observed& observed,
                              Instant now) {
  ++happenings_;
  wal_.record_written(record);
  promises_.record_written(record);
  settings_.record_written(record);
  spread_.record_written(record);
  records_.record_written(record, observed, now);
}

void Checkers::looked_at(const FormationLoop& loop, Instant now) {
  records_.planned(loop.last_plan());
  plans_.looked_at(loop, now);
}

void Checkers::node_forgot(const NodeName& node) {
  promises_.forgot(node);
  settings_.forgot(node);
  spread_.forgot(node);
}

}  // namespace hactl
