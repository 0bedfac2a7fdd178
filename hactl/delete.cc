#include <algorithm>

#include <fmt/format.h>

#include "hactl/formation_files.h"
#include "hactl/modify.h"
#include "hactl/verbs.h"
#include "hactl/waiting.h"

namespace hactl {
namespace {

Result<std::vector<std::string>> names_of(const DeleteOptions& options) {
  std::vector<std::string> names;
  if (!options.file.empty()) {
    if (!options.targets.empty()) {
      return local_error(
          "when paths are provided as input, you may not specify resource "
          "arguments as well");
    }
    const Result<std::vector<WrittenFormation>> all = read_formations(options.file);
    if (!all.ok()) return all.error();
    for (const WrittenFormation& written : *all) {
      names.push_back(written.formation.name.value);
    }
    return names;
  }
  const Result<Targets> targets = parse_targets(options.targets);
  if (!targets.ok()) return targets.error();
  if (targets->type->resource != Resource::formation) {
    return Error{ErrorCode::invalid,
                 "Error from server (MethodNotAllowed): the server does not allow this method on "
                 "the requested resource"};
  }
  if (targets->names.empty())
    return local_error(
        "resource(s) were provided, but no name was "
        "specified");
  return targets->names;
}

void print(Terminal& terminal, const DeleteOptions& options, const std::string& name) {
  if (options.output == "name") {
    terminal.out() << fmt::format("formation/{}\n", name) << std::flush;
    return;
  }
  terminal.out() << fmt::format("formation/{} deleted{}{}\n", name,
                                options.data ? " with its data" : "",
                                dry_run_suffix(options.dry_run))
                 << std::flush;
}

// Ends when every node has been let go and the formation is forgotten.
Result<Done> delete_one(Session& session, Api& api, const std::string& name,
                        const DeleteOptions& options) {
  const char* data = options.data ? "?data=delete" : "";
  const Result<nlohmann::json> answer =
      options.dry_run == DryRun::none ? api.send("DELETE", formation_path(name, data), nullptr)
                                      : api.get(formation_path(name));
  if (!answer.ok()) {
    const bool absent = answer.error().code == ErrorCode::not_found;
    if (absent && options.ignore_not_found) return Done{};
    return answer.error();
  }
  print(session.terminal(), options, name);
  if (options.wait == Waiting::no || options.dry_run != DryRun::none) return Done{};
  const Result<bool> gone = wait_for_formation(
      api, name, options.timeout, [](const FormationItem* item) { return item == nullptr; });
  if (!gone.ok()) return gone.error();
  if (*gone) return Done{};
  return Error{ErrorCode::timed_out,
               fmt::format("error: timed out waiting for the condition on formations/{}", name)};
}

}  // namespace

Result<int> run_delete(Session& session, const DeleteOptions& options) {
  const Result<std::vector<std::string>> names = names_of(options);
  if (!names.ok()) return names.error();
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  int code = kExitDone;
  for (const std::string& name : *names) {
    const Result<Done> deleted = delete_one(session, **api, name, options);
    if (deleted.ok()) continue;
    // The others are deleted all the same, as kubectl does.
    session.terminal().notes() << deleted.error().message << std::endl;
    code = kExitFailed;
  }
  return code;
}

}  // namespace hactl
