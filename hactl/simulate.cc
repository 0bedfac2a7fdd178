#include "simulate/simulate.h"

#include <fmt/format.h>

#include "base/join.h"
#include "codec/json.h"
#include "hactl/explain_text.h"
#include "hactl/formation_files.h"
#include "hactl/table.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

/// Sets of losses in one matrix: some minutes' work.
constexpr std::size_t kMatrixMax = 1'000;

struct Case {
  std::vector<Loss> losses{};
  Outcome outcome{};
};

std::string names_of(const std::set<NodeName>& nodes) {
  return join(nodes, ", ", &NodeName::value);
}

std::string names_of(const std::vector<Loss>& losses) {
  return join(losses, " ", [](const Loss& loss) { return to_string(loss); });
}

std::string commits_text(const Outcome& outcome) {
  if (outcome.loses_commits()) return "may be lost";
  return outcome.may_be_on_lost_nodes_only ? "on lost nodes" : "kept";
}

nlohmann::ordered_json case_json(const FormationSpec& spec, const Case& one) {
  const auto names = [](const std::set<NodeName>& nodes) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const NodeName& node : nodes)
      list.push_back(node.value);
    return list;
  };
  const Outcome& outcome = one.outcome;
  nlohmann::ordered_json losses = nlohmann::ordered_json::array();
  for (const Loss& loss : one.losses)
    losses.push_back(to_string(loss));
  nlohmann::ordered_json json{
      {"kill", losses},
      {"lost-nodes", names(outcome.lost)},
      {"primary-before", outcome.primary.value},
      {"commits-wait-for", to_string(outcome.setting)},
      {"primary", outcome.successor ? nlohmann::ordered_json(outcome.successor->value)
                                    : nlohmann::ordered_json(nullptr)},
      {"writes-go-on", outcome.writes_go_on()},
      {"acknowledged-commits-may-be-lost", outcome.loses_commits()},
      {"acknowledged-commits-may-be-on-lost-nodes-only", outcome.may_be_on_lost_nodes_only},
      {"holders", names(outcome.holders)},
      {"survives", outcome.survives()}};
  if (!outcome.reason.empty()) json["reason"] = outcome.reason;
  json["what-to-do"] = what_to_do(spec, outcome);
  return json;
}

/// "Writes:       stop: …", further lines below the first.
void print_line(std::ostream& out, const std::string& name, const std::string& text) {
  constexpr int kIndent = 14;
  out << wrapped_behind(fmt::format("{:<{}}", name + ":", kIndent), text);
}

void print_case(std::ostream& out, const std::string& formation, const FormationSpec& spec,
                const Case& one) {
  const Outcome& outcome = one.outcome;
  print_line(out, "Formation",
             formation + ": " + outcome.primary.value + " is primary, commits wait for " +
                 to_string(outcome.setting));
  std::string lost = names_of(one.losses);
  if (!outcome.lost.empty()) lost += " (" + names_of(outcome.lost) + ")";
  print_line(out, "Lost", lost);
  print_line(out, "Primary", outcome.successor ? outcome.successor->value : "none");
  print_line(out, "Writes", outcome.writes_go_on() ? "go on" : "stop: " + outcome.reason);
  std::string commits = "every acknowledged commit is on a node that is left";
  if (outcome.may_be_on_lost_nodes_only) {
    commits =
        (outcome.loses_commits() ? "may be lost: " : "kept, but perhaps on lost nodes only: ") +
        names_of(outcome.holders) + " may be all that hold" +
        (outcome.holders.size() == 1 ? "s" : "") + " an acknowledged commit";
  }
  print_line(out, "Commits", commits);
  print_line(out, "To do", join(what_to_do(spec, outcome), "; "));
  print_line(out, "Verdict", outcome.survives() ? "survives" : "does not survive");
}

void print_matrix(Terminal& terminal, const std::vector<Case>& cases) {
  Table table({"LOST", "PRIMARY", "WRITES", "COMMITS", "SURVIVES"});
  std::size_t survived = 0;
  for (const Case& one : cases) {
    const Outcome& outcome = one.outcome;
    survived += outcome.survives() ? 1U : 0U;
    table.add({names_of(one.losses), outcome.successor ? outcome.successor->value : "<none>",
               outcome.writes_go_on() ? "go on" : "stop", commits_text(outcome),
               outcome.survives() ? "yes" : "no"});
  }
  table.print(terminal);
  terminal.out() << fmt::format("\n{} of {} survive\n", survived, cases.size());
}

Result<std::vector<std::vector<Loss>>> wanted_losses(const FormationSpec& spec,
                                                     const SimulateOptions& options) {
  if (options.matrix > 0) {
    std::vector<std::vector<Loss>> all = every_loss(spec, options.matrix, kMatrixMax + 1);
    if (all.size() <= kMatrixMax) return all;
    return local_error(fmt::format("--matrix {} has more than {} sets of losses: ask for fewer",
                                   options.matrix, kMatrixMax));
  }
  if (options.kill.empty()) return local_error("nothing is to be lost: give --kill or --matrix");
  if (options.kill.size() > kLossesMax) {
    return local_error(fmt::format("at most {} losses at once", kLossesMax));
  }
  std::vector<Loss> losses;
  for (const std::string& text : options.kill) {
    Result<Loss> loss = parse_loss(spec, text);
    if (!loss.ok()) return local_error("--kill: " + loss.error().message);
    losses.push_back(std::move(*loss));
  }
  return std::vector<std::vector<Loss>>{losses};
}

}  // namespace

Result<int> run_simulate(Session& session, const SimulateOptions& options) {
  const Result<WrittenFormation> written = read_formation(options.file);
  if (!written.ok()) return written.error();
  const FormationSpec& spec = written->formation.spec;
  const auto wanted = wanted_losses(spec, options);
  if (!wanted.ok()) return wanted.error();
  std::vector<Case> cases;
  bool all_survive = true;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const std::vector<Loss>& losses : *wanted) {
    const Result<Outcome> outcome = simulate(spec, losses);
    if (!outcome.ok()) return local_error(outcome.error().message);
    cases.push_back({losses, *outcome});
    all_survive = all_survive && outcome->survives();
    list.push_back(case_json(spec, cases.back()));
  }
  std::ostream& out = session.terminal().out();
  if (options.output == "json") {
    out << pretty_json(nlohmann::ordered_json{{"items", list}});
  } else if (options.matrix > 0) {
    print_matrix(session.terminal(), cases);
  } else {
    print_case(out, written->formation.name.value, spec, cases.front());
  }
  out << std::flush;
  return all_survive ? kExitDone : kExitFailed;
}

}  // namespace hactl
