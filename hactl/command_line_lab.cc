#include <filesystem>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "hactl/command_line_parts.h"

namespace hactl {
namespace {

void add_lab_acts(CLI::App* lab, Options& options, Chosen& chosen) {
  const std::vector<std::pair<std::string, LabDeed>> deeds{{"kill", LabDeed::kill},
                                                           {"stop", LabDeed::stop},
                                                           {"start", LabDeed::start},
                                                           {"freeze", LabDeed::freeze},
                                                           {"thaw", LabDeed::thaw}};
  const std::vector<std::pair<std::string, LabTarget>> targets{
      {"node", LabTarget::node},
      {"region", LabTarget::region},
      {"controller", LabTarget::controller}};
  for (const auto& [deed_name, deed] : deeds) {
    CLI::App* act = lab->add_subcommand(deed_name, deed_name + " a node, a region or a controller");
    act->require_subcommand(1);
    for (const auto& [target_name, target] : targets) {
      LabActOptions& each = options.lab_acts.emplace_back();
      each.deed = deed;
      each.target = target;
      CLI::App* verb = act->add_subcommand(target_name, deed_name + " a " + target_name);
      CLI::Option* name = verb->add_option("NAME", each.name);
      if (target != LabTarget::controller) name->required();
      choose(verb, chosen, [&each, &options](Session& session) {
        each.directory = options.lab_directory;
        return run_lab_act(session, each);
      });
    }
  }
}

void add_lab_cuts(CLI::App* lab, Options& options, Chosen& chosen) {
  using CutRun = Result<int> (*)(Session&, const LabCutOptions&);
  const std::vector<std::tuple<std::string, std::string, CutRun>> verbs{
      {"cut", "Let nothing through between two sides, or one side and all others", run_lab_cut},
      {"heal", "Undo cuts; without sides, all", run_lab_heal}};
  for (const auto& [name, what, run] : verbs) {
    LabCutOptions& cut = options.lab_cut;
    CLI::App* verb = lab->add_subcommand(name, what);
    verb->add_option("A", cut.first, "A region, a node, controller or operator (this machine)");
    verb->add_option("B", cut.second, "The other side; left out: everybody else");
    verb->add_option("--from", cut.from, "One direction only: where it comes from");
    verb->add_option("--to", cut.to, "One direction only: where it goes");
    choose(verb, chosen, [&cut, &options, run = run](Session& session) {
      cut.directory = options.lab_directory;
      return run(session, cut);
    });
  }
}

// The lab's own option may also stand behind its verbs.
void add_lab_directory(CLI::App* app, Options& options) {
  app->add_option("--dir", options.lab_directory, "The lab's directory (default ./lab)");
  for (CLI::App* verb : app->get_subcommands({})) {
    add_lab_directory(verb, options);
  }
}

}  // namespace

void add_lab_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* lab = app.add_subcommand("lab", "A whole formation on this machine");
  lab->require_subcommand(1);
  CLI::App* up = lab->add_subcommand("up", "Start the controller and an agent a node");
  up->add_option("-f,--filename", options.lab_up.file, "The formation's file")->required();
  up->add_option("--port", options.lab_up.port, "The controller's port");
  up->add_option("--controllers", options.lab_up.controllers)->check(CLI::IsMember({1, 3}));
  up->add_option("--network", options.lab_up.network, "Namespaces can be cut off; for root")
      ->check(CLI::IsMember({"loopback", "namespaces"}));
  choose(up, chosen, [&](Session& session) {
    options.lab_up.directory = options.lab_directory;
    return run_lab_up(session, options.lab_up);
  });
  choose(lab->add_subcommand("down", "End everything that was started"), chosen,
         [&](Session& session) { return run_lab_down(session, options.lab_directory); });
  choose(lab->add_subcommand("status", "Show the lab's processes"), chosen,
         [&](Session& session) { return run_lab_status(session, options.lab_directory); });
  add_lab_acts(lab, options, chosen);
  add_lab_cuts(lab, options, chosen);
  CLI::App* traffic = lab->add_subcommand("traffic", "Write rows and look for lost ones");
  add_formation(traffic, options.lab_traffic.formation);
  add_duration(traffic, "--duration", options.lab_traffic.duration,
               "How long (default 10s); Ctrl-C ends it too");
  traffic->add_option("--node", options.lab_traffic.node, "Write to this node and no other");
  traffic->add_option("--table", options.lab_traffic.table, "Write to this table");
  traffic->add_option("--ledger", options.lab_traffic.ledger,
                      "Note in this file what came of each row");
  choose(traffic, chosen, [&](Session& session) {
    options.lab_traffic.directory = options.lab_directory;
    return run_lab_traffic(session, options.lab_traffic);
  });
  add_lab_directory(lab, options);
}

}  // namespace hactl
