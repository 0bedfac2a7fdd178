// Processes: started with nothing inherited, watched by pidfd, ended with their group. Everything
// here that blocks belongs on a worker thread; io/process_exit.h is the side for the scheduler's
// thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace hactl {

/// What is kept of a program's output: its end, where the error is.
inline constexpr std::size_t kProcessOutputBytesMax = std::size_t{64} << 10U;

/// Between SIGTERM and SIGKILL when a deadline has passed.
inline constexpr Duration kProcessTermTime = 2s;

/// What a process sees instead of the machine's own; only root can give it that. Its children see
/// the same.
struct ProcessView {
  std::string
      network{};       ///< File of a network namespace, as `ip netns add` makes them; empty: ours.
  std::string disk{};  ///< Directory that is seen in place of `disk_at`; empty: none.
  std::string disk_at{};  ///< Must be there.
};

/// What to start. Standard input is /dev/null, every other descriptor is closed, signals are reset.
struct ProcessSpec {
  std::vector<std::string> argv{};         ///< argv[0] is looked up in the PATH of `environment`.
  std::vector<std::string> environment{};  ///< "NAME=value", complete; nothing is inherited.
  std::string directory{};                 ///< Working directory; empty: ours.
  std::string output_file{};  ///< Output and errors are appended here; empty: captured.
  bool own_session = false;   ///< setsid(): it lives on when we are stopped.
  ProcessView view{};
};

/// How a process ended: an exit code, or a signal that is not 0.
struct ProcessOutput {
  int exit_code = 0;
  int signal = 0;
  std::string output{};  ///< The last kProcessOutputBytesMax of it, when captured.

  [[nodiscard]] bool succeeded() const { return exit_code == 0 && signal == 0; }
};

/// Runs a program to its end; when `deadline` has passed its process group gets SIGTERM and, after
/// kProcessTermTime, SIGKILL, and the error is timed_out. Blocks. Errors: not_found (the program),
/// unavailable (fork). A program that ran and failed is no error.
Result<ProcessOutput> run_process(const ProcessSpec& spec, Duration deadline);

/// Starts a program in a process group of its own and returns at once; the caller reaps it. Output
/// that is not sent to a file goes to /dev/null. An error of exec is seen here, as for
/// run_process().
Result<pid_t> spawn_process(const ProcessSpec& spec);

/// The wait status of a child that has ended, which it removes; nullopt while it runs or when it is
/// not our child. To be read with WIFEXITED and the like.
std::optional<int> reap(pid_t pid);

/// A hold on one process, ours or not, that no reuse of its pid can deceive.
class ProcessWatch {
 public:
  /// Errors: not_found when there is no such process.
  static Result<ProcessWatch> open(pid_t pid);

  ProcessWatch(ProcessWatch&& other) noexcept;
  ProcessWatch& operator=(ProcessWatch&& other) noexcept;
  ~ProcessWatch();

  /// True when it has ended (it may still be a zombie).
  [[nodiscard]] bool ended() const;

  /// Waits; false when it still runs after `limit`. Blocks.
  [[nodiscard]] Result<bool> wait(Duration limit) const;

  /// Sends a signal to exactly this process. Errors: not_found when it is gone, forbidden.
  [[nodiscard]] Result<Done> send_signal(int signal) const;

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// The pidfd, readable when the process has ended; stays owned by this object.
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  ProcessWatch(pid_t pid, int descriptor) : pid_(pid), descriptor_(descriptor) {}

  pid_t pid_ = 0;
  int descriptor_ = -1;
};

enum class ProcessState { absent, running, zombie };

/// What a pid is now. A process may end right after.
ProcessState state_of(pid_t pid);

/// The working directory of a live process; nullopt when it has none or we may not look.
std::optional<std::string> process_directory(pid_t pid);

/// The program file of a live process; nullopt as above.
std::optional<std::string> process_program(pid_t pid);

/// True when any live process has `directory` (symbolic links resolved) as its working directory.
bool process_uses_directory(const std::string& directory);

/// Becomes `user` for good, with that user's groups; then checks that there is no way back. Does
/// nothing when we are that user already. Errors: not_found, forbidden.
Result<Done> switch_to_user(const std::string& user);

/// Keeps the heap small in a daemon of few threads: one arena, memory given back early. Called
/// first in main.
void limit_memory();

}  // namespace hactl
