#include <fmt/format.h>

#include "codec/json.h"
#include "codec/spec_json.h"
#include "hactl/formation_files.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

void print_step(std::ostream& out, std::size_t number, const nlohmann::json& step) {
  out << fmt::format("{:2}. {}\n", number, text_at(step, "title"));
  for (const nlohmann::json& detail : items_of(step, "details")) {
    if (detail.is_string()) out << "      " << detail.get<std::string>() << "\n";
  }
  if (step.value("writes-pause", false)) out << "      writes pause\n";
  std::string names;
  for (const nlohmann::json& node : items_of(step, "restarts")) {
    if (node.is_string()) names += (names.empty() ? "" : ", ") + node.get<std::string>();
  }
  if (!names.empty()) out << "      restarts: " << names << "\n";
}

void print_plan(std::ostream& out, const std::string& name, const nlohmann::json& plan) {
  const nlohmann::json& steps = items_of(plan, "steps");
  if (steps.empty()) {
    out << fmt::format("formation/{}: nothing to do\n", name);
  } else {
    out << fmt::format("formation/{}: {} step{}\n", name, steps.size(),
                       steps.size() == 1 ? "" : "s");
  }
  std::size_t number = 0;
  for (const nlohmann::json& step : steps) {
    print_step(out, ++number, step);
  }
  const std::string blocked = text_at(plan, "blocked");
  if (!blocked.empty()) out << "then blocked: " << blocked << "\n";
  const std::string id = text_at(plan, "id");
  if (!steps.empty() && !id.empty()) out << "plan: " << id << "\n";
}

}  // namespace

Result<int> run_plan(Session& session, const PlanOptions& options) {
  nlohmann::json body = nullptr;
  std::string name = options.formation;
  if (!options.file.empty()) {
    const Result<WrittenFormation> written = read_formation(options.file);
    if (!written.ok()) return written.error();
    name = written->formation.name.value;
    body = formation_json(written->formation);
  }
  const Result<std::string> chosen = session.formation_name(name);
  if (!chosen.ok()) return chosen.error();
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  const Result<nlohmann::json> plan = (*api)->send("POST", formation_path(*chosen, "/plan"), body);
  if (!plan.ok()) return plan.error();
  if (options.output == "json") {
    session.terminal().out() << pretty_json(*plan);
  } else {
    print_plan(session.terminal().out(), *chosen, *plan);
  }
  session.terminal().out() << std::flush;
  const bool idle = items_of(*plan, "steps").empty() && text_at(*plan, "blocked").empty();
  return idle ? 0 : 1;
}

}  // namespace hactl
