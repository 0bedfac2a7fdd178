#include "controller/stored_json.h"

#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/utc.h"
#include "codec/decided_json.h"
#include "codec/json.h"
#include "codec/messages.h"
#include "codec/spec_json.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

/// A record of the largest formation is far below this.
constexpr std::size_t kStoredBytesMax = std::size_t{8} << 20U;

Error corrupt(std::string_view message) {
  return Error{ErrorCode::corrupt, std::string(message)};
}

/// The object's member, or null when it has none.
const Json& member(const Json& json, const char* key) {
  static const Json kNull;
  const auto found = json.find(key);
  return found == json.end() ? kNull : *found;
}

std::string text_of(const Json& json) {
  const auto* text = json.get_ptr<const std::string*>();
  return text == nullptr ? std::string() : *text;
}

/// The formation under `held`, when the rollout is paused.
Result<Done> read_held(const Json& json, StoredFormation& stored) {
  if (json.is_null()) return Done{};
  const Json& generation = member(json, "generation");
  ParsedFormation parsed = formation_from_json(member(json, "formation"));
  if (!parsed.ok()) return corrupt("held: " + to_string(parsed.problems));
  if (!generation.is_number_unsigned()) return corrupt("held: generation is missing");
  stored.held =
      HeldSpec{std::move(parsed.formation.spec), Generation(generation.get<std::uint64_t>())};
  return Done{};
}

Result<Done> read_parts(const Json& json, StoredFormation& stored) {
  ParsedFormation parsed = formation_from_json(member(json, "formation"));
  if (!parsed.ok()) return corrupt(to_string(parsed.problems));
  stored.formation = std::move(parsed.formation);
  Result<FormationRecord> record = record_from_json(member(json, "record"));
  if (!record.ok()) return corrupt(record.error().message);
  stored.record = std::move(*record);
  for (const Json& item : member(json, "conditions")) {
    Result<Condition> condition = condition_from_json(item);
    if (!condition.ok()) return corrupt(condition.error().message);
    stored.conditions.push_back(std::move(*condition));
  }
  return read_held(member(json, "held"), stored);
}

}  // namespace

std::string stored_formation_text(const StoredFormation& stored) {
  Json conditions = Json::array();
  for (const Condition& condition : stored.conditions) {
    conditions.push_back(to_json(condition));
  }
  Json json{{"formation", formation_json(stored.formation)},
            {"generation", stored.generation.value},
            {"record", to_json(stored.record)},
            {"uid", stored.uid},
            {"created", to_string(stored.created)},
            {"password", stored.password},
            {"conditions", std::move(conditions)}};
  if (stored.deleting_since) json["deleting-since"] = to_string(*stored.deleting_since);
  if (stored.held) {
    const Formation held{stored.formation.name, {}, {}, stored.held->spec};
    json["held"] =
        Json{{"formation", formation_json(held)}, {"generation", stored.held->generation.value}};
  }
  return dump_json(json);
}

Result<StoredFormation> parse_stored_formation(std::string_view text) {
  const Result<Json> json = parse_json(text, kStoredBytesMax);
  if (!json.ok()) return corrupt(json.error().message);
  if (!json->is_object()) return corrupt("not an object");
  StoredFormation stored;
  const Result<Done> parts = read_parts(*json, stored);
  if (!parts.ok()) return parts.error();
  const std::optional<UtcTime> created = parse_utc(text_of(member(*json, "created")));
  const Json& generation = member(*json, "generation");
  if (!created || !generation.is_number_unsigned()) {
    return corrupt("created or generation is missing");
  }
  stored.created = *created;
  stored.generation = Generation(generation.get<std::uint64_t>());
  stored.uid = text_of(member(*json, "uid"));
  stored.password = text_of(member(*json, "password"));
  stored.deleting_since = parse_utc(text_of(member(*json, "deleting-since")));
  return stored;
}

std::string stored_revision_text(const SpecRevision& revision) {
  Json json{{"formation", formation_json(revision.formation)},
            {"generation", revision.generation.value}};
  if (revision.time) json["time"] = to_string(*revision.time);
  return dump_json(json);
}

Result<SpecRevision> parse_stored_revision(std::string_view text) {
  const Result<Json> json = parse_json(text, kStoredBytesMax);
  if (!json.ok()) return corrupt(json.error().message);
  if (!json->is_object()) return corrupt("not an object");
  ParsedFormation parsed = formation_from_json(member(*json, "formation"));
  if (!parsed.ok()) return corrupt(to_string(parsed.problems));
  const Json& generation = member(*json, "generation");
  if (!generation.is_number_unsigned()) return corrupt("generation is missing");
  return SpecRevision{Generation(generation.get<std::uint64_t>()),
                      parse_utc(text_of(member(*json, "time"))), std::move(parsed.formation)};
}

std::string stored_event_text(const Event& event) {
  return dump_json(to_json(event));
}

std::string stored_decision_text(const Decided& decided) {
  return dump_json(to_json(decided));
}

Result<Event> parse_stored_event(std::string_view text) {
  const Result<Json> json = parse_json(text);
  if (!json.ok()) return corrupt(json.error().message);
  Result<Event> event = event_from_json(*json);
  if (!event.ok()) return corrupt(event.error().message);
  return event;
}

}  // namespace hactl
