// watch_screen(): a formation on the whole terminal, until the user has seen enough.
#pragma once

#include <string>

#include "base/result.h"
#include "hactl/session.h"

namespace hactl {

/// Shows the formation as it was last heard of, whether or not the controller can be reached then.
/// Returns the exit code. Errors: of the configuration, of the first answer.
Result<int> watch_screen(Session& session, const std::string& formation);

}  // namespace hactl
