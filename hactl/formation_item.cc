#include "hactl/formation_item.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/utc.h"
#include "codec/json.h"
#include "codec/messages.h"
#include "codec/spec_json.h"

namespace hactl {

std::string text_at(const nlohmann::json& json, const char* key) {
  if (!json.is_object()) return {};
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : dump_json(*found);
}

Result<FormationItem> formation_item(const nlohmann::json& json) {
  FormationItem item;
  item.raw = json;
  ParsedFormation parsed = formation_from_json(json);
  if (!parsed.ok()) {
    return Error{ErrorCode::corrupt,
                 "error: the server's formation cannot be read: " + to_string(parsed.problems)};
  }
  item.formation = std::move(parsed.formation);
  const nlohmann::json metadata = json.value("metadata", nlohmann::json::object());
  const std::string generation = text_at(metadata, "generation");
  std::uint64_t number = 0;
  std::from_chars(generation.data(), generation.data() + generation.size(), number);
  item.generation = Generation(number);
  item.resource_version = text_at(metadata, "resource-version");
  item.created = parse_utc(text_at(metadata, "creation-timestamp"));
  const auto status = json.find("status");
  if (status == json.end() || !status->is_object() || status->empty()) return item;
  Result<FormationStatus> decoded = formation_status_from_json(*status);
  if (!decoded.ok()) return decoded.error().within("error: the server's status cannot be read");
  item.status = std::move(*decoded);
  return item;
}

bool condition_is(const FormationItem& item, std::string_view type, ConditionStatus wanted) {
  const Condition* condition = find_condition(item.status.conditions, type);
  return condition != nullptr && condition->status == wanted &&
         condition->observed_generation >= item.generation;
}

}  // namespace hactl
