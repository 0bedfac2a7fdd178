// FormationItem: a formation as the controller serves it, decoded: what was written, its status,
// and what the controller knows of the object.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"
#include "model/spec.h"
#include "model/status.h"

namespace hactl {

struct FormationItem {
  nlohmann::json raw{};  ///< As it came.
  Formation formation{};
  FormationStatus status{};
  Generation generation{};
  std::string resource_version{};
  std::optional<UtcTime> created{};
};

/// Decodes one formation object. Errors: corrupt.
Result<FormationItem> formation_item(const nlohmann::json& json);

/// Whether the condition has that status for the spec as it is now, and not for an older one.
bool condition_is(const FormationItem& item, std::string_view type, ConditionStatus wanted);

/// The text under `key`, whatever scalar it is; empty when there is none.
std::string text_at(const nlohmann::json& json, const char* key);

}  // namespace hactl
