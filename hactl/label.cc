#include <utility>

#include <fmt/format.h>

#include "hactl/modify.h"
#include "hactl/pairs.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

const char* key_of(Marking marking) {
  return marking == Marking::labels ? "labels" : "annotations";
}

// What is said at the end, as kubectl says it.
std::string outcome_of(const LabelOptions& options, const std::vector<Pair>& pairs,
                       const Modified& modified) {
  if (options.marking == Marking::annotations) return "annotated";
  if (!modified.changed()) return "not labeled";
  for (const Pair& pair : pairs) {
    if (pair.value) return "labeled";
  }
  return "unlabeled";
}

Result<Done> mark(Json& map, const std::vector<Pair>& pairs, const LabelOptions& options) {
  for (const Pair& pair : pairs) {
    const std::string before = text_at(map, pair.key.c_str());
    const bool other = map.contains(pair.key) && before != pair.value;
    if (pair.value && other && !options.overwrite) {
      return local_error(
          fmt::format("'{}' already has a value ({}), and --overwrite is false", pair.key, before));
    }
  }
  for (const Pair& pair : pairs) {
    if (pair.value) {
      map[pair.key] = *pair.value;
    } else {
      map.erase(pair.key);
    }
  }
  return Done{};
}

Result<int> print_list(Session& session, const std::string& name, const LabelOptions& options) {
  const Result<FormationItem> item = session.formation(name);
  if (!item.ok()) return item.error();
  const Formation& formation = item->formation;
  for (const auto& [key, value] :
       options.marking == Marking::labels ? formation.labels : formation.annotations) {
    session.terminal().out() << key << "=" << value << "\n";
  }
  session.terminal().out() << std::flush;
  return kExitDone;
}

}  // namespace

Result<int> run_label(Session& session, const LabelOptions& options) {
  const bool labels = options.marking == Marking::labels;
  const char* const changes = labels ? "label" : "annotation";
  const Result<PairedWords> words = parse_pairs(options.words, changes);
  if (!words.ok()) return words.error();
  const Targets& targets = words->targets;
  if (targets.type->resource != Resource::formation) {
    return Error{ErrorCode::invalid,
                 "Error from server (MethodNotAllowed): the server does not allow this method on "
                 "the requested resource"};
  }
  if (targets.names.size() != 1) return local_error("one or more resources must be specified");
  const std::string& name = targets.names.front();
  if (options.list) return print_list(session, name, options);
  if (words->pairs.empty()) {
    return local_error(fmt::format("at least one {} update is required", changes));
  }
  std::vector<std::string> missing;
  const Result<Modified> modified =
      modify_formation(session, name, options.dry_run, [&](Json& object) -> Result<Done> {
        Json& map = object["metadata"][key_of(options.marking)];
        missing.clear();
        for (const Pair& pair : words->pairs) {
          if (!pair.value && !map.contains(pair.key)) missing.push_back(pair.key);
        }
        const Result<Done> marked = mark(map, words->pairs, options);
        if (map.empty()) object["metadata"].erase(key_of(options.marking));
        return marked;
      });
  if (!modified.ok()) return modified.error();
  std::ostream& out = session.terminal().out();
  for (const std::string& key : missing) {
    out << fmt::format("{} \"{}\" not found.\n", changes, key);
  }
  out << fmt::format("formation/{} {}{}\n", name, outcome_of(options, words->pairs, *modified),
                     dry_run_suffix(options.dry_run))
      << std::flush;
  return kExitDone;
}

}  // namespace hactl
