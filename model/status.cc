#include "model/status.h"

#include <algorithm>

namespace hactl {

std::string_view to_string(ConditionStatus status) {
  switch (status) {
    case ConditionStatus::yes: return "True";
    case ConditionStatus::no: return "False";
    case ConditionStatus::unknown: return "Unknown";
  }
  return "Unknown";
}

const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type) {
  const auto found = std::ranges::find(conditions, type, &Condition::type);
  return found == conditions.end() ? nullptr : &*found;
}

bool is_true(const std::vector<Condition>& conditions, std::string_view type) {
  const Condition* condition = find_condition(conditions, type);
  return condition != nullptr && condition->status == ConditionStatus::yes;
}

}  // namespace hactl
