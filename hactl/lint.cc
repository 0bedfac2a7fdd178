#include "lint/lint.h"

#include <fmt/format.h>

#include "codec/json.h"
#include "hactl/explain_text.h"
#include "hactl/formation_files.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

nlohmann::ordered_json finding_json(const std::string& file, const Formation& formation,
                                    const LintFinding& finding) {
  return {{"code", finding.code},
          {"file", file},
          {"formation", formation.name.value},
          {"field", finding.field},
          {"message", finding.message},
          {"advice", finding.advice}};
}

}  // namespace

Result<int> run_lint(Session& session, const LintOptions& options) {
  const Result<std::vector<WrittenFormation>> all = read_formations(options.file);
  if (!all.ok()) return all.error();
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::ostream& out = session.terminal().out();
  for (const WrittenFormation& written : *all) {
    const std::string file = written.file.empty() ? "standard input" : written.file;
    for (const LintFinding& finding : lint(written.formation)) {
      list.push_back(finding_json(file, written.formation, finding));
      if (options.output == "json") continue;
      out << fmt::format("{}: {}: {}\n", file, finding.code, finding.field)
          << wrapped(finding.message, 4) << wrapped("-> " + finding.advice, 4);
    }
  }
  if (options.output == "json") {
    out << pretty_json(nlohmann::ordered_json{{"items", list}});
  } else if (list.empty()) {
    session.terminal().notes() << "nothing to say\n";
  } else {
    session.terminal().notes() << fmt::format("{} finding{}; `hactl explain {}` says more\n",
                                              list.size(), list.size() == 1 ? "" : "s",
                                              list.front()["code"].get<std::string>());
  }
  out << std::flush;
  return list.empty() ? kExitDone : kExitFailed;
}

}  // namespace hactl
