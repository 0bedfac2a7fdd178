// What the verbs of `hactl rollout` share: the formations that they are about.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "hactl/session.h"

namespace hactl {

/// The formations that "formation NAME…" or "formation/NAME…" names; the only one there is when it
/// names none. Errors: invalid, not_found, with the line that users read.
Result<std::vector<std::string>> rollout_formations(Session& session,
                                                    const std::vector<std::string>& words);

/// Calls `act` for each of them; prints its errors and goes on. The program's exit code.
Result<int> for_each_formation(Session& session, const std::vector<std::string>& words,
                               const std::function<Result<Done>(Api&, const std::string&)>& act);

}  // namespace hactl
