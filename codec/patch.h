// Patches of JSON documents: merge patches (RFC 7386) and lists of operations (RFC 6902).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace hactl {

enum class PatchType { merge, json };

/// Operations of one JSON patch.
inline constexpr std::size_t kPatchOperationsMax = 1'000;

/// "application/merge-patch+json" or "application/json-patch+json".
std::string_view media_type(PatchType type);

/// The type for a Content-Type, whatever its parameters; nullopt: it is no patch.
std::optional<PatchType> patch_type(std::string_view content_type);

/// The document after the patch. Errors: invalid, also when the document would grow beyond
/// kSpecBytesMax; nothing of the patch counts then.
Result<nlohmann::json> patched(nlohmann::json document, PatchType type,
                               const nlohmann::json& patch);

}  // namespace hactl
