#include <utility>

#include <fmt/format.h>

#include "codec/json.h"
#include "codec/spec_json.h"
#include "hactl/explain_text.h"
#include "hactl/formation_files.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

std::string names_in(const nlohmann::json& step, const char* key) {
  std::string names;
  for (const nlohmann::json& node : items_of(step, key)) {
    if (node.is_string()) names += (names.empty() ? "" : ", ") + node.get<std::string>();
  }
  return names;
}

/// As "0.4 s".
std::string seconds(const nlohmann::json& pause, const char* key) {
  constexpr double kMillisecond = 0.001;
  return fmt::format("{:.1f} s", kMillisecond * static_cast<double>(pause.value(key, 0)));
}

std::string pause_text(const nlohmann::json& pause) {
  const int measured = pause.value("measured", 0);
  const std::string from = measured == 0 ? "not measured here yet"
                                         : fmt::format("{} move{} of this formation", measured,
                                                       measured == 1 ? "" : "s");
  return fmt::format("about {}, {} at worst ({})", seconds(pause, "usual-ms"),
                     seconds(pause, "worst-ms"), from);
}

void print_step(std::ostream& out, std::size_t number, const nlohmann::json& step) {
  const std::string kind = text_at(step, "kind");
  const char mark = kind == "move" ? '!' : kind == "restart" ? '^' : '~';
  const std::string indent(8, ' ');
  out << wrapped_behind(fmt::format("{:3} {} ", number, mark), text_at(step, "title"));
  for (const nlohmann::json& detail : items_of(step, "details")) {
    if (detail.is_string()) out << wrapped_behind(indent, detail.get<std::string>());
  }
  constexpr std::pair<const char*, const char*> kNodes[] = {
      {"reloads", "reloads: "}, {"restarts", "restarts: "}, {"disconnects", "loses its clients: "}};
  for (const auto& [key, label] : kNodes) {
    const std::string names = names_in(step, key);
    if (!names.empty()) out << wrapped_behind(indent, label + names);
  }
  if (step.value("writes-pause", false)) out << wrapped_behind(indent, "writes pause");
  const std::string exposes = text_at(step, "exposes");
  if (!exposes.empty()) out << wrapped_behind(indent, "from here on " + exposes);
  const std::string barrier = text_at(step, "waits-for");
  if (!barrier.empty()) out << wrapped_behind("      | ", "waits for " + barrier);
  if (step.value("no-way-back", false)) {
    out << wrapped_behind(indent, "no way back from here: undoing it is another move");
  }
}

void print_summary(std::ostream& out, const nlohmann::json& plan) {
  const nlohmann::json& pause = plan.contains("predicted-pause") ? plan["predicted-pause"] : plan;
  std::size_t pauses = 0;
  std::string exposes;
  for (const nlohmann::json& step : items_of(plan, "steps")) {
    if (step.value("writes-pause", false)) ++pauses;
    if (exposes.empty()) exposes = text_at(step, "exposes");
  }
  const std::string times = pauses < 2 ? "" : fmt::format("{} times, each ", pauses);
  out << "writes pause: " << (pauses == 0 ? "never" : times + pause_text(pause)) << "\n";
  const std::string loss = exposes.empty() ? "nothing that was acknowledged"
                                           : "nothing by these steps, but afterwards " + exposes;
  out << wrapped_behind("can be lost:  ", loss);
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
  if (!blocked.empty()) out << wrapped_behind("then blocked: ", blocked);
  if (steps.empty()) return;
  print_summary(out, plan);
  const std::string id = text_at(plan, "id");
  if (!id.empty()) out << fmt::format("plan:         {} (hactl apply -f FILE --plan {})\n", id, id);
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
