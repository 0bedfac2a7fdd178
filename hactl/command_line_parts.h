// What the files of the command line share: the verb that was chosen, the options that are read
// into, and how options are added. Only hactl/command_line*.cc include this.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "hactl/lab.h"
#include "hactl/session.h"
#include "hactl/verbs.h"

namespace hactl {

/// The verb that was named, and what its errors exit with.
struct Chosen {
  using Run = std::function<Result<int>(Session&)>;
  Run run{};
  int error_code = kExitFailed;
};

/// Everything that the verbs' options are read into. Verbs of one shape have one each in a list.
struct Options {
  GlobalOptions global{};
  ApplyOptions apply{};
  DiffOptions diff{};
  LintOptions lint{};
  SimulateOptions simulate{};
  ExplainOptions explain{};
  PlanOptions plan{};
  GetOptions get{};
  EventsOptions events{};
  std::string api_resources_output{};
  DescribeOptions describe{};
  std::list<WhyOptions> whys{};
  ReplayOptions replay{};
  UriOptions uri{};
  WaitOptions wait{};
  EditOptions edit{};
  PatchOptions patch{};
  SetOptions set{};
  std::list<LabelOptions> labels{};
  std::list<MaintenanceOptions> maintenances{};
  RolloutHistoryOptions rollout_history{};
  RolloutUndoOptions rollout_undo{};
  RolloutStatusOptions rollout_status{};
  bool rollout_watches = true;
  std::list<RolloutActOptions> rollout_acts{};
  DeleteOptions erase{};
  bool erase_waits = true;
  SwitchoverOptions switchover{};
  FailoverOptions failover{};
  PsqlOptions psql{};
  Context context{};
  std::string context_name{};
  ContextsOptions contexts{};
  RenameOptions rename{};
  std::string shell{};
  LabUpOptions lab_up{};
  std::string lab_directory = "./lab";
  std::list<LabActOptions> lab_acts{};
  LabCutOptions lab_cut{};
  LabTrafficOptions lab_traffic{};
};

/// `verb` is run when it is named last. `chosen` outlives the parser.
void choose(CLI::App* verb, Chosen& chosen, Chosen::Run run, int error_code = kExitFailed);

CLI::Option* add_duration(CLI::App* verb, const std::string& name, Duration& duration,
                          const std::string& text);
void add_output(CLI::App* verb, std::string& output, const std::vector<std::string>& formats);
void add_wait(CLI::App* verb, Waiting& wait, Duration& timeout);
void add_formation(CLI::App* verb, std::string& formation);
void add_dry_run(CLI::App* verb, DryRun& dry_run);
void add_validate(CLI::App* verb, Validate& validate);
/// Whether a verb can do without.
enum class TargetsAre { required, optional };
/// "TYPE NAME" or "TYPE/NAME", as many as come.
void add_targets(CLI::App* verb, std::vector<std::string>& targets,
                 TargetsAre what = TargetsAre::required);

/// The verbs, by what they do: files that are applied, what is shown, what is changed, the rest.
void add_spec_verbs(CLI::App& app, Options& options, Chosen& chosen);
void add_advice_verbs(CLI::App& app, Options& options, Chosen& chosen);
void add_get_verbs(CLI::App& app, Options& options, Chosen& chosen);
void add_reason_verbs(CLI::App& app, Options& options, Chosen& chosen);
void add_change_verbs(CLI::App& app, Options& options, Chosen& chosen);
void add_rollout_verbs(CLI::App& app, Options& options, Chosen& chosen);
void add_move_verbs(CLI::App& app, Options& options, Chosen& chosen);
void add_config_verbs(CLI::App& app, Options& options, Chosen& chosen);
void add_lab_verbs(CLI::App& app, Options& options, Chosen& chosen);

/// The verb that was named, as deep as it goes.
const CLI::App& named_verb(const CLI::App& app);

/// What a usage error says, and the line after it. Empty: the help is all there is to say.
std::string usage_error_text(const CLI::App& app, const CLI::ParseError& problem);

/// What the last of `words` may become, a line each.
std::vector<std::string> completions(CLI::App& app, Session& session,
                                     const std::vector<std::string>& words);

}  // namespace hactl
