// What `hactl explain` prints: a field of the formation from its schema, or a rule of `hactl lint`.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace hactl {

enum class Recursive { no, yes };

/// `text` with line ends so that each line, behind `indent` spaces, fits into 80 columns. Ends with
/// a line end.
std::string wrapped(const std::string& text, std::size_t indent);

/// The same, with `lead` instead of the first line's spaces: further lines stand below its text.
std::string wrapped_behind(const std::string& lead, const std::string& text);

/// The field that `path` names: "formation.spec.regions.nodes", as kubectl has it: "spec.regions"
/// and "formation.spec.regions[0]" name the same. Errors: not_found, with what there is instead.
Result<std::string> explain_field(const nlohmann::json& schema, const std::string& path,
                                  Recursive recursive);

/// The page of the lint rule `code`, in capitals or not. Errors: not_found.
Result<std::string> explain_lint_rule(const std::string& code);

}  // namespace hactl
