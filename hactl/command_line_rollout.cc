#include <string>
#include <utility>

#include "hactl/command_line_parts.h"

namespace hactl {
namespace {

void add_history(CLI::App* rollout, Options& options, Chosen& chosen) {
  RolloutHistoryOptions& history = options.rollout_history;
  CLI::App* verb = rollout->add_subcommand("history", "Show the specs that were applied");
  add_targets(verb, history.targets, TargetsAre::optional);
  verb->add_option("--revision", history.revision, "Show this one whole");
  add_output(verb, history.output, {"yaml", "json"});
  choose(verb, chosen, [&](Session& session) { return run_rollout_history(session, history); });
}

void add_undo(CLI::App* rollout, Options& options, Chosen& chosen) {
  RolloutUndoOptions& undo = options.rollout_undo;
  CLI::App* verb = rollout->add_subcommand("undo", "Put an earlier spec back");
  add_targets(verb, undo.targets, TargetsAre::optional);
  verb->add_option("--to-revision", undo.to_revision, "Which one; else the one before");
  add_dry_run(verb, undo.dry_run);
  choose(verb, chosen, [&](Session& session) { return run_rollout_undo(session, undo); });
}

void add_status(CLI::App* rollout, Options& options, Chosen& chosen) {
  RolloutStatusOptions& status = options.rollout_status;
  CLI::App* verb =
      rollout->add_subcommand("status", "Wait until what was applied has been carried out");
  add_targets(verb, status.targets, TargetsAre::optional);
  verb->add_flag("-w,--watch", options.rollout_watches, "Wait until it is done (default true)");
  verb->add_option("--revision", status.revision, "Fail unless this one is the present one");
  add_duration(verb, "--timeout", status.timeout, "How long to wait; 0: for ever");
  choose(verb, chosen, [&](Session& session) {
    status.watch = options.rollout_watches ? Waiting::yes : Waiting::no;
    return run_rollout_status(session, status);
  });
}

void add_act(CLI::App* rollout, std::pair<std::string, std::string> name_and_text, RolloutAct what,
             Options& options, Chosen& chosen) {
  RolloutActOptions& act = options.rollout_acts.emplace_back();
  act.what = what;
  CLI::App* verb = rollout->add_subcommand(name_and_text.first, name_and_text.second);
  add_targets(verb, act.targets, TargetsAre::optional);
  choose(verb, chosen, [&act](Session& session) { return run_rollout_act(session, act); });
}

}  // namespace

void add_rollout_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* rollout = app.add_subcommand("rollout", "Show, undo, pause or repeat what was applied");
  rollout->require_subcommand(1);
  add_history(rollout, options, chosen);
  add_act(rollout, {"pause", "Let what is in force stay so, whatever is applied"},
          RolloutAct::pause, options, chosen);
  add_act(rollout, {"restart", "Restart PostgreSQL on every node, one at a time"},
          RolloutAct::restart, options, chosen);
  add_act(rollout, {"resume", "Carry out what was applied last"}, RolloutAct::resume, options,
          chosen);
  add_status(rollout, options, chosen);
  add_undo(rollout, options, chosen);
}

}  // namespace hactl
