#include "hactl/resources.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "hactl/session.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

constexpr std::array<ResourceType, 5> kTypes{{
    {Resource::formation, "formation", "formations", "fo", "Formation", false,
     "create,delete,get,list,patch,rollout,update,watch"},
    {Resource::node, "node", "nodes", "no", "Node", true, "cordon,drain,get,list,patch,watch"},
    {Resource::region, "region", "regions", "re", "Region", true,
     "cordon,drain,get,list,patch,watch"},
    {Resource::event, "event", "events", "ev", "Event", true, "get,list,watch"},
    {Resource::controller, "controller", "controllers", "co", "Controller", false,
     "get,list,watch"},
}};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

const Json& member(const Json& json, const char* key) {
  static const Json none;
  if (!json.is_object()) return none;
  const auto found = json.find(key);
  return found == json.end() ? none : *found;
}

// What of the status a region's nodes come to.
Json region_status(const Json& formation, const Json& region) {
  int healthy = 0;
  int quorum = 0;
  int priority = 0;
  int nodes = 0;
  Json primary = nullptr;
  for (const Json& node : member(member(formation, "status"), "nodes")) {
    if (member(node, "region") != member(region, "name")) continue;
    ++nodes;
    if (member(node, "healthy") == true) ++healthy;
    if (member(node, "replication-quorum") == true) ++quorum;
    const Json& own = member(node, "candidate-priority");
    if (own.is_number_integer()) priority = std::max(priority, own.get<int>());
    if (member(node, "role") == "primary") primary = member(node, "name");
  }
  Json status{{"nodes", nodes},
              {"healthy-nodes", healthy},
              {"quorum-nodes", quorum},
              {"candidate-priority", priority}};
  if (!primary.is_null()) status["primary"] = std::move(primary);
  return status;
}

}  // namespace

const std::array<ResourceType, 5>& resource_types() {
  return kTypes;
}

const ResourceType& type_of(Resource resource) {
  return *std::ranges::find(kTypes, resource, &ResourceType::resource);
}

Result<const ResourceType*> find_resource_type(std::string_view word) {
  const std::string wanted = lower(word);
  for (const ResourceType& type : kTypes) {
    if (wanted == type.singular || wanted == type.plural || wanted == type.short_name) return &type;
  }
  return local_error(fmt::format("the server doesn't have a resource type \"{}\"", word));
}

Result<Targets> parse_targets(const std::vector<std::string>& words) {
  if (words.empty()) return local_error("Required resource not specified.");
  Targets targets;
  const bool pairs = words.front().find('/') != std::string::npos;
  for (const std::string& word : words) {
    const std::size_t slash = word.find('/');
    const bool pair = slash != std::string::npos;
    if (pair && !pairs) {
      return local_error(
          "there is no need to specify a resource type as a separate argument when passing "
          "arguments in resource/name form (e.g. 'hactl get resource/<resource_name>' instead of "
          "'hactl get resource resource/<resource_name>'");
    }
    if (!pair && pairs) {
      return local_error(
          "arguments in resource/name form may not have more than one slash, and "
          "may not be mixed with others");
    }
    if (!pair && targets.type != nullptr) {
      targets.names.push_back(word);
      continue;
    }
    const Result<const ResourceType*> type = find_resource_type(word.substr(0, slash));
    if (!type.ok()) return type.error();
    if (targets.type != nullptr && targets.type != *type) {
      return local_error("one resource type at a time");
    }
    targets.type = *type;
    if (pair) targets.names.push_back(word.substr(slash + 1));
  }
  return targets;
}

std::string resource_path(const ResourceType& type, const std::string& formation) {
  switch (type.resource) {
    case Resource::formation: return formation_path();
    case Resource::node: return formation_path(formation, "/nodes");
    case Resource::event: return formation_path(formation, "/events");
    case Resource::region: return formation_path(formation);
    case Resource::controller: return "/apis/hactl/v1/controllers";
  }
  return "";
}

std::vector<Json> objects_in(const ResourceType& type, const Json& answer) {
  std::vector<Json> objects;
  if (type.resource == Resource::region) {
    for (const Json& region : member(member(answer, "spec"), "regions")) {
      const Json metadata{{"name", member(region, "name")},
                          {"formation", member(member(answer, "metadata"), "name")}};
      objects.push_back(Json{{"apiVersion", "hactl/v1"},
                             {"kind", "Region"},
                             {"metadata", metadata},
                             {"spec", region},
                             {"status", region_status(answer, region)}});
    }
    return objects;
  }
  const bool list = answer.is_array() || member(answer, "items").is_array();
  if (!list) return {answer};
  for (const Json& item : items_of(answer, "items")) {
    objects.push_back(item);
  }
  return objects;
}

Result<Listing> list_objects(Api& api, const ResourceType& type, const std::string& formation) {
  const Result<Json> answer = api.get(resource_path(type, formation));
  if (!answer.ok()) return answer.error();
  return Listing{objects_in(type, *answer),
                 text_at(member(*answer, "metadata"), "resource-version")};
}

std::string name_of(const Json& object) {
  std::string name = text_at(member(object, "metadata"), "name");
  if (name.empty()) name = text_at(object, "name");
  return name.empty() ? text_at(object, "number") : name;
}

Error not_found_error(const ResourceType& type, std::string_view name) {
  return Error{ErrorCode::not_found,
               fmt::format("Error from server (NotFound): {} \"{}\" not found", type.plural, name)};
}

}  // namespace hactl
