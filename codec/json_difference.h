// What one JSON document says beyond another, as a merge patch.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace hactl {

/// The merge patch that makes `to` of `from`; an empty object when they are the same. Requires two
/// objects, and no null in `to`. Lists are replaced whole. Source: RFC 7386.
nlohmann::json difference(const nlohmann::json& from, const nlohmann::json& to);

}  // namespace hactl
