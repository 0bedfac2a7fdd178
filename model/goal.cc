#include "model/goal.h"

#include <array>
#include <utility>

namespace hactl {
namespace {

constexpr std::array<std::pair<GoalState, std::string_view>, 12> kGoalStates{{
    {GoalState::init, "init"},
    {GoalState::bootstrap, "bootstrap"},
    {GoalState::standby, "standby"},
    {GoalState::rebuild, "rebuild"},
    {GoalState::hold, "hold"},
    {GoalState::fast_forward, "fast_forward"},
    {GoalState::promote, "promote"},
    {GoalState::primary, "primary"},
    {GoalState::demote, "demote"},
    {GoalState::maintenance, "maintenance"},
    {GoalState::fence, "fence"},
    {GoalState::drop, "drop"},
}};

}  // namespace

std::string_view to_string(GoalState state) {
  for (const auto& [value, name] : kGoalStates) {
    if (value == state) return name;
  }
  return "unknown";
}

std::optional<GoalState> parse_goal_state(std::string_view text) {
  for (const auto& [value, name] : kGoalStates) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace hactl
