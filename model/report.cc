#include "model/report.h"

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

std::optional<std::pair<NodeName, Epoch>> receiving_from(const NodeReport& report) {
  if (!report.receiver || !report.receiver->streaming || report.receiver->quiet)
    return std::nullopt;
  return std::pair(report.receiver->upstream, report.receiver->epoch);
}

}  // namespace hactl
