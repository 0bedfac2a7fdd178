#include "hactl/modify.h"

#include <utility>

#include <fmt/format.h>

namespace hactl {
namespace {

using Json = nlohmann::json;

Json* named(Json& list, const std::string& name) {
  for (Json& each : list) {
    if (text_at(each, "name") == name) return &each;
  }
  return nullptr;
}

}  // namespace

bool Modified::changed() const {
  return written_part(before) != written_part(after);
}

Json written_part(const Json& formation) {
  Json part;
  for (const char* key : {"apiVersion", "kind", "spec"}) {
    if (formation.contains(key)) part[key] = formation[key];
  }
  const Json metadata = formation.value("metadata", Json::object());
  for (const char* key : {"name", "labels", "annotations"}) {
    const bool empty = !metadata.contains(key) || metadata[key].empty();
    if (!empty) part["metadata"][key] = metadata[key];
  }
  return part;
}

Result<Modified> modify_formation(Session& session, const std::string& name, DryRun dry_run,
                                  const std::function<Result<Done>(Json&)>& change) {
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  const std::string query = dry_run == DryRun::server ? "?dry-run=All" : "";
  for (int tries = 1;; ++tries) {
    const Result<Json> live = (*api)->get(formation_path(name));
    if (!live.ok()) return live.error();
    Json wanted = written_part(*live);
    const Result<Done> altered = change(wanted);
    if (!altered.ok()) return altered.error();
    if (dry_run == DryRun::client || wanted == written_part(*live)) {
      return Modified{*live, std::move(wanted)};
    }
    wanted["metadata"]["resource-version"] =
        live->value("metadata", Json::object()).value("resource-version", "");
    Result<Json> answer = (*api)->send("PUT", formation_path(name, query), wanted);
    if (answer.ok()) return Modified{*live, std::move(*answer)};
    const bool again = answer.error().code == ErrorCode::conflict && tries < kModifyTriesMax;
    if (!again) return answer.error();
  }
}

Result<Json*> spec_of(Json& formation, const ResourceType& type, const std::string& name) {
  Json& spec = formation["spec"];
  if (type.resource == Resource::formation) return &spec;
  Json& regions = spec["regions"];
  if (type.resource == Resource::region) {
    if (Json* region = named(regions, name)) return region;
  } else {
    for (Json& region : regions) {
      if (Json* node = named(region["nodes"], name)) return node;
    }
  }
  return not_found_error(type, name);
}

std::string_view dry_run_suffix(DryRun dry_run) {
  switch (dry_run) {
    case DryRun::none: return "";
    case DryRun::client: return " (dry run)";
    case DryRun::server: return " (server dry run)";
  }
  return "";
}

}  // namespace hactl
