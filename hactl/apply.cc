#include <fmt/format.h>

#include "codec/json.h"
#include "codec/spec_yaml.h"
#include "hactl/connection_uri.h"
#include "hactl/formation_files.h"
#include "hactl/verbs.h"
#include "hactl/waiting.h"

namespace hactl {
namespace {

// "created" when there was none; "unchanged" when the server made no new generation of it and its
// labels are the same.
std::string outcome_of(const std::optional<FormationItem>& before, const Formation& written,
                       const std::optional<FormationItem>& after) {
  if (!before) return "created";
  const bool same =
      after ? after->generation == before->generation && after->formation == before->formation
            : before->formation == written;
  return same ? "unchanged" : "configured";
}

std::string_view suffix_of(DryRun dry_run) {
  switch (dry_run) {
    case DryRun::none: return "";
    case DryRun::client: return " (dry run)";
    case DryRun::server: return " (server dry run)";
  }
  return "";
}

void print(Terminal& terminal, const ApplyOptions& options, const nlohmann::json& object,
           std::string_view outcome) {
  const std::string name = text_at(object.value("metadata", nlohmann::json::object()), "name");
  if (options.output == "yaml") {
    terminal.out() << yaml_text(object);
  } else if (options.output == "json") {
    terminal.out() << pretty_json(object);
  } else if (options.output == "name") {
    terminal.out() << fmt::format("formation/{}\n", name);
  } else {
    terminal.out() << fmt::format("formation/{} {}{}\n", name, outcome, suffix_of(options.dry_run));
  }
  terminal.out() << std::flush;
}

Result<int> wait_until_converged(Api& api, const FormationItem& applied, Duration timeout) {
  const std::string& name = applied.formation.name.value;
  const Result<bool> held = wait_for_formation(api, name, timeout, [&](const FormationItem* item) {
    return item != nullptr && item->generation >= applied.generation &&
           condition_is(*item, "Converged", ConditionStatus::yes);
  });
  if (!held.ok()) return held.error();
  if (*held) return kExitDone;
  return Error{ErrorCode::timed_out,
               fmt::format("error: timed out waiting for the condition on formations/{}", name)};
}

Result<int> apply_one(Session& session, const WrittenFormation& written,
                      const ApplyOptions& options) {
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  nlohmann::json body = nullptr;
  if (Result<nlohmann::json> made = request_body(written); made.ok()) {
    body = std::move(*made);
  } else {
    return made.error();
  }
  const std::string& name = written.formation.name.value;
  std::optional<FormationItem> before;
  Result<FormationItem> found = (*api)->formation(name);
  if (found.ok()) {
    before = std::move(*found);
  } else if (found.error().code != ErrorCode::not_found) {
    return found.error();
  }
  if (options.dry_run == DryRun::client) {
    body.erase("credentials");
    print(session.terminal(), options, body, outcome_of(before, written.formation, std::nullopt));
    return kExitDone;
  }
  std::string query = options.dry_run == DryRun::server ? "?dry-run=All" : "";
  if (!options.plan.empty()) {
    query += (query.empty() ? "?plan=" : "&plan=") + percent_encoded(options.plan);
  }
  const Result<nlohmann::json> answer = (*api)->send("PUT", formation_path(name, query), body);
  if (!answer.ok()) return answer.error();
  Result<FormationItem> after = formation_item(*answer);
  if (!after.ok()) return after.error();
  print(session.terminal(), options, *answer, outcome_of(before, written.formation, *after));
  if (options.wait == Waiting::no || options.dry_run != DryRun::none) return kExitDone;
  return wait_until_converged(**api, *after, options.timeout);
}

}  // namespace

Result<int> run_apply(Session& session, const ApplyOptions& options) {
  const Result<std::vector<WrittenFormation>> all =
      read_formations(options.file, options.validate == Validate::strict ? Strictness::strict
                                                                         : Strictness::lenient);
  if (!all.ok()) return all.error();
  int code = kExitDone;
  for (const WrittenFormation& written : *all) {
    for (const SpecProblem& ignored : written.ignored) {
      if (options.validate == Validate::warn) session.warnings().add(to_string(ignored));
    }
    const Result<int> applied = apply_one(session, written, options);
    if (applied.ok()) continue;
    // The others are applied all the same, as kubectl does.
    session.terminal().notes() << applied.error().message << "\n";
    code = kExitFailed;
  }
  return code;
}

}  // namespace hactl
