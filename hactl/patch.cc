#include "codec/patch.h"

#include <fmt/format.h>

#include "codec/json.h"
#include "codec/spec_yaml.h"
#include "hactl/modify.h"
#include "hactl/verbs.h"
#include "io/file.h"
#include "model/limits.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

Result<Json> patch_of(const PatchOptions& options) {
  std::string text = options.patch;
  if (!options.patch_file.empty()) {
    if (!text.empty()) return local_error("cannot specify --patch and --patch-file together");
    Result<std::string> read = read_file(options.patch_file, kSpecBytesMax);
    if (!read.ok()) return read.error().within("error");
    text = std::move(*read);
  }
  if (text.empty()) return local_error("must specify -p or --patch-file");
  Result<Json> patch = parse_json(text, kSpecBytesMax);
  if (!patch.ok()) {
    return local_error(fmt::format("unable to parse \"{}\": {}", text, patch.error().message));
  }
  return patch;
}

// A formation is patched by the server, a part of one where its spec lies.
Result<Modified> patch_one(Session& session, const PatchOptions& options, const Targets& targets,
                           PatchType type, const Json& patch) {
  const std::string& name = targets.names.front();
  if (targets.type->resource == Resource::formation && options.dry_run != DryRun::client) {
    const Result<Api*> api = session.api();
    if (!api.ok()) return api.error();
    Result<Json> before = (*api)->get(formation_path(name));
    if (!before.ok()) return before.error();
    const std::string query = options.dry_run == DryRun::server ? "?dry-run=All" : "";
    Result<Json> after = (*api)->patch(formation_path(name, query), type, patch);
    if (!after.ok()) return after.error();
    return Modified{std::move(*before), std::move(*after)};
  }
  std::string formation = name;
  if (targets.type->of_formation) {
    Result<std::string> found = session.formation_name(options.formation);
    if (!found.ok()) return found.error();
    formation = std::move(*found);
  }
  return modify_formation(session, formation, options.dry_run, [&](Json& object) -> Result<Done> {
    Json* part = &object;
    if (targets.type->of_formation) {
      const Result<Json*> found = spec_of(object, *targets.type, name);
      if (!found.ok()) return found.error();
      part = *found;
    }
    Result<Json> changed = patched(*part, type, patch);
    if (!changed.ok()) return changed.error().within("error");
    *part = std::move(*changed);
    return Done{};
  });
}

}  // namespace

Result<int> run_patch(Session& session, const PatchOptions& options) {
  const Result<Targets> targets = parse_targets(options.targets);
  if (!targets.ok()) return targets.error();
  if (options.type != "merge" && options.type != "json") {
    return local_error(fmt::format("--type must be one of [json merge], not \"{}\"", options.type));
  }
  const PatchType type = options.type == "json" ? PatchType::json : PatchType::merge;
  const Result<Json> patch = patch_of(options);
  if (!patch.ok()) return patch.error();
  if (targets->names.size() != 1) return local_error("name one resource to patch");
  const Result<Modified> modified = patch_one(session, options, *targets, type, *patch);
  if (!modified.ok()) return modified.error();
  std::ostream& out = session.terminal().out();
  if (options.output == "json") out << pretty_json(modified->after);
  if (options.output == "yaml") out << yaml_text(modified->after);
  const std::string shown = fmt::format("{}/{}", targets->type->singular, targets->names.front());
  if (options.output == "name") out << shown << "\n";
  if (options.output.empty()) {
    out << shown << " patched" << (modified->changed() ? "" : " (no change)")
        << dry_run_suffix(options.dry_run) << "\n";
  }
  out << std::flush;
  return kExitDone;
}

}  // namespace hactl
