#include "hactl/rollout.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/join.h"
#include "base/utc.h"
#include "codec/json.h"
#include "codec/spec_json.h"
#include "codec/spec_yaml.h"
#include "hactl/modify.h"
#include "hactl/rows.h"
#include "hactl/spec_changes.h"
#include "hactl/table.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

// Annotations of hactl's own belong to the spec that they were written with.
constexpr std::string_view kOwnAnnotations = "hactl.io/";
constexpr const char* kChangeCause = "hactl.io/change-cause";

constexpr std::size_t kColumns = 80;
constexpr std::size_t kCauseColumns = 20;
constexpr std::size_t kGap = 3;

// A formation as it was applied once.
struct Applied {
  std::uint64_t number = 0;
  std::optional<UtcTime> time{};
  Formation formation{};
  Json raw{};
};

Result<Applied> revision_of(const Json& object) {
  Json document = object;
  document["kind"] = "Formation";
  document.erase("revision");
  document["metadata"].erase("formation");
  document["metadata"]["name"] = text_at(object["metadata"], "formation");
  ParsedFormation parsed = formation_from_json(document);
  const Json number = object.value("revision", Json());
  if (!parsed.ok() || !number.is_number_unsigned()) {
    return Error{ErrorCode::corrupt,
                 "error: the server's revision cannot be read: " + to_string(parsed.problems)};
  }
  return Applied{number.get<std::uint64_t>(),
                 parse_utc(text_at(object["metadata"], "creation-timestamp")),
                 std::move(parsed.formation), object};
}

Result<std::vector<Applied>> revisions_of(Api& api, const std::string& formation) {
  const Result<Json> list = api.get(formation_path(formation, "/revisions"));
  if (!list.ok()) return list.error();
  std::vector<Applied> revisions;
  for (const Json& item : items_of(*list, "items")) {
    Result<Applied> revision = revision_of(item);
    if (!revision.ok()) return revision.error();
    revisions.push_back(std::move(*revision));
  }
  return revisions;
}

std::string cause_of(const Applied& revision) {
  const auto found = revision.formation.annotations.find(kChangeCause);
  return found == revision.formation.annotations.end() ? "" : found->second;
}

// What the revision at `at` changed.
std::vector<std::string> changes_of(const std::vector<Applied>& revisions, std::size_t at) {
  const Applied& own = revisions[at];
  if (at > 0) return spec_changes(revisions[at - 1].formation.spec, own.formation.spec);
  return {own.number == 1 ? "created" : "<unknown>"};
}

void print_table(Terminal& terminal, const std::string& name,
                 const std::vector<Applied>& revisions) {
  const Table::Row heading{"REVISION", "AGE", "CHANGE-CAUSE", "CHANGES"};
  std::vector<Table::Row> rows;
  std::vector<std::size_t> widths{heading[0].size(), heading[1].size(), heading[2].size()};
  for (std::size_t i = 0; i < revisions.size(); ++i) {
    rows.push_back({std::to_string(revisions[i].number), age_since(revisions[i].time, utc_now()),
                    cut_short(cause_of(revisions[i]), kCauseColumns),
                    join(changes_of(revisions, i))});
    for (std::size_t column = 0; column < widths.size(); ++column)
      widths[column] = std::max(widths[column], rows.back()[column].size());
  }
  // What changed has the room that is left of a line.
  const std::size_t taken = widths[0] + widths[1] + widths[2] + widths.size() * kGap;
  Table table(heading);
  for (Table::Row& row : rows) {
    row.back() = cut_short(row.back(), kColumns - std::min(taken, kColumns / 2));
    table.add(std::move(row));
  }
  terminal.out() << fmt::format("formation/{}\n", name);
  table.print(terminal);
}

void print_one(Terminal& terminal, const std::vector<Applied>& revisions, std::size_t at) {
  const Applied& revision = revisions[at];
  const std::string cause = cause_of(revision);
  std::ostream& out = terminal.out();
  out << fmt::format("formation/{} with revision #{}\n", revision.formation.name.value,
                     revision.number);
  out << fmt::format("Applied:        {}\n",
                     revision.time ? to_string(*revision.time) : "<unknown>");
  out << fmt::format("Change Cause:   {}\n", cause.empty() ? "<none>" : cause);
  const char* lead = "Changes:        ";
  for (const std::string& line : changes_of(revisions, at)) {
    out << lead << line << "\n";
    lead = "                ";
  }
  out << formation_yaml(revision.formation) << std::flush;
}

Result<std::size_t> find_revision(const std::vector<Applied>& revisions, std::uint64_t number) {
  const auto found = std::ranges::find(revisions, number, &Applied::number);
  if (found == revisions.end()) {
    return local_error(fmt::format("unable to find specified revision {} in history", number));
  }
  return static_cast<std::size_t>(found - revisions.begin());
}

// The spec and what belongs to it, in place of what there is.
void put_back(const Applied& revision, Json& formation) {
  formation["spec"] = formation_json(revision.formation)["spec"];
  Json& annotations = formation["metadata"]["annotations"];
  if (!annotations.is_object()) annotations = Json::object();
  std::vector<std::string> gone;
  for (const auto& [key, value] : annotations.items()) {
    if (key.starts_with(kOwnAnnotations)) gone.push_back(key);
  }
  for (const std::string& key : gone)
    annotations.erase(key);
  for (const auto& [key, value] : revision.formation.annotations) {
    if (key.starts_with(kOwnAnnotations)) annotations[key] = value;
  }
  if (annotations.empty()) formation["metadata"].erase("annotations");
}

