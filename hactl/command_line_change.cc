#include <string>
#include <utility>
#include <vector>

#include "hactl/command_line_parts.h"

namespace hactl {
namespace {

void add_patch(CLI::App& app, Options& options, Chosen& chosen) {
  PatchOptions& patch = options.patch;
  CLI::App* verb = app.add_subcommand("patch", "Change fields of something by a patch");
  add_targets(verb, patch.targets);
  add_formation(verb, patch.formation);
  verb->add_option("--type", patch.type, "merge or json");
  verb->add_option("-p,--patch", patch.patch, "The patch, as JSON");
  verb->add_option("--patch-file", patch.patch_file, "A file with the patch");
  add_dry_run(verb, patch.dry_run);
  add_output(verb, patch.output, {"yaml", "json", "name"});
  choose(verb, chosen, [&](Session& session) { return run_patch(session, patch); });
}

void add_pairs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* set = app.add_subcommand("set", "Set fields: set node NAME candidate-priority=65");
  set->add_option("WORDS", options.set.words, "TYPE NAME FIELD=VALUE…; FIELD- takes one away")
      ->required();
  add_formation(set, options.set.formation);
  add_dry_run(set, options.set.dry_run);
  choose(set, chosen, [&](Session& session) { return run_set(session, options.set); });
  for (const auto& [name, marking] :
       {std::pair("label", Marking::labels), std::pair("annotate", Marking::annotations)}) {
    LabelOptions& label = options.labels.emplace_back();
    label.marking = marking;
    CLI::App* verb =
        app.add_subcommand(name, marking == Marking::labels ? "Set labels" : "Set annotations");
    verb->add_option("WORDS", label.words, "TYPE NAME KEY=VALUE…; KEY- takes one away")->required();
    verb->add_flag("--overwrite", label.overwrite, "Replace values that are there");
    verb->add_flag("--list", label.list, "Show them");
    add_dry_run(verb, label.dry_run);
    choose(verb, chosen, [&label](Session& session) { return run_label(session, label); });
  }
}

void add_maintenance(CLI::App& app, Options& options, Chosen& chosen) {
  const std::vector<std::pair<std::string, Maintenance>> verbs{{"cordon", Maintenance::cordon},
                                                               {"uncordon", Maintenance::uncordon},
                                                               {"drain", Maintenance::drain}};
  const std::vector<std::string> texts{
      "Let a node, or a region, not be promoted", "Undo cordon and drain",
      "Move the primary away and stop PostgreSQL, for maintenance"};
  for (std::size_t i = 0; i < verbs.size(); ++i) {
    MaintenanceOptions& each = options.maintenances.emplace_back();
    each.what = verbs[i].second;
    CLI::App* verb = app.add_subcommand(verbs[i].first, texts[i]);
    add_targets(verb, each.targets);
    add_formation(verb, each.formation);
    add_dry_run(verb, each.dry_run);
    if (each.what == Maintenance::drain) {
      add_duration(verb, "--timeout", each.timeout, "How long to wait until it is done");
    }
    choose(verb, chosen, [&each](Session& session) { return run_maintenance(session, each); });
  }
}

void add_delete(CLI::App& app, Options& options, Chosen& chosen) {
  DeleteOptions& erase = options.erase;
  CLI::App* verb =
      app.add_subcommand("delete", "Delete a formation; the data stays, unless asked for");
  add_targets(verb, erase.targets, TargetsAre::optional);
  verb->add_option("-f,--filename", erase.file, "What the file, directory or - has");
  verb->add_flag("--wait", options.erase_waits, "Wait until it is gone (default true)");
  verb->add_flag("--ignore-not-found", erase.ignore_not_found, "What is not there is no error");
  add_duration(verb, "--timeout", erase.timeout, "How long to wait");
  verb->add_flag("--delete-data", erase.data,
                 "Remove the nodes' data directories as well; there is no way back");
  add_dry_run(verb, erase.dry_run);
  add_output(verb, erase.output, {"name"});
  choose(verb, chosen, [&](Session& session) {
    erase.wait = options.erase_waits ? Waiting::yes : Waiting::no;
    return run_delete(session, erase);
  });
}

}  // namespace

void add_change_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* edit = app.add_subcommand("edit", "Edit a formation in an editor");
  add_targets(edit, options.edit.targets);
  edit->add_flag("--output-patch", options.edit.output_patch, "Show what was changed");
  choose(edit, chosen, [&](Session& session) {
    options.edit.editor = session.options().editor;
    return run_edit(session, options.edit);
  });
  add_patch(app, options, chosen);
  add_pairs(app, options, chosen);
  add_maintenance(app, options, chosen);
  add_delete(app, options, chosen);
}

void add_move_verbs(CLI::App& app, Options& options, Chosen& chosen) {
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
  failover
      ->add_option("--assume-lost", options.failover.assume_lost,
                   "A node that will not come back; may be repeated")
      ->allow_extra_args(false);
  add_duration(failover, "--timeout", options.failover.timeout, "How long to wait");
  choose(failover, chosen,
         [&](Session& session) { return run_failover(session, options.failover); });

  CLI::App* psql = app.add_subcommand("psql", "Open psql on the primary");
  add_formation(psql, options.psql.formation);
  psql->add_flag("--read-only", options.psql.read_only, "Prefer a standby");
  psql->add_option("ARGUMENTS", options.psql.arguments, "psql's, after --");
  choose(psql, chosen, [&](Session& session) { return run_psql(session, options.psql); });
}

}  // namespace hactl
