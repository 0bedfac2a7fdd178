#include "hactl/command_line.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "hactl/command_line_parts.h"
#include "hactl/duration_text.h"

namespace hactl {

void choose(CLI::App* verb, Chosen& chosen, Chosen::Run run, int error_code) {
  // A verb's own verbs come first: what is named last is meant.
  verb->callback([verb, &chosen, run = std::move(run), error_code] {
    if (verb->get_subcommands().empty()) chosen = {run, error_code};
  });
}

CLI::Option* add_duration(CLI::App* verb, const std::string& name, Duration& duration,
                          const std::string& text) {
  return verb
      ->add_option_function<std::string>(
          name,
          [&duration, name](const std::string& value) {
            const bool endless = value.starts_with('-') && value.size() > 1;  // As for kubectl.
            const std::optional<Duration> parsed = endless ? kDurationMax : parse_duration(value);
            if (!parsed) throw CLI::ValidationError(name, "\"" + value + "\" is not a duration");
            duration = *parsed;
          },
          text)
      ->type_name("DURATION");
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

void add_dry_run(CLI::App* verb, DryRun& dry_run) {
  verb->add_option_function<std::string>(
          "--dry-run",
          [&dry_run](const std::string& value) {
            if (value != "none" && value != "client" && value != "server") {
              throw CLI::ValidationError("Invalid dry-run value (" + value +
                                         "). Must be \"none\", \"server\", or \"client\".");
            }
            dry_run = value == "client"   ? DryRun::client
                      : value == "server" ? DryRun::server
                                          : DryRun::none;
          },
          "none, client or server: only say what would be done")
      ->type_name("WHERE");
}

void add_validate(CLI::App* verb, Validate& validate) {
  verb->add_option_function<std::string>(
          "--validate",
          [&validate](const std::string& value) {
            if (value.empty() || value == "strict" || value == "true") {
              validate = Validate::strict;
            } else if (value == "warn") {
              validate = Validate::warn;
            } else if (value == "ignore" || value == "false") {
              validate = Validate::ignore;
            } else {
              throw CLI::ValidationError("invalid - validate option \"" + value +
                                         "\"; must be one of: strict (or true), warn, ignore (or "
                                         "false)");
            }
          },
          "strict, warn or ignore: what becomes of unknown and duplicate fields")
      ->type_name("HOW");
}

void add_targets(CLI::App* verb, std::vector<std::string>& targets, TargetsAre what) {
  verb->add_option("TYPE", targets, "TYPE [NAME…], or TYPE/NAME…");
  if (what == TargetsAre::optional) return;
  verb->parse_complete_callback([verb, &targets] {
    const bool named = !targets.empty() || !verb->get_subcommands().empty();
    if (!named) throw CLI::ValidationError("Required resource not specified.");
  });
}

void add_spec_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* apply = app.add_subcommand("apply", "Create or update formations from a file");
  apply->add_option("-f,--filename", options.apply.file, "File, directory or -")->required();
  add_dry_run(apply, options.apply.dry_run);
  add_validate(apply, options.apply.validate);
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

  CLI::App* explain = app.add_subcommand("explain", "Explain a field, a lint rule, or durability");
  explain
      ->add_option("SUBJECT", options.explain.subject,
                   "formation.spec.regions, HA003 or durability")
      ->required();
  CLI::Option* object =
      explain->add_option("OBJECT", options.explain.object, "Of durability: formation/NAME");
  explain->add_option("-f,--filename", options.explain.file, "Of durability: file or -")
      ->excludes(object);
  explain->add_flag("--recursive", options.explain.recursive, "The names of all fields below it");
  choose(explain, chosen, [&](Session& session) { return run_explain(session, options.explain); });
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

namespace {

// Of every verb, so that they may stand before it and behind it.
void add_global_options(CLI::App& app, GlobalOptions& global) {
  app.add_option("--context", global.context, "The configuration's context to use")
      ->group("Global Options");
  app.add_option("--hactlconfig", global.config_file, "The configuration's file")
      ->group("Global Options");
  add_duration(&app, "--request-timeout", global.request_timeout, "How long one request may take")
      ->group("Global Options");
  app.add_flag("--warnings-as-errors", global.warnings_as_errors, "Exit with 1 after a warning")
      ->group("Global Options");
  for (CLI::App* verb : app.get_subcommands({})) {
    add_global_options(*verb, global);
  }
}

int print_completions(CLI::App& app, Session& session, int count, const char* const* arguments) {
  const std::vector<std::string> words(arguments + 2, arguments + count);
  for (const std::string& word : completions(app, session, words)) {
    session.terminal().out() << word << "\n";
  }
  session.terminal().out() << std::flush;
  return kExitDone;
}

}  // namespace

int run_command_line(int count, const char* const* arguments, Terminal& terminal,
                     const GlobalOptions& defaults) {
  CLI::App app("PostgreSQL high availability, declared in one file", "hactl");
  Options options;
  options.global = defaults;
  Chosen chosen;
  app.require_subcommand(1);
  add_spec_verbs(app, options, chosen);
  add_advice_verbs(app, options, chosen);
  add_get_verbs(app, options, chosen);
  add_reason_verbs(app, options, chosen);
  add_change_verbs(app, options, chosen);
  add_rollout_verbs(app, options, chosen);
  add_move_verbs(app, options, chosen);
  add_config_verbs(app, options, chosen);
  add_lab_verbs(app, options, chosen);
  add_global_options(app, options.global);
  if (count > 2 && std::string(arguments[1]) == "__complete") {
    Session session(terminal, options.global);
    return print_completions(app, session, count, arguments);
  }
  try {
    app.parse(count, arguments);
  } catch (const CLI::Success& asked) {  // --help is no error.
    return app.exit(asked, terminal.out(), terminal.notes());
  } catch (const CLI::ParseError& problem) {
    const std::string text = usage_error_text(app, problem);
    terminal.notes() << (text.empty() ? app.help() : text) << std::flush;
    return kExitUsage;
  }
  Session session(terminal, options.global);
  const Result<int> code = chosen.run(session);
  if (!code.ok()) terminal.notes() << code.error().message << std::endl;
  const int exit_code = code.ok() ? *code : chosen.error_code;
  const std::size_t warnings = session.warnings().count();
  if (!options.global.warnings_as_errors || warnings == 0) return exit_code;
  terminal.notes() << "error: " << warnings << (warnings == 1 ? " warning" : " warnings")
                   << " received" << std::endl;
  return std::max(exit_code, kExitFailed);
}

}  // namespace hactl