// The one that is asked for, or the one before the present one.
Result<std::size_t> target_of(const std::vector<Applied>& revisions, std::uint64_t number,
                              const std::string& formation) {
  if (number != 0) return find_revision(revisions, number);
  if (revisions.size() < 2) {
    return local_error(fmt::format("no rollout history found for formation \"{}\"", formation));
  }
  return revisions.size() - 2;
}

Result<Done> undo_one(Session& session, Api& api, const std::string& name,
                      const RolloutUndoOptions& options) {
  const Result<std::vector<Applied>> revisions = revisions_of(api, name);
  if (!revisions.ok()) return revisions.error();
  const Result<std::size_t> target = target_of(*revisions, options.to_revision, name);
  if (!target.ok()) return target.error();
  const Applied& revision = (*revisions)[*target];
  std::ostream& out = session.terminal().out();
  if (revision.formation.spec == revisions->back().formation.spec) {
    out << fmt::format("formation/{} skipped rollback (current spec already matches revision {})\n",
                       name, revision.number)
        << std::flush;
    return Done{};
  }
  const Result<Modified> modified =
      modify_formation(session, name, options.dry_run, [&](Json& formation) -> Result<Done> {
        put_back(revision, formation);
        return Done{};
      });
  if (!modified.ok()) return modified.error();
  out << fmt::format("formation/{} rolled back to revision {}{}\n", name, revision.number,
                     dry_run_suffix(options.dry_run))
      << std::flush;
  return Done{};
}

bool is_paused(const FormationItem& item) {
  return find_condition(item.status.conditions, "Paused") != nullptr;
}

struct Act {
  std::string_view path{};
  std::string_view verbed{};
};

Act act_of(RolloutAct what) {
  switch (what) {
    case RolloutAct::pause: return {"/pause", "paused"};
    case RolloutAct::resume: return {"/resume", "resumed"};
    case RolloutAct::restart: return {"/restart", "restarted"};
  }
  return {};
}

Result<Done> act_on(Session& session, Api& api, const std::string& name, RolloutAct what) {
  const Result<FormationItem> item = api.formation(name);
  if (!item.ok()) return item.error();
  const bool paused = is_paused(*item);
  if (what == RolloutAct::pause && paused) {
    return local_error(fmt::format("formations \"{}\" is already paused", name));
  }
  if (what == RolloutAct::resume && !paused) {
    return local_error(fmt::format("formations \"{}\" is not paused", name));
  }
  if (what == RolloutAct::restart && paused) {
    return local_error(fmt::format(
        "formations \"{}\" can't restart while paused (run rollout resume first)", name));
  }
  const Act act = act_of(what);
  const Result<Json> done = api.send("POST", formation_path(name, act.path), Json::object());
  if (!done.ok()) return done.error();
  session.terminal().out() << fmt::format("formation/{} {}\n", name, act.verbed) << std::flush;
  return Done{};
}

}  // namespace

Result<std::vector<std::string>> rollout_formations(Session& session,
                                                    const std::vector<std::string>& words) {
  Targets targets;
  if (!words.empty()) {
    Result<Targets> parsed = parse_targets(words);
    if (!parsed.ok()) return parsed.error();
    targets = std::move(*parsed);
    if (targets.type->resource != Resource::formation) {
      return local_error(
          fmt::format("{} are not rolled out: name a formation", targets.type->plural));
    }
  }
  if (!targets.names.empty()) return targets.names;
  const Result<std::string> only = session.formation_name("");
  if (!only.ok()) return only.error();
  return std::vector{*only};
}

Result<int> for_each_formation(Session& session, const std::vector<std::string>& words,
                               const std::function<Result<Done>(Api&, const std::string&)>& act) {
  const Result<std::vector<std::string>> names = rollout_formations(session, words);
  if (!names.ok()) return names.error();
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  int code = kExitDone;
  for (const std::string& name : *names) {
    const Result<Done> done = act(**api, name);
    if (done.ok()) continue;
    // The others have their turn all the same, as for kubectl.
    session.terminal().notes() << done.error().message << std::endl;
    code = kExitFailed;
  }
  return code;
}

Result<int> run_rollout_history(Session& session, const RolloutHistoryOptions& options) {
  return for_each_formation(
      session, options.targets, [&](Api& api, const std::string& name) -> Result<Done> {
        const Result<std::vector<Applied>> revisions = revisions_of(api, name);
        if (!revisions.ok()) return revisions.error();
        Json shown = Json{{"apiVersion", "hactl/v1"}, {"kind", "List"}, {"items", Json::array()}};
        for (const Applied& revision : *revisions)
          shown["items"].push_back(revision.raw);
        std::size_t at = 0;
        if (options.revision != 0) {
          const Result<std::size_t> found = find_revision(*revisions, options.revision);
          if (!found.ok()) return found.error();
          at = *found;
          shown = (*revisions)[at].raw;
        }
        std::ostream& out = session.terminal().out();
        if (options.output == "json") {
          out << pretty_json(shown) << std::flush;
        } else if (options.output == "yaml") {
          out << yaml_text(shown) << std::flush;
        } else if (options.revision != 0) {
          print_one(session.terminal(), *revisions, at);
        } else {
          print_table(session.terminal(), name, *revisions);
        }
        return Done{};
      });
}

Result<int> run_rollout_undo(Session& session, const RolloutUndoOptions& options) {
  return for_each_formation(session, options.targets, [&](Api& api, const std::string& name) {
    return undo_one(session, api, name, options);
  });
}

Result<int> run_rollout_act(Session& session, const RolloutActOptions& options) {
  return for_each_formation(session, options.targets, [&](Api& api, const std::string& name) {
    return act_on(session, api, name, options.what);
  });
}

}  // namespace hactl
