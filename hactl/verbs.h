// The verbs: one options struct and one function each; a file a verb. Each returns the program's
// exit code, or the error whose message is the line that users read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "hactl/session.h"

namespace hactl {

/// How long `--wait` waits by default.
inline constexpr Duration kWaitTimeoutDefault{300'000};
/// How long `hactl wait` waits by default, as kubectl.
inline constexpr Duration kWaitVerbTimeoutDefault{30'000};

enum class DryRun { none, client, server };
enum class Waiting { no, yes };

struct ApplyOptions {
  std::string file{};
  DryRun dry_run = DryRun::none;
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
  std::string subject{};  ///< "formation.spec.regions" or "HA003".
  bool recursive = false;
};
Result<int> run_explain(Session& session, const ExplainOptions& options);

struct PlanOptions {
  std::string file{};  ///< Empty: what is still to do for the spec that is applied.
  std::string formation{};
  std::string output{};  ///< "" or "json".
};
Result<int> run_plan(Session& session, const PlanOptions& options);

enum class Resource { formation, node, event };

struct GetOptions {
  Resource resource = Resource::formation;
  std::string name{};
  std::string formation{};
  std::string output{};  ///< "", "table", "wide", "yaml", "json" or "name".
  bool watch = false;
  bool no_headers = false;
  std::string field_selector{};  ///< Of events: "involved=paris-a,type=Warning".
};
Result<int> run_get(Session& session, const GetOptions& options);

struct DescribeOptions {
  Resource resource = Resource::formation;
  std::string name{};
  std::string formation{};
};
Result<int> run_describe(Session& session, const DescribeOptions& options);

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
  std::string name{};
  std::string condition{};  ///< "condition=Converged", "condition=Durable=False", "delete".
  Duration timeout = kWaitVerbTimeoutDefault;
};
Result<int> run_wait(Session& session, const WaitOptions& options);

struct DeleteOptions {
  std::string name{};
  Waiting wait = Waiting::yes;
  Duration timeout = kWaitTimeoutDefault;
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
Result<int> run_config_get_contexts(Session& session);
Result<int> run_config_current_context(Session& session);
Result<int> run_config_use_context(Session& session, const std::string& name);
/// Fields that are empty stay as they are.
Result<int> run_config_set_context(Session& session, const Context& context);

Result<int> run_version(Session& session);

}  // namespace hactl
