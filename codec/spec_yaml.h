// Formations as YAML: what users write, checked against every rule, and what they are shown.
//
// A file is untrusted. It is refused before it is parsed when it is too long, is not UTF-8 or has
// control characters, and while it is parsed when it is nested too deep, has too many values, or
// uses anchors, aliases, merge keys or tags.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "codec/spec_problem.h"
#include "model/spec.h"

namespace hactl {

/// The only formation of a file. `file_name` is only for the problems.
ParsedFormation parse_formation_yaml(std::string_view text, std::string_view file_name);

/// Every formation of a file: documents divided by `---`, and lists of formations. At least one and
/// at most kFormationsMax; two of one name are a problem.
ParsedFormations parse_formations_yaml(std::string_view text, std::string_view file_name,
                                       Strictness strictness = Strictness::strict);

/// The formation as a user would write it; the same value always gives the same text, and parsing
/// the text gives the same value.
std::string formation_yaml(const Formation& formation);

/// Any JSON value as block YAML, keys in their order; for `-o yaml`.
std::string yaml_text(const nlohmann::json& value);
std::string yaml_text(const nlohmann::ordered_json& value);

}  // namespace hactl
