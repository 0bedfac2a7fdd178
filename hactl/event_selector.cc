#include "hactl/event_selector.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "hactl/session.h"

namespace hactl {
namespace {

constexpr std::array<std::string_view, 5> kFields{"involved", "type", "reason", "object", "rule"};

bool has(const Event& event, std::string_view field, const std::string& value) {
  if (field == "involved") return event.involved.contains(NodeName(value));
  if (field == "type") return value == (event.warning ? "Warning" : "Normal");
  if (field == "reason") return value == event.reason;
  if (field == "object") return value == event.object;
  return value == std::to_string(event.rule);
}

}  // namespace

Result<EventSelector> EventSelector::parse(std::string_view text) {
  EventSelector selector;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const std::size_t sign = part.find('=');
    const bool negated = sign != std::string_view::npos && sign > 0 && part[sign - 1] == '!';
    const std::string_view field = part.substr(0, negated ? sign - 1 : sign);
    if (sign == std::string_view::npos || std::ranges::find(kFields, field) == kFields.end()) {
      return local_error(
          fmt::format("--field-selector: \"{}\" is not FIELD=VALUE or FIELD!=VALUE "
                      "with a field of: {}",
                      part, fmt::join(kFields, ", ")));
    }
    std::string_view value = part.substr(sign + 1);
    if (!negated && value.starts_with('=')) value.remove_prefix(1);
    selector.terms_.push_back(
        {std::string(field), negated ? Is::different : Is::equal, std::string(value)});
  }
  return selector;
}

bool EventSelector::matches(const Event& event) const {
  return std::ranges::all_of(terms_, [&](const Term& term) {
    return has(event, term.field, term.value) == (term.is == Is::equal);
  });
}

}  // namespace hactl
