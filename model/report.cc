#include "model/report.h"

#include <algorithm>
#include <array>
#include <utility>

namespace hactl {
namespace {

constexpr std::array<std::pair<NodeState, std::string_view>, 13> kNodeStates{{
    {NodeState::unknown, "unknown"},
    {NodeState::empty, "empty"},
    {NodeState::creating, "creating"},
    {NodeState::stopped, "stopped"},
    {NodeState::starting, "starting"},
    {NodeState::hung, "hung"},
    {NodeState::standby, "standby"},
    {NodeState::held, "held"},
    {NodeState::gated, "gated"},
    {NodeState::primary, "primary"},
    {NodeState::fenced, "fenced"},
    {NodeState::dropped, "dropped"},
    {NodeState::blocked, "blocked"},
}};

}  // namespace

std::string_view to_string(NodeState state) {
  for (const auto& [value, name] : kNodeStates) {
    if (value == state) return name;
  }
  return "unknown";
}

std::optional<NodeState> parse_node_state(std::string_view text) {
  for (const auto& [value, name] : kNodeStates) {
    if (name == text) return value;
  }
  return std::nullopt;
}

WalPosition complete_position(const NodeReport& report) {
  if (report.primary) {
    // What a standby has replayed was flushed here before it was sent.
    Lsn replayed;
    for (const SenderView& sender : report.primary->senders) {
      if (sender.epoch == report.primary->epoch) replayed = std::max(replayed, sender.replayed);
    }
    // The standbys were looked at a moment after the own end: they may be further already.
    const Lsn seen = std::min(replayed, report.position.lsn);
    return seen.value == 0 ? WalPosition{} : WalPosition{report.position.timeline, seen};
  }
  const bool standby = report.state == NodeState::standby || report.state == NodeState::held;
  if (!standby || report.position.timeline.value == 0 || report.replayed.value == 0) return {};
  return WalPosition{report.position.timeline, std::min(report.replayed, report.position.lsn)};
}

std::optional<std::pair<NodeName, Epoch>> receiving_from(const NodeReport& report) {
  if (!report.receiver || !report.receiver->streaming || report.receiver->quiet)
    return std::nullopt;
  return std::pair(report.receiver->upstream, report.receiver->epoch);
}

}  // namespace hactl
