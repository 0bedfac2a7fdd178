// Waiting for a formation to become as asked.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "hactl/api.h"

namespace hactl {

/// Looks at what is at `path` every kPollEvery until `holds` says so; nullptr: there is nothing.
/// False when `timeout` passes first. A server that does not answer for a while is waited for; any
/// other error ends it.
Result<bool> wait_for_object(Api& api, const std::string& path, Duration timeout,
                             const std::function<bool(const nlohmann::json*)>& holds);

/// The same for a formation.
Result<bool> wait_for_formation(Api& api, const std::string& name, Duration timeout,
                                const std::function<bool(const FormationItem*)>& holds);

}  // namespace hactl
