#include "io/process_spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/check.h"
#include "io/errno_error.h"
#include "io/file_descriptor.h"

namespace hactl {
namespace {

/// Descriptors are first moved here or above, so that none is overwritten on its way to 0…3.
constexpr int kSpareDescriptor = 16;
/// Where the child keeps the pipe that tells of a failed exec.
constexpr int kReportDescriptor = 3;
constexpr int kExecFailed = 127;

/// All that the child needs, built before the fork: between fork and exec nothing may allocate.
struct ExecPlan {
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* directory = nullptr;
  bool own_session = false;
  int network = -1;
  const char* disk = nullptr;
  const char* disk_at = nullptr;
  int null_device = -1;
  int output = -1;
  int report = -1;
};

/// argv[0] when it has a slash, else the first executable of that name in the environment's PATH.
std::string find_program(const ProcessSpec& spec) {
  const std::string& name = spec.argv.front();
  if (name.find('/') != std::string::npos) return name;
  constexpr std::string_view kPath = "PATH=";
  std::string_view path = "/usr/bin:/bin";
  for (const std::string& variable : spec.environment) {
    if (variable.starts_with(kPath)) path = std::string_view(variable).substr(kPath.size());
  }
  while (!path.empty()) {
    const std::string_view directory = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), directory.size() + 1));
    std::string candidate = std::string(directory) + "/" + name;
    if (!directory.empty() && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return name;
}

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  // execve() takes char* for reasons of history; it does not write.
  for (const std::string& text : strings) {
    pointers.push_back(const_cast<char*>(text.c_str()));  // NOLINT
  }
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void exec_failed(int report) {
  const int number = errno;
  [[maybe_unused]] const ssize_t written = write(report, &number, sizeof number);
  _exit(kExecFailed);
}

void reset_signals() {
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  // SIGKILL, SIGSTOP and the two that the C library keeps refuse; they are as they must be.
  for (int number = 1; number < NSIG; ++number)
    sigaction(number, &by_default, nullptr);
}

/// Takes the view of the plan; false with errno.
bool take_view(const ExecPlan& plan) {
  if (plan.network >= 0 && setns(plan.network, CLONE_NEWNET) != 0) return false;
  if (plan.disk == nullptr) return true;
  // What is mounted here must not be seen by others, while what others mount may be seen here.
  return unshare(CLONE_NEWNS) == 0 &&
         mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0 &&
         mount(plan.disk, plan.disk_at, nullptr, MS_BIND | MS_REC, nullptr) == 0;
}

/// The child's life until exec. Only async-signal-safe calls.
[[noreturn]] void become(const ExecPlan& plan) {
  const int report = fcntl(plan.report, F_DUPFD_CLOEXEC, kSpareDescriptor);
  const int output = fcntl(plan.output, F_DUPFD_CLOEXEC, kSpareDescriptor);
  const int null_device = fcntl(plan.null_device, F_DUPFD_CLOEXEC, kSpareDescriptor);
  if (report < 0) _exit(kExecFailed);
  if (output < 0 || null_device < 0 || !take_view(plan)) exec_failed(report);
  const bool connected = dup2(null_device, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
                         dup2(output, STDERR_FILENO) >= 0 &&
                         dup3(report, kReportDescriptor, O_CLOEXEC) >= 0;
  if (!connected) exec_failed(report);
  if (close_range(kReportDescriptor + 1, ~0U, 0) != 0) exec_failed(kReportDescriptor);
  if (plan.own_session ? setsid() < 0 : setpgid(0, 0) != 0) exec_failed(kReportDescriptor);
  if (plan.directory != nullptr && chdir(plan.directory) != 0) exec_failed(kReportDescriptor);
  reset_signals();
  sigset_t none;
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, nullptr) != 0) exec_failed(kReportDescriptor);
  execve(plan.program, plan.argv, plan.environment);
  exec_failed(kReportDescriptor);
}

/// Forks with all signals blocked, so that no handler of ours runs in the child.
pid_t fork_into(const ExecPlan& plan) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  if (pid == 0) become(plan);
  const int number = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = number;
  return pid;
}

/// The errno that the child reports; 0 when exec closed the pipe without a word.
int read_report(int descriptor) {
  int number = 0;
  ssize_t got = 0;
  do {
    got = read(descriptor, &number, sizeof number);
  } while (got < 0 && errno == EINTR);
  return got == sizeof number ? number : 0;
}

}  // namespace

Result<pid_t> fork_and_exec(const ProcessSpec& spec, int output) {
  HACTL_CHECK(!spec.argv.empty());
  const std::string doing = "start " + spec.argv.front();
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return errno_error(doing, errno);
  const FileDescriptor report_in(ends[0]);
  FileDescriptor report_out(ends[1]);
  const FileDescriptor null_device(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null_device.valid()) return errno_error(doing, errno);
  const ProcessView& view = spec.view;
  FileDescriptor network;
  if (!view.network.empty()) {
    network.reset(open(view.network.c_str(), O_RDONLY | O_CLOEXEC));
    if (!network.valid()) return errno_error(doing + " in network " + view.network, errno);
  }

  const std::string program = find_program(spec);
  const std::vector<char*> argv = pointers_to(spec.argv);
  const std::vector<char*> environment = pointers_to(spec.environment);
  const pid_t pid = fork_into(ExecPlan{
      .program = program.c_str(),
      .argv = argv.data(),
      .environment = environment.data(),
      .directory = spec.directory.empty() ? nullptr : spec.directory.c_str(),
      .own_session = spec.own_session,
      .network = network.get(),
      .disk = view.disk.empty() ? nullptr : view.disk.c_str(),
      .disk_at = view.disk_at.c_str(),
      .null_device = null_device.get(),
      .output = output,
      .report = report_out.get(),
  });
  if (pid < 0) return errno_error(doing, errno);
  report_out.reset();
  if (const int number = read_report(report_in.get()); number != 0) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return errno_error(doing, number);
  }
  return pid;
}

}  // namespace hactl
