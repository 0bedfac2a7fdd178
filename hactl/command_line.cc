#include "hactl/command_line.h"

#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "hactl/duration_text.h"
#include "hactl/lab.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

using Run = std::function<Result<int>(Session&)>;

// The verb that was named, and what its errors exit with.
struct Chosen {
  Run run{};
  int error_code = kExitFailed;
};

void choose(CLI::App* verb, Chosen& chosen, Run run, int error_code = kExitFailed) {
  verb->callback([&chosen, run = std::move(run), error_code] { chosen = {run, error_code}; });
}

CLI::Option* add_duration(CLI::App* verb, const std::string& name, Duration& duration,
                          const std::string& text) {
  return verb
      ->add_option_function<std::string>(
          name,
          [&duration, name](const std::string& value) {
            const std::optional<Duration> parsed = parse_duration(value);
            if (!parsed) throw CLI::ValidationError(name, "\"" + value + "\" is not a duration");
            duration = *parsed;
          },
          text)
      ->type_name("DURATION");
}

template <typename Value>
CLI::Option* add_choice(CLI::App* verb, const std::string& name, Value& value,
                        const std::map<std::string, Value>& choices) {
  return verb->add_option(name, value)->transform(CLI::CheckedTransformer(choices));
}

void add_output(CLI::App* verb, std::string& output, const std::vector<std::string>& formats) {
  verb->add_option("-o,--output", output, "Output format")->check(CLI::IsMember(formats));
}

void add_wait(CLI::App* verb, Waiting& wait, Duration& timeout) {
  verb->add_flag_callback(
      "--wait", [&wait] { wait = Waiting::yes; }, "Wait until it is done");
  add_duration(verb, "--timeout", timeout, "How long to wait");
}

void add_formation(CLI::App* verb, std::string& formation) {
  verb->add_option("-F,--formation", formation, "The formation; may be left out when there is one");
}

// Everything that the verbs' options are read into.
struct Options {
  GlobalOptions global{};
  ApplyOptions apply{};
  DiffOptions diff{};
  LintOptions lint{};
  SimulateOptions simulate{};
  ExplainOptions explain{};
  PlanOptions plan{};
  std::list<GetOptions> gets{};
  std::list<DescribeOptions> describes{};
  std::list<WhyOptions> whys{};
  ReplayOptions replay{};
  UriOptions uri{};
  WaitOptions wait{};
  DeleteOptions erase{};
  SwitchoverOptions switchover{};
  FailoverOptions failover{};
  PsqlOptions psql{};
  Context context{};
  std::string context_name{};
  LabUpOptions lab_up{};
  std::string lab_directory = "./lab";
  std::list<LabActOptions> lab_acts{};
  LabCutOptions lab_cut{};
  LabTrafficOptions lab_traffic{};
};

void add_spec_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* apply = app.add_subcommand("apply", "Create or update formations from a file");
  apply->add_option("-f,--filename", options.apply.file, "File, directory or -")->required();
  add_choice<DryRun>(
      apply, "--dry-run", options.apply.dry_run,
      {{"none", DryRun::none}, {"client", DryRun::client}, {"server", DryRun::server}});
  apply->add_option("--plan", options.apply.plan, "Refuse when this plan is out of date");
  add_wait(apply, options.apply.wait, options.apply.timeout);
  add_output(apply, options.apply.output, {"yaml", "json", "name"});
  choose(apply, chosen, [&](Session& session) { return run_apply(session, options.apply); });

  CLI::App* diff = app.add_subcommand("diff", "Compare live formations with a file");
  diff->add_option("-f,--filename", options.diff.file, "File, directory or -")->required();
  choose(
      diff, chosen, [&](Session& session) { return run_diff(session, options.diff); }, kExitUsage);

  CLI::App* plan = app.add_subcommand("plan", "Show the steps that would be taken");
  plan->add_option("-f,--filename", options.plan.file, "File or -; else what was applied");
  add_formation(plan, options.plan.formation);
  add_output(plan, options.plan.output, {"json"});
  choose(
      plan, chosen, [&](Session& session) { return run_plan(session, options.plan); }, kExitUsage);
}

void add_advice_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* lint = app.add_subcommand("lint", "Find what a formation will not do when it matters");
  lint->add_option("-f,--filename", options.lint.file, "File, directory or -")->required();
  add_output(lint, options.lint.output, {"json"});
  choose(
      lint, chosen, [&](Session& session) { return run_lint(session, options.lint); }, kExitUsage);

  CLI::App* simulate = app.add_subcommand("simulate", "Show what losses would come to");
  simulate->add_option("-f,--filename", options.simulate.file, "File or -")->required();
  CLI::Option* kill = simulate->add_option("--kill", options.simulate.kill,
                                           "node/N, region/R or link/A~B; may be repeated");
  simulate
      ->add_option("--matrix", options.simulate.matrix, "Every set of up to K nodes and regions")
      ->check(CLI::Range(1, 3))
      ->excludes(kill);
  add_output(simulate, options.simulate.output, {"json"});
  choose(
      simulate, chosen, [&](Session& session) { return run_simulate(session, options.simulate); },
      kExitUsage);

  CLI::App* explain = app.add_subcommand("explain", "Explain a field of a file, or a lint rule");
  explain->add_option("SUBJECT", options.explain.subject, "formation.spec.regions, or HA003")
      ->required();
  explain->add_flag("--recursive", options.explain.recursive, "The names of all fields below it");
  choose(explain, chosen, [&](Session& session) { return run_explain(session, options.explain); });
}

