#include <fmt/format.h>

#include "hactl/verbs.h"
#include "hactl/waiting.h"

namespace hactl {

Result<int> run_delete(Session& session, const DeleteOptions& options) {
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  const Result<nlohmann::json> answer =
      (*api)->send("DELETE", formation_path(options.name), nullptr);
  if (!answer.ok()) return answer.error();
  session.terminal().out() << fmt::format("formation/{} deleted\n", options.name) << std::flush;
  if (options.wait == Waiting::no) return kExitDone;
  const Result<bool> gone =
      wait_for_formation(**api, options.name, options.timeout,
                         [](const FormationItem* item) { return item == nullptr; });
  if (!gone.ok()) return gone.error();
  if (*gone) return kExitDone;
  return Error{ErrorCode::timed_out,
               fmt::format("error: timed out waiting for formations/{} to be gone", options.name)};
}

}  // namespace hactl
