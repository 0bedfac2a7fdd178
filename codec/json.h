// JSON text in and out, bounded: the only way in which JSON from outside is parsed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "model/limits.h"

namespace hactl {

/// Parses `text`. `invalid` when it is longer than `bytes_max`, is not JSON, is nested deeper than
/// kDocumentDepthMax, or has a key twice in one object; the message says where.
Result<nlohmann::json> parse_json(std::string_view text, std::size_t bytes_max = kMessageBytesMax);

/// One line, without a line end. Bytes that are not UTF-8 are replaced by U+FFFD.
std::string dump_json(const nlohmann::json& value);

/// Indented by two, with a line end: for people.
std::string pretty_json(const nlohmann::json& value);
std::string pretty_json(const nlohmann::ordered_json& value);

}  // namespace hactl
