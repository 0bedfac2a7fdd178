// The schemas say what the decoders accept: neither may have a field that the other lacks.
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "codec/messages.h"
#include "codec/spec_json.h"
#include "tests/codec/random_model.h"

namespace hactl {
namespace {

using nlohmann::json;

constexpr std::size_t kSchemaBytesMax = 256 * 1024;

json schema(const std::string& name) {
  std::ifstream in(std::filesystem::path(HACTL_SOURCE_DIR) / "schemas" / name);
  std::ostringstream text;
  text << in.rdbuf();
  const Result<json> parsed = parse_json(text.str(), kSchemaBytesMax);
  EXPECT_TRUE(parsed.ok()) << name << ": " << parsed.error().message;
  return parsed.ok() ? *parsed : json();
}

/// A formation with one of everything, so that each of the decoder's objects is reached.
json whole_formation() {
  Formation formation = RandomModel(1).formation();
  formation.spec.postgres.hba = {HbaRule{"hostssl", "a", "b", "10.0.0.0/8", "md5"}};
  formation.spec.regions.resize(1);
  formation.spec.regions[0].nodes.resize(1);
  return formation_json(formation);
}

/// The message about an unknown field in the object at `pointer`: it lists the known ones.
std::string known_fields(const std::string& pointer) {
  json changed = whole_formation();
  changed[json::json_pointer(pointer + "/qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq")] = 1;
  for (const SpecProblem& problem : formation_from_json(changed).problems) {
    if (problem.field.find("qqqq") != std::string::npos) return problem.message;
  }
  return "";
}

/// Every object with fixed fields in the schema: where it is in a document, and its schema.
void for_each_object(const json& node, const std::string& pointer,
                     const std::function<void(const std::string&, const json&)>& visit) {
  if (node.contains("properties")) {
    visit(pointer, node);
    for (const auto& [key, child] : node["properties"].items()) {
      for_each_object(child, pointer + "/" + key, visit);
    }
  }
  if (node.contains("items")) for_each_object(node["items"], pointer + "/0", visit);
}

TEST(FormationSchema, HasTheDecodersFieldsAndNoOthers) {
  int objects = 0;
  for_each_object(
      schema("formation.schema.json"), "", [&](const std::string& at, const json& object) {
        ++objects;
        std::set<std::string> in_schema;
        for (const auto& [key, field] : object["properties"].items()) {
          EXPECT_FALSE(field.value("description", "").empty()) << at << "/" << key;
          if (!field.value("readOnly", false)) in_schema.insert(key);
        }
        std::istringstream list(
            known_fields(at).substr(std::string("unknown field; known here are ").size()));
        std::set<std::string> in_decoder;
        for (std::string name; list >> name;) {
          if (name.ends_with(',')) name.pop_back();
          in_decoder.insert(name);
        }
        EXPECT_EQ(in_decoder, in_schema) << at;
      });
  EXPECT_EQ(objects, 8);
}

TEST(FormationSchema, WhatTheControllerAddsIsAccepted) {
  json formation = whole_formation();
  for_each_object(schema("formation.schema.json"), "",
                  [&](const std::string& at, const json& object) {
                    for (const auto& [key, field] : object["properties"].items()) {
                      if (field.value("readOnly", false))
                        formation[json::json_pointer(at + "/" + key)] = "x";
                    }
                  });
  EXPECT_TRUE(formation.contains("status"));
  EXPECT_EQ(to_string(formation_from_json(formation).problems), "");
}

/// Adds to `seen` where `value` has a key; a list's items count as one.
void collect_keys(const json& value, const std::string& at, std::set<std::string>& seen) {
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      seen.insert(at + "/" + key);
      collect_keys(child, at + "/" + key, seen);
    }
  }
  if (!value.is_array()) return;
  for (const json& child : value)
    collect_keys(child, at + "/0", seen);
}

/// Every key that many random messages have is in the schema, and the other way round.
template <typename Make>
void expect_same_keys(const std::string& file, Make make) {
  std::set<std::string> written;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    RandomModel random(seed);
    json message = make(random);
    // Its keys are the user's.
    if (message.contains("postgres")) message["postgres"]["parameters"] = json::object();
    collect_keys(message, "", written);
  }
  std::set<std::string> described;
  for_each_object(schema(file), "", [&](const std::string& at, const json& object) {
    for (const auto& field : object["properties"].items())
      described.insert(at + "/" + field.key());
  });
  for (const std::string& key : written)
    EXPECT_TRUE(described.contains(key)) << file << key;
  for (const std::string& key : described)
    EXPECT_TRUE(written.contains(key)) << file << key;
}

TEST(MessageSchemas, HaveTheMessagesKeysAndNoOthers) {
  expect_same_keys("goal.schema.json", [](RandomModel& random) { return to_json(random.goal()); });
  expect_same_keys("report.schema.json",
                   [](RandomModel& random) { return to_json(random.report()); });
}

TEST(OpenApi, PointsOnlyAtWhatExists) {
  const json document = schema("openapi.json");
  std::vector<const json*> open{&document};
  int references = 0;
  while (!open.empty()) {
    const json& at = *open.back();
    open.pop_back();
    if (at.is_structured()) {
      for (const json& child : at)
        open.push_back(&child);
    }
    if (!at.is_object() || !at.contains("$ref")) continue;
    ++references;
    const auto target = at["$ref"].get<std::string>();
    if (target.starts_with("#")) {
      EXPECT_TRUE(document.contains(json::json_pointer(target.substr(1)))) << target;
    } else {
      EXPECT_FALSE(schema(target).is_null()) << target;
    }
  }
  EXPECT_GT(references, 50);
}

TEST(OpenApi, DescribesStatusAsItIsWritten) {
  const json document = schema("openapi.json");
  std::map<std::string, std::set<std::string>> written;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    RandomModel random(seed);
    collect_keys(to_json(random.condition()), "", written["Condition"]);
    collect_keys(to_json(random.event()), "", written["Event"]);
    collect_keys(to_json(random.node_status()), "", written["NodeStatus"]);
  }
  for (const auto& [name, keys] : written) {
    std::set<std::string> described;
    for (const auto& field : document["components"]["schemas"][name]["properties"].items()) {
      described.insert("/" + field.key());
    }
    EXPECT_EQ(keys, described) << name;
  }
}

}  // namespace
}  // namespace hactl
