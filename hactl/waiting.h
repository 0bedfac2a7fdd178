// Waiting for a formation to become as asked.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "hactl/api.h"

namespace hactl {

/// Looks at the formation every kPollEvery until `holds` says so; nullptr: it does not exist. False
/// when `timeout` passes first. A server that does not answer for a while is waited for; any other
/// error ends it.
Result<bool> wait_for_formation(Api& api, const std::string& name, Duration timeout,
                                const std::function<bool(const FormationItem*)>& holds);

}  // namespace hactl
