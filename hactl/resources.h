// The types of things that verbs take, under the names that users call them by, and what of them
// the words of a command line mean.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "hactl/api.h"

namespace hactl {

enum class Resource { formation, node, event, region, controller };

struct ResourceType {
  Resource resource = Resource::formation;
  std::string_view singular{};
  std::string_view plural{};
  std::string_view short_name{};
  std::string_view kind{};
  bool of_formation = true;  ///< Whether it is part of a formation.
  std::string_view verbs{};  ///< What can be done with it.
};

/// All of them, in the order of `hactl api-resources`.
const std::array<ResourceType, 5>& resource_types();

const ResourceType& type_of(Resource resource);

/// By its name, plural, short name or kind. Errors: invalid, "the server doesn't have a resource
/// type".
Result<const ResourceType*> find_resource_type(std::string_view word);

/// A type and the names of it that were given; none: all of them.
struct Targets {
  const ResourceType* type = nullptr;
  std::vector<std::string> names{};
};

/// Reads "nodes", "node a b" or "node/a node/b". Errors: invalid, also when there is no word and
/// when types are mixed.
Result<Targets> parse_targets(const std::vector<std::string>& words);

/// Objects as the server shows them, and the place in its history.
struct Listing {
  std::vector<nlohmann::json> objects{};
  std::string resource_version{};
};

/// Where objects of a type are asked for. `formation` is only looked at for parts of one.
std::string resource_path(const ResourceType& type, const std::string& formation);

/// The objects of that type which an object or a list of resource_path() holds: itself, its items,
/// or a formation's regions.
std::vector<nlohmann::json> objects_in(const ResourceType& type, const nlohmann::json& answer);

/// All objects of a type. Errors as the server says.
Result<Listing> list_objects(Api& api, const ResourceType& type, const std::string& formation);

/// What the object is called.
std::string name_of(const nlohmann::json& object);

/// "Error from server (NotFound): nodes "x" not found".
Error not_found_error(const ResourceType& type, std::string_view name);

}  // namespace hactl
