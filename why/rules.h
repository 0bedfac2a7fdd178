// The planner's rules by number, for people: 2xx judge the primary, 3xx decide, 4xx give goals.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hactl {

struct RuleText {
  std::uint32_t id = 0;
  std::string_view name;     ///< CamelCase; of a rule that writes an event, as the event's reason.
  std::string_view meaning;  ///< When it applies and what it does, in general.
};

/// By id, rising.
std::span<const RuleText> all_rules();

/// nullptr when there is no such rule.
const RuleText* rule_text(std::uint32_t id);

/// "385 WordsMissing"; the number alone when there is no such rule.
std::string rule_title(std::uint32_t id);

}  // namespace hactl
