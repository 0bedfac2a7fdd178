#include <utility>

#include <fmt/format.h>

#include "base/join.h"
#include "codec/json.h"
#include "hactl/modify.h"
#include "hactl/pairs.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

// "65" is a number and "true" is true, as in YAML; everything else is text.
Json value_of(const std::string& text) {
  Result<Json> parsed = parse_json(text);
  return parsed.ok() ? std::move(*parsed) : Json(text);
}

}  // namespace

Result<int> run_set(Session& session, const SetOptions& options) {
  const Result<PairedWords> words = parse_pairs(options.words, "field");
  if (!words.ok()) return words.error();
  const ResourceType& type = *words->targets.type;
  if (type.resource == Resource::event || type.resource == Resource::controller) {
    return local_error(fmt::format("{} have no fields to set", type.plural));
  }
  if (words->targets.names.size() != 1) return local_error("name one resource to change");
  if (words->pairs.empty()) return local_error("at least one field=value is required");
  const std::string& name = words->targets.names.front();
  const Result<std::string> formation =
      session.formation_name(type.resource == Resource::formation ? name : options.formation);
  if (!formation.ok()) return formation.error();
  const auto change = [&](Json& object) -> Result<Done> {
    const Result<Json*> spec = spec_of(object, type, name);
    if (!spec.ok()) return spec.error();
    for (const Pair& pair : words->pairs) {
      if (pair.value) {
        (**spec)[pair.key] = value_of(*pair.value);
      } else {
        (*spec)->erase(pair.key);
      }
    }
    return Done{};
  };
  const Result<Modified> modified = modify_formation(session, *formation, options.dry_run, change);
  if (!modified.ok()) return modified.error();
  const std::string keys = join(words->pairs, ", ", &Pair::key);
  session.terminal().out() << fmt::format("{}/{} {} {}{}\n", type.singular, name, keys,
                                          modified->changed() ? "updated" : "unchanged",
                                          dry_run_suffix(options.dry_run))
                           << std::flush;
  return kExitDone;
}

}  // namespace hactl