void add_get_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* get = app.add_subcommand("get", "Show formations, nodes, events or a connection URI");
  get->require_subcommand(1);
  const std::vector<std::pair<std::string, Resource>> resources{
      {"formation", Resource::formation}, {"node", Resource::node}, {"event", Resource::event}};
  for (const auto& [name, resource] : resources) {
    GetOptions& each = options.gets.emplace_back();
    each.resource = resource;
    CLI::App* verb = get->add_subcommand(name, "Show " + name + "s")->alias(name + "s");
    verb->add_option("NAME", each.name);
    verb->add_option("-f,-F,--formation", each.formation, "The formation they belong to");
    add_output(verb, each.output, {"table", "wide", "yaml", "json", "name"});
    verb->add_flag("-w,--watch", each.watch, "Go on and show changes");
    verb->add_flag("--no-headers", each.no_headers, "Leave the heading out");
    if (resource == Resource::event) {
      verb->add_option("--field-selector", each.field_selector,
                       "involved=NODE, type=Warning, reason=…, object=…, rule=…; also !=");
    }
    choose(verb, chosen, [&each](Session& session) { return run_get(session, each); });
  }
  CLI::App* uri = get->add_subcommand("uri", "Show a connection string that finds the primary");
  uri->add_option("-f,-F,--formation", options.uri.formation, "The formation");
  uri->add_flag("--read-only", options.uri.read_only, "Prefer a standby");
  uri->add_option("--from", options.uri.from, "The region whose nodes are named first");
  uri->add_option("--format", options.uri.format)->check(CLI::IsMember({"libpq", "jdbc"}));
  uri->add_flag("--with-password", options.uri.with_password, "Put the password into it");
  choose(uri, chosen, [&](Session& session) { return run_uri(session, options.uri); });

  CLI::App* describe = app.add_subcommand("describe", "Show everything about one thing");
  describe->require_subcommand(1);
  for (const Resource resource : {Resource::formation, Resource::node}) {
    DescribeOptions& each = options.describes.emplace_back();
    each.resource = resource;
    CLI::App* verb =
        describe->add_subcommand(resource == Resource::node ? "node" : "formation", "Describe it");
    CLI::Option* name = verb->add_option("NAME", each.name);
    if (resource == Resource::node) name->required();
    add_formation(verb, each.formation);
    choose(verb, chosen, [&each](Session& session) { return run_describe(session, each); });
  }
}

void add_reason_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* why = app.add_subcommand("why", "Tell which rule decided it, and from what");
  why->require_subcommand(1);
  for (const Resource resource : {Resource::formation, Resource::node}) {
    WhyOptions& each = options.whys.emplace_back();
    each.resource = resource;
    const bool node = resource == Resource::node;
    CLI::App* verb = why->add_subcommand(
        node ? "node" : "formation", node ? "Why it has its goal state" : "What was decided last");
    CLI::Option* name = verb->add_option("NAME", each.name);
    if (node) name->required();
    if (node) add_formation(verb, each.formation);
    verb->add_option("--at", each.at, "As of a time, 2026-11-25T18:03:12Z, or so long ago: 10m");
    add_output(verb, each.output, {"json"});
    choose(verb, chosen, [&each](Session& session) { return run_why(session, each); });
  }

  CLI::App* replay = app.add_subcommand("replay", "Decide again what was decided");
  CLI::Option* event = replay->add_option("EVENT", options.replay.event, "The event's name");
  replay->add_option("-f,--filename", options.replay.file, "The event in a file, or -")
      ->excludes(event);
  add_formation(replay, options.replay.formation);
  add_output(replay, options.replay.output, {"json"});
  choose(
      replay, chosen, [&](Session& session) { return run_replay(session, options.replay); },
      kExitUsage);
}

