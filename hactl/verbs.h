// The verbs: one options struct and one function each; a file a verb. Each returns the program's
// exit code, or the error whose message is the line that users read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "hactl/resources.h"
#include "hactl/session.h"

namespace hactl {

/// How long `--wait` waits by default.
inline constexpr Duration kWaitTimeoutDefault{300'000};
/// How long `hactl wait` waits by default, as kubectl.
inline constexpr Duration kWaitVerbTimeoutDefault{30'000};

/// How long a rollout must have been blocked at a stretch for `hactl rollout status` to give up:
/// while a primary's death is looked into, a formation is blocked for a moment and goes on.
inline constexpr Duration kBlockedPatience{3'000};

enum class DryRun { none, client, server };
enum class Waiting { no, yes };
/// What becomes of fields of a file that nobody knows.
enum class Validate { strict, warn, ignore };

struct ApplyOptions {
  std::string file{};
  DryRun dry_run = DryRun::none;
  Validate validate = Validate::strict;
  Waiting wait = Waiting::no;
  Duration timeout = kWaitTimeoutDefault;
  std::string output{};  ///< "", "yaml", "json" or "name".
  std::string plan{};    ///< The id that `hactl plan` gave: refuse when it is out of date.
};
Result<int> run_apply(Session& session, const ApplyOptions& options);

struct DiffOptions {
  std::string file{};
};
Result<int> run_diff(Session& session, const DiffOptions& options);

struct LintOptions {
  std::string file{};
  std::string output{};  ///< "" or "json".
};
/// 1 when anything is found.
Result<int> run_lint(Session& session, const LintOptions& options);

struct SimulateOptions {
  std::string file{};
  std::vector<std::string> kill{};  ///< "node/N", "region/R", "link/A~B".
  int matrix = 0;                   ///< Every set of up to so many losses instead; 0: none.
  std::string output{};             ///< "" or "json".
};
/// 1 when something does not survive.
Result<int> run_simulate(Session& session, const SimulateOptions& options);

struct ExplainOptions {
  std::string subject{};  ///< "formation.spec.regions", "HA003" or "durability".
  std::string object{};   ///< Of durability: "formation/NAME"; empty: the only one, or `file`.
  std::string file{};     ///< Of durability.
  bool recursive = false;
};
/// Of durability 1 when the formation does not have what it asks for.
Result<int> run_explain(Session& session, const ExplainOptions& options);

struct PlanOptions {
  std::string file{};  ///< Empty: what is still to do for the spec that is applied.
  std::string formation{};
  std::string output{};  ///< "" or "json".
};
Result<int> run_plan(Session& session, const PlanOptions& options);

struct GetOptions {
  enum class Watch { no, after_list, only };
  std::vector<std::string> targets{};  ///< "nodes", "node a b", "node/a"; see parse_targets().
  std::string formation{};
  std::string output{};  ///< See OutputFormat.
  std::string selector{};
  std::string field_selector{};
  std::string sort_by{};
  Watch watch = Watch::no;
  bool watch_events = false;  ///< Say with each change what it is.
  bool no_headers = false;
  bool ignore_not_found = false;
};
Result<int> run_get(Session& session, const GetOptions& options);

struct EventsOptions {
  std::string formation{};
  std::string about{};               ///< "node/paris-a"; empty: everything.
  std::vector<std::string> types{};  ///< "Normal", "Warning"; empty: both.
  GetOptions get{};                  ///< How they are shown.
};
Result<int> run_events(Session& session, const EventsOptions& options);

Result<int> run_api_resources(Session& session, const std::string& output);

struct DescribeOptions {
  std::vector<std::string> targets{};
  std::string formation{};
};
Result<int> run_describe(Session& session, const DescribeOptions& options);

struct EditOptions {
  std::vector<std::string> targets{};
  std::string editor{};  ///< A command; the file's name is added to it.
  bool output_patch = false;
};
/// Opens the formation in an editor, until what was written is taken or given up.
Result<int> run_edit(Session& session, const EditOptions& options);

struct PatchOptions {
  std::vector<std::string> targets{};
  std::string formation{};
  std::string type = "merge";  ///< "merge" or "json".
  std::string patch{};
  std::string patch_file{};
  DryRun dry_run = DryRun::none;
  std::string output{};  ///< "", "yaml", "json" or "name".
};
Result<int> run_patch(Session& session, const PatchOptions& options);

struct SetOptions {
  std::vector<std::string> words{};  ///< The type and name, then "key=value" or "key-".
  std::string formation{};
  DryRun dry_run = DryRun::none;
};
Result<int> run_set(Session& session, const SetOptions& options);

enum class Marking { labels, annotations };

struct LabelOptions {
  Marking marking = Marking::labels;
  std::vector<std::string> words{};  ///< The type and name, then "key=value" or "key-".
  bool overwrite = false;
  bool list = false;
  DryRun dry_run = DryRun::none;
};
Result<int> run_label(Session& session, const LabelOptions& options);

enum class Maintenance { cordon, uncordon, drain };

struct MaintenanceOptions {
  Maintenance what = Maintenance::cordon;
  std::vector<std::string> targets{};
  std::string formation{};
  DryRun dry_run = DryRun::none;
  Duration timeout = kWaitTimeoutDefault;
};
Result<int> run_maintenance(Session& session, const MaintenanceOptions& options);

struct WhyOptions {
  Resource resource = Resource::formation;  ///< Or node.
  std::string name{};
  std::string formation{};  ///< The node's.
  std::string at{};         ///< RFC 3339, or a duration ago; empty: now.
  std::string output{};     ///< "" or "json".
};
Result<int> run_why(Session& session, const WhyOptions& options);

struct ReplayOptions {
  std::string event{};  ///< Its name; or
  std::string file{};   ///< a file with it, as `hactl get event NAME -o json` prints it.
  std::string formation{};
  std::string output{};  ///< "" or "json".
};
/// 1 when another answer comes out.
Result<int> run_replay(Session& session, const ReplayOptions& options);

struct WaitOptions {
  std::vector<std::string> targets{};
  std::string formation{};
  /// "condition=Durable=False", "jsonpath={.status.phase}=stable", "delete" or "create"; each must
  /// hold after the one before it.
  std::vector<std::string> conditions{};
  Duration timeout = kWaitVerbTimeoutDefault;
};
Result<int> run_wait(Session& session, const WaitOptions& options);

struct RolloutHistoryOptions {
  std::vector<std::string> targets{};
  std::uint64_t revision = 0;  ///< Only this one, whole; 0: all of them.
  std::string output{};        ///< "", "yaml" or "json".
};
Result<int> run_rollout_history(Session& session, const RolloutHistoryOptions& options);

struct RolloutUndoOptions {
  std::vector<std::string> targets{};
  std::uint64_t to_revision = 0;  ///< 0: the one before the present one.
  DryRun dry_run = DryRun::none;
};
Result<int> run_rollout_undo(Session& session, const RolloutUndoOptions& options);

struct RolloutStatusOptions {
  std::vector<std::string> targets{};
  std::uint64_t revision = 0;  ///< The generation that must be the present one; 0: any.
  Waiting watch = Waiting::yes;
  Duration timeout{0};  ///< 0: for ever.
};
/// 1 also when it is blocked, or not done within the timeout.
Result<int> run_rollout_status(Session& session, const RolloutStatusOptions& options);

enum class RolloutAct { pause, resume, restart };

struct RolloutActOptions {
  RolloutAct what = RolloutAct::pause;
  std::vector<std::string> targets{};
};
Result<int> run_rollout_act(Session& session, const RolloutActOptions& options);

struct DeleteOptions {
  std::vector<std::string> targets{};
  std::string file{};
  Waiting wait = Waiting::yes;
  Duration timeout = kWaitTimeoutDefault;
  bool ignore_not_found = false;
  DryRun dry_run = DryRun::none;
  std::string output{};  ///< "" or "name".
  bool data = false;     ///< The nodes' data directories go as well.
};
Result<int> run_delete(Session& session, const DeleteOptions& options);

struct SwitchoverOptions {
  std::string formation{};
  std::string to{};
  std::string to_region{};
  Waiting wait = Waiting::no;
  Duration timeout = kWaitTimeoutDefault;
};
Result<int> run_switchover(Session& session, const SwitchoverOptions& options);

struct FailoverOptions {
  std::string formation{};
  std::string accept_data_loss{};  ///< A size such as "16MB", or "any"; empty: none.
  std::vector<std::string> assume_lost{};
  Duration timeout = kWaitTimeoutDefault;
};
/// Waits until the formation has refused, or has an open primary again.
Result<int> run_failover(Session& session, const FailoverOptions& options);

struct UriOptions {
  std::string formation{};
  bool read_only = false;
  std::string from{};
  std::string format = "libpq";
  bool with_password = false;
};
Result<int> run_uri(Session& session, const UriOptions& options);

struct PsqlOptions {
  std::string formation{};
  bool read_only = false;
  std::vector<std::string> arguments{};
};
/// Becomes psql; returns only on an error.
Result<int> run_psql(Session& session, const PsqlOptions& options);

Result<int> run_config_view(Session& session);

struct ContextsOptions {
  std::string name{};    ///< Empty: all of them.
  std::string output{};  ///< "" or "name".
  bool no_headers = false;
};
Result<int> run_config_get_contexts(Session& session, const ContextsOptions& options);
Result<int> run_config_current_context(Session& session);
Result<int> run_config_use_context(Session& session, const std::string& name);
/// Fields that are empty stay as they are.
Result<int> run_config_set_context(Session& session, const Context& context);

Result<int> run_config_delete_context(Session& session, const std::string& name);
struct RenameOptions {
  std::string from{};
  std::string to{};
};
Result<int> run_config_rename_context(Session& session, const RenameOptions& options);

/// Prints the shell's part of completion: "bash", "zsh" or "fish".
Result<int> run_completion(Session& session, const std::string& shell);

Result<int> run_version(Session& session);

}  // namespace hactl
