// The reader of JSONPath templates. Only hactl/json_path.cc uses it.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "hactl/json_path.h"

namespace hactl {

/// The parts of a template. Errors: invalid, saying what is wrong with it.
Result<std::vector<JsonPathPart>> parse_json_path(std::string_view text);

}  // namespace hactl
