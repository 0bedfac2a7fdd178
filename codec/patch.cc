#include "codec/patch.h"

#include <string>

#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "model/limits.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMergePatch = "application/merge-patch+json";
constexpr std::string_view kJsonPatch = "application/json-patch+json";

Error invalid(std::string message) {
  return Error{ErrorCode::invalid, std::move(message)};
}

// nlohmann's messages begin with "[json.exception.parse_error.105] ".
std::string reason_of(const Json::exception& problem) {
  const std::string_view text = problem.what();
  const std::size_t end = text.find("] ");
  return std::string(end == text.npos ? text : text.substr(end + 2));
}

// One operation at a time: a patch of copies of copies would be too large only when it is done.
Result<Json> apply_operations(Json document, const Json& patch) {
  if (!patch.is_array()) return invalid("a JSON patch is a list of operations");
  if (patch.size() > kPatchOperationsMax) {
    return invalid("the patch has more than " + std::to_string(kPatchOperationsMax) +
                   " operations");
  }
  for (const Json& operation : patch) {
    try {
      document = document.patch(Json::array({operation}));
    } catch (const Json::exception& problem) {
      return invalid("the patch cannot be applied: " + reason_of(problem));
    }
    const bool copies = operation.value("op", "") == "copy";
    if (copies && dump_json(document).size() > kSpecBytesMax) break;
  }
  return document;
}

}  // namespace

std::string_view media_type(PatchType type) {
  return type == PatchType::merge ? kMergePatch : kJsonPatch;
}

std::optional<PatchType> patch_type(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; "));
  if (type == kMergePatch) return PatchType::merge;
  if (type == kJsonPatch) return PatchType::json;
  return std::nullopt;
}

Result<Json> patched(Json document, PatchType type, const Json& patch) {
  if (type == PatchType::merge) {
    if (!patch.is_object()) return invalid("a merge patch is an object");
    document.merge_patch(patch);
  } else {
    Result<Json> applied = apply_operations(std::move(document), patch);
    if (!applied.ok()) return applied;
    document = std::move(*applied);
  }
  if (dump_json(document).size() > kSpecBytesMax) {
    return invalid("the patched document is larger than " + std::to_string(kSpecBytesMax) +
                   " bytes");
  }
  return document;
}

}  // namespace hactl
