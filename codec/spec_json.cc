#include "codec/spec_json.h"

#include <charconv>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "codec/spec_decode.h"
#include "codec/spec_words.h"
#include "codec/text_check.h"
#include "model/limits.h"

namespace hactl {
namespace {

using nlohmann::ordered_json;

/// A parameter as people write it: whole numbers without quotes.
ordered_json parameter_value(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (whole && std::to_string(number) == text) return number;
  return text;
}

ordered_json texts(const std::map<std::string, std::string>& entries) {
  ordered_json object = ordered_json::object();
  for (const auto& [key, value] : entries)
    object[key] = value;
  return object;
}

template <typename T>
void put(ordered_json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

void put_text(ordered_json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

ordered_json hba_document(const HbaRule& rule) {
  ordered_json object;
  object["type"] = rule.type;
  object["database"] = rule.database;
  object["user"] = rule.user;
  put_text(object, "address", rule.address);
  object["method"] = rule.method;
  return object;
}

ordered_json postgres_document(const PostgresSpec& postgres) {
  ordered_json object;
  object["version"] = postgres.version;
  object["port"] = postgres.port;
  object["database"] = postgres.database;
  object["username"] = postgres.username;
  put_text(object, "password-file", postgres.password_file);
  object["data-directory"] = postgres.data_directory;
  for (const auto& [name, value] : postgres.parameters) {
    object["parameters"][name] = parameter_value(value);
  }
  for (const HbaRule& rule : postgres.hba)
    object["hba"].push_back(hba_document(rule));
  return object;
}

ordered_json node_document(const NodeSpec& node) {
  ordered_json object;
  object["name"] = node.name.value;
  object["host"] = node.host;
  put(object, "port", node.port);
  put(object, "candidate-priority", node.candidate_priority);
  put(object, "replication-quorum", node.replication_quorum);
  put(object, "data-directory", node.data_directory);
  if (node.maintenance) object["maintenance"] = true;
  return object;
}

ordered_json region_document(const RegionSpec& region) {
  ordered_json object;
  object["name"] = region.name.value;
  put_text(object, "location", region.location);
  put_text(object, "network", region.network);
  put_text(object, "subnet", region.subnet);
  put(object, "candidate-priority", region.candidate_priority);
  put(object, "replication-quorum", region.replication_quorum);
  object["nodes"] = ordered_json::array();
  for (const NodeSpec& node : region.nodes)
    object["nodes"].push_back(node_document(node));
  return object;
}

/// A JSON value as a tree; the first thing that cannot be one is left in `refused`.
DocumentNode document_of(const nlohmann::json& json, std::size_t depth, std::string& refused) {
  using Kind = DocumentNode::Kind;
  DocumentNode node;
  if (depth > kDocumentDepthMax) {
    refused = "nested deeper than " + std::to_string(kDocumentDepthMax);
  } else if (json.is_object()) {
    node.kind = Kind::map;
    for (const auto& [key, child] : json.items()) {
      node.keys.push_back({key, {}});
      node.items.push_back(document_of(child, depth + 1, refused));
    }
  } else if (json.is_array()) {
    node.kind = Kind::list;
    for (const auto& child : json)
      node.items.push_back(document_of(child, depth + 1, refused));
  } else if (json.is_string()) {
    node.kind = Kind::text;
    node.text = json.get<std::string>();
    if (find_text_fault(node.text)) refused = "a value has a control character or is not UTF-8";
  } else if (!json.is_null()) {
    node.kind = json.is_boolean() ? Kind::boolean : Kind::number;
    node.text = dump_json(json);
  }
  return node;
}

}  // namespace

ParsedFormation formation_from_json(const nlohmann::json& json, Strictness strictness) {
  ParsedFormation result;
  std::string refused;
  const DocumentNode document = document_of(json, 1, refused);
  if (!refused.empty()) {
    result.problems.push_back({"", 0, 0, "", refused});
    return result;
  }
  std::vector<DecodedFormation> decoded = decode_formations(document, "", strictness);
  if (decoded.size() == 1) return std::move(decoded.front().parsed);
  result.problems.push_back({"", 0, 0, "", "is a list; one formation is wanted here"});
  return result;
}

ordered_json formation_document(const Formation& formation) {
  ordered_json document;
  document["apiVersion"] = kApiVersion;
  document["kind"] = kFormationKind;
  ordered_json& metadata = document["metadata"];
  metadata["name"] = formation.name.value;
  if (!formation.labels.empty()) metadata["labels"] = texts(formation.labels);
  if (!formation.annotations.empty()) metadata["annotations"] = texts(formation.annotations);
  const FormationSpec& from = formation.spec;
  ordered_json spec;
  put(spec, "number-sync-standbys", from.number_sync_standbys);
  if (from.durability != DurabilitySpec{}) {
    put(spec["durability"], "regions", from.durability.regions);
    put(spec["durability"], "nodes", from.durability.nodes);
  }
  spec["when-short"] = word_of(kWhenShortWords, from.when_short);
  spec["failback"] = word_of(kFailbackWords, from.failback);
  spec["postgres"] = postgres_document(from.postgres);
  spec["regions"] = ordered_json::array();
  for (const RegionSpec& region : from.regions)
    spec["regions"].push_back(region_document(region));
  document["spec"] = std::move(spec);
  return document;
}

nlohmann::json formation_json(const Formation& formation) {
  return formation_document(formation);
}

}  // namespace hactl