void add_change_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* wait = app.add_subcommand("wait", "Wait until a condition holds");
  wait->require_subcommand(1);
  CLI::App* wait_formation = wait->add_subcommand("formation", "Wait for a formation");
  wait_formation->add_option("NAME", options.wait.name);
  wait_formation->add_option("--for", options.wait.condition, "condition=TYPE[=STATUS], or delete")
      ->required();
  add_duration(wait_formation, "--timeout", options.wait.timeout, "How long to wait");
  choose(wait_formation, chosen, [&](Session& session) { return run_wait(session, options.wait); });

  CLI::App* erase = app.add_subcommand("delete", "Delete a formation; its data stays");
  erase->require_subcommand(1);
  CLI::App* erase_formation = erase->add_subcommand("formation", "Delete a formation");
  erase_formation->add_option("NAME", options.erase.name)->required();
  erase_formation
      ->add_option_function<bool>(
          "--wait",
          [&options](bool waits) { options.erase.wait = waits ? Waiting::yes : Waiting::no; },
          "Wait until it is gone (default true)")
      ->expected(0, 1)
      ->default_str("true");
  add_duration(erase_formation, "--timeout", options.erase.timeout, "How long to wait");
  choose(erase_formation, chosen,
         [&](Session& session) { return run_delete(session, options.erase); });

  CLI::App* switchover = app.add_subcommand("switchover", "Move the primary");
  add_formation(switchover, options.switchover.formation);
  CLI::Option* to = switchover->add_option("--to", options.switchover.to, "The new primary");
  switchover->add_option("--to-region", options.switchover.to_region, "The new primary's region")
      ->excludes(to);
  add_wait(switchover, options.switchover.wait, options.switchover.timeout);
  choose(switchover, chosen,
         [&](Session& session) { return run_switchover(session, options.switchover); });

  CLI::App* failover = app.add_subcommand("failover", "Go on without a primary that is lost");
  add_formation(failover, options.failover.formation);
  failover->add_option("--accept-data-loss", options.failover.accept_data_loss,
                       "Acknowledged WAL that may be lost: a size such as 16MB, or any");
  failover->add_option("--assume-lost", options.failover.assume_lost,
                       "A node that will not come back; may be repeated");
  add_duration(failover, "--timeout", options.failover.timeout, "How long to wait");
  choose(failover, chosen,
         [&](Session& session) { return run_failover(session, options.failover); });

  CLI::App* psql = app.add_subcommand("psql", "Open psql on the primary");
  add_formation(psql, options.psql.formation);
  psql->add_flag("--read-only", options.psql.read_only, "Prefer a standby");
  psql->add_option("ARGUMENTS", options.psql.arguments, "psql's, after --");
  choose(psql, chosen, [&](Session& session) { return run_psql(session, options.psql); });
}

void add_config_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* config = app.add_subcommand("config", "Show and change the configuration");
  config->require_subcommand(1);
  choose(config->add_subcommand("view", "Show the configuration"), chosen, run_config_view);
  choose(config->add_subcommand("get-contexts", "List the contexts"), chosen,
         run_config_get_contexts);
  choose(config->add_subcommand("current-context", "Show the context in use"), chosen,
         run_config_current_context);
  CLI::App* use = config->add_subcommand("use-context", "Choose a context");
  use->add_option("NAME", options.context_name)->required();
  choose(use, chosen,
         [&](Session& session) { return run_config_use_context(session, options.context_name); });
  CLI::App* set = config->add_subcommand("set-context", "Add or change a context");
  set->add_option("NAME", options.context.name)->required();
  set->add_option("--controller", options.context.controller, "https://host:port");
  const std::vector<std::pair<std::string, std::string*>> files{
      {"--ca", &options.context.ca},
      {"--certificate", &options.context.certificate},
      {"--key", &options.context.key}};
  for (const auto& [name, field] : files) {
    set->add_option_function<std::string>(name, [field](const std::string& path) {
      *field = std::filesystem::absolute(path).lexically_normal().string();
    });
  }
  choose(set, chosen,
         [&](Session& session) { return run_config_set_context(session, options.context); });
  choose(app.add_subcommand("version", "Show the version"), chosen, run_version);
}

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

void add_lab_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* lab = app.add_subcommand("lab", "A whole formation on this machine");
  lab->require_subcommand(1);
  lab->add_option("--dir", options.lab_directory, "The lab's directory (default ./lab)");
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
}

void add_global_options(CLI::App& app, GlobalOptions& global) {
  app.add_option("--context", global.context, "The configuration's context to use");
  add_duration(&app, "--request-timeout", global.request_timeout, "How long one request may take");
  app.require_subcommand(1);
  // Options of the program, and of `lab`, may also stand behind the verb.
  app.fallthrough();
  for (CLI::App* verb : app.get_subcommands({})) {
    verb->fallthrough();
    for (CLI::App* object : verb->get_subcommands({})) {
      object->fallthrough();
      for (CLI::App* target : object->get_subcommands({})) {
        target->fallthrough();
      }
    }
  }
}

}  // namespace

int run_command_line(int count, const char* const* arguments, Terminal& terminal,
                     const GlobalOptions& defaults) {
  CLI::App app("PostgreSQL high availability, declared in one file", "hactl");
  Options options;
  options.global = defaults;
  Chosen chosen;
  add_spec_verbs(app, options, chosen);
  add_advice_verbs(app, options, chosen);
  add_get_verbs(app, options, chosen);
  add_reason_verbs(app, options, chosen);
  add_change_verbs(app, options, chosen);
  add_config_verbs(app, options, chosen);
  add_lab_verbs(app, options, chosen);
  add_global_options(app, options.global);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem, terminal.out(), terminal.notes()) == 0 ? kExitDone : kExitUsage;
  }
  Session session(terminal, options.global);
  const Result<int> code = chosen.run(session);
  if (code.ok()) return *code;
  terminal.notes() << code.error().message << std::endl;
  return chosen.error_code;
}

}  // namespace hactl
