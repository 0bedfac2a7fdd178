#include "codec/json_difference.h"

#include <nlohmann/json.hpp>

namespace hactl {

nlohmann::json difference(const nlohmann::json& from, const nlohmann::json& to) {
  nlohmann::json patch = nlohmann::json::object();
  for (const auto& [key, after] : to.items()) {
    const auto before = from.find(key);
    if (before == from.end()) {
      patch[key] = after;
    } else if (before->is_object() && after.is_object()) {
      nlohmann::json inner = difference(*before, after);
      if (!inner.empty()) patch[key] = std::move(inner);
    } else if (*before != after) {
      patch[key] = after;
    }
  }
  for (const auto& [key, before] : from.items()) {
    if (!to.contains(key)) patch[key] = nullptr;
  }
  return patch;
}

}  // namespace hactl
