// Session: what every verb needs: the terminal, the configuration and the controller.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "hactl/api.h"
#include "hactl/config.h"
#include "hactl/terminal.h"
#include "hactl/warnings.h"

namespace hactl {

/// Exit codes of the program. `diff` and `plan` say 1 for "differs" and 2 for an error.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
/// Ended by SIGHUP, SIGINT or SIGTERM, as shells count it.
inline constexpr int kExitHungUp = 129;
inline constexpr int kExitInterrupted = 130;
inline constexpr int kExitTerminated = 143;

/// How long one request may take unless --request-timeout says otherwise.
inline constexpr Duration kRequestTimeoutDefault{30'000};

/// Options of every verb, and what the environment says.
struct GlobalOptions {
  std::string config_file{};  ///< HACTLCONFIG, or ~/.hactl/config.
  std::string context{};      ///< Empty: the configuration's current one.
  Duration request_timeout = kRequestTimeoutDefault;
  bool warnings_as_errors = false;
  std::string editor = "vi";  ///< HACTL_EDITOR, KUBE_EDITOR, VISUAL or EDITOR: a command.
};

/// The terminal outlives it. Connects when first asked to.
class Session {
 public:
  Session(Terminal& terminal, GlobalOptions options);

  Terminal& terminal() { return terminal_; }
  [[nodiscard]] const GlobalOptions& options() const { return options_; }

  /// Of the server, and of what the user wrote.
  Warnings& warnings() { return warnings_; }

  /// The context in use. Errors: not_found, invalid, with the line that users read.
  [[nodiscard]] Result<Context> context() const;

  /// The controller of the context in use; owned by the session.
  Result<Api*> api();

  /// The formation meant: `name`, or the only one there is.
  Result<std::string> formation_name(const std::string& name);

  /// formation_name() and its object.
  Result<FormationItem> formation(const std::string& name);

 private:
  Terminal& terminal_;
  GlobalOptions options_;
  Warnings warnings_;
  std::unique_ptr<Api> api_;
};

/// An error with the prefix that local errors have: "error: …".
Error local_error(std::string message);

}  // namespace hactl
