#include "model/status.h"

namespace hactl {

std::string_view to_string(ConditionStatus status) {
  switch (status) {
    case ConditionStatus::yes: return "True";
    case ConditionStatus::no: return "False";
    case ConditionStatus::unknown: return "Unknown";
  }
  return "Unknown";
}

}  // namespace hactl
