#include <fmt/format.h>

#include "hactl/verbs.h"

namespace hactl {

Result<int> run_version(Session& session) {
  session.terminal().out() << fmt::format("hactl {}\n", HACTL_VERSION) << std::flush;
  return kExitDone;
}

}  // namespace hactl
