#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "io/errno_error.h"
#include "io/file.h"
#include "io/process.h"

namespace hactl {
namespace {

/// /proc/PID/stat is one line of some hundred bytes.
constexpr std::size_t kStatBytesMax = std::size_t{16} << 10U;

std::string proc_path(pid_t pid, std::string_view name) {
  return "/proc/" + std::to_string(pid) + "/" + std::string(name);
}

std::optional<std::string> link_target(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = readlink(path.c_str(), target.data(), target.size());
  if (length < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(length));
}

std::optional<pid_t> pid_from(const std::string& name) {
  pid_t pid = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (problem != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return pid;
}

}  // namespace

Result<ProcessWatch> ProcessWatch::open(pid_t pid) {
  // glibc 2.36 has no pidfd_open() that does not need another header for its flags.
  const long descriptor = pid > 0 ? syscall(SYS_pidfd_open, pid, 0U) : -1;
  if (descriptor < 0) {
    return errno_error("watch process " + std::to_string(pid), pid > 0 ? errno : ESRCH);
  }
  return ProcessWatch(pid, static_cast<int>(descriptor));
}

ProcessWatch::ProcessWatch(ProcessWatch&& other) noexcept
    : pid_(other.pid_), descriptor_(std::exchange(other.descriptor_, -1)) {}

ProcessWatch& ProcessWatch::operator=(ProcessWatch&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

ProcessWatch::~ProcessWatch() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool ProcessWatch::ended() const {
  pollfd wait{descriptor_, POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&wait, 1, 0);
  } while (ready < 0 && errno == EINTR);
  return ready == 1;
}

Result<bool> ProcessWatch::wait(Duration limit) const {
  pollfd wait{descriptor_, POLLIN, 0};
  const auto milliseconds = std::clamp<std::int64_t>(limit.count(), 0, INT_MAX);
  const int ready = poll(&wait, 1, static_cast<int>(milliseconds));
  // A signal cuts the wait short; the caller asks again or gives up, as after the limit.
  if (ready < 0 && errno != EINTR) {
    return errno_error("wait for process " + std::to_string(pid_), errno);
  }
  return ready == 1;
}

Result<Done> ProcessWatch::send_signal(int signal) const {
  if (syscall(SYS_pidfd_send_signal, descriptor_, signal, nullptr, 0U) != 0) {
    return errno_error("signal process " + std::to_string(pid_), errno);
  }
  return Done{};
}

ProcessState state_of(pid_t pid) {
  const Result<std::string> line = read_file(proc_path(pid, "stat"), kStatBytesMax);
  if (pid <= 0 || !line.ok()) return ProcessState::absent;
  // "pid (name) S …"; the name may hold spaces and brackets itself.
  const std::size_t name_end = line->rfind(") ");
  if (name_end == std::string::npos || name_end + 2 >= line->size()) return ProcessState::absent;
  const char state = (*line)[name_end + 2];
  return state == 'Z' || state == 'X' ? ProcessState::zombie : ProcessState::running;
}

std::optional<std::string> process_directory(pid_t pid) {
  return link_target(proc_path(pid, "cwd"));
}

std::optional<std::string> process_program(pid_t pid) {
  return link_target(proc_path(pid, "exe"));
}

bool process_uses_directory(const std::string& directory) {
  struct stat wanted {};
  if (stat(directory.c_str(), &wanted) != 0) return false;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry("/proc", problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const std::optional<pid_t> pid = pid_from(entry->path().filename().string());
    struct stat used {};
    // A zombie has no working directory any more, so stat() fails for it.
    if (!pid.has_value() || stat(proc_path(*pid, "cwd").c_str(), &used) != 0) continue;
    if (used.st_dev == wanted.st_dev && used.st_ino == wanted.st_ino) return true;
  }
  return false;
}

}  // namespace hactl
