// Changes of a formation that is applied: read, altered, written back, and again when somebody else
// was faster.
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "hactl/resources.h"
#include "hactl/session.h"
#include "hactl/verbs.h"

namespace hactl {

/// How often a change that met another one is made again, as kubectl does.
inline constexpr int kModifyTriesMax = 5;

/// A formation before and after a change, as the server shows it.
struct Modified {
  nlohmann::json before{};
  nlohmann::json after{};
  [[nodiscard]] bool changed() const;
};

/// The part of a formation that users write: without status and what the controller keeps.
nlohmann::json written_part(const nlohmann::json& formation);

/// Lets `change` alter the formation, and writes it. Errors: those of `change`, and the server's.
Result<Modified> modify_formation(Session& session, const std::string& name, DryRun dry_run,
                                  const std::function<Result<Done>(nlohmann::json&)>& change);

/// Where a node or a region stands in a formation's spec; a formation's own is its spec. Errors:
/// not_found, as the server words it.
Result<nlohmann::json*> spec_of(nlohmann::json& formation, const ResourceType& type,
                                const std::string& name);

/// " (dry run)" and the like, to stand behind what was said to be done.
std::string_view dry_run_suffix(DryRun dry_run);

}  // namespace hactl
