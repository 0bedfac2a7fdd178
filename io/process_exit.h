// ExitNotifier: hears on the scheduler when a process, ours or not, has ended.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>

#include "base/result.h"

namespace hactl {

class AsioScheduler;
class ProcessWatch;

/// Watches one process at a time. Used from tasks of `scheduler`, which outlives it.
class ExitNotifier {
 public:
  explicit ExitNotifier(AsioScheduler& scheduler);
  ExitNotifier(const ExitNotifier&) = delete;
  ExitNotifier& operator=(const ExitNotifier&) = delete;
  /// Forgets.
  ~ExitNotifier();

  /// Calls `ended` once, in a later task, when the process has ended (its status is still to be
  /// reaped) or when there is none with this pid. Replaces the watch before. Errors: unavailable.
  [[nodiscard]] Result<Done> watch(pid_t pid, std::function<void()> ended);

  /// The same for a process that is held already, which no reuse of its pid can deceive.
  [[nodiscard]] Result<Done> watch(const ProcessWatch& process, std::function<void()> ended);

  /// Ends the watch: the callback will not come.
  void forget();

 private:
  struct Impl;
  // Shared so that a wait that completes after forget() can see that.
  std::shared_ptr<Impl> impl_;
};

}  // namespace hactl
