#include "agent/postmaster.h"

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "agent/pg_programs.h"
#include "io/file.h"
#include "io/log.h"
#include "io/process.h"

namespace hactl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSmallFileBytesMax = std::size_t{64} << 10U;
constexpr std::size_t kLogBytesMax = std::size_t{16} << 20U;
constexpr Duration kLookStep = 5ms;
constexpr Duration kReceiverLookStep = 2ms;
constexpr std::string_view kServerProgram = "postgres";
constexpr std::string_view kReceiverTitle = "walreceiver";
constexpr std::string_view kReplayTitle = "startup";
/// Who still has something to do when the last checkpoint is written.
constexpr std::array<std::string_view, 3> kLastTitles{"checkpointer", "walsender", "archiver"};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

template <typename Number>
Number number_in(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string proc_path(pid_t pid, std::string_view name) {
  return "/proc/" + std::to_string(pid) + "/" + std::string(name);
}

bool is_server(pid_t pid) {
  const std::optional<std::string> program = process_program(pid);
  if (!program) return false;
  // After an upgrade the link reads "…/postgres (deleted)".
  return program->substr(program->rfind('/') + 1).starts_with(kServerProgram);
}

/// Removes a lock file whose owner is gone but for its entry in the process table: PostgreSQL asks
/// only whether the pid exists, and would refuse to start. Requires that no server process lives.
Result<Done> remove_stale_lock(const std::string& path, const std::string& data_directory) {
  const Result<std::string> text = read_file(path, kSmallFileBytesMax);
  if (!text.ok()) return Done{};
  const std::vector<std::string> lines = lines_of(*text);
  if (lines.size() < 2 || lines[1] != data_directory) return Done{};
  // PostgreSQL itself removes one whose pid does not exist, and then looks at the shared memory.
  if (state_of(number_in<pid_t>(lines[0])) == ProcessState::absent) return Done{};
  return remove_file(path);
}

Result<Done> remove_stale_locks(const std::string& data_directory) {
  const std::string pid_file = data_directory + "/postmaster.pid";
  const Result<std::string> text = read_file(pid_file, kSmallFileBytesMax);
  const std::vector<std::string> lines = text.ok() ? lines_of(*text) : std::vector<std::string>();
  if (lines.size() >= 5 && !lines[4].empty()) {
    const std::string lock = lines[4] + "/.s.PGSQL." + lines[3] + ".lock";
    if (Result<Done> done = remove_stale_lock(lock, data_directory); !done.ok()) return done;
  }
  return remove_stale_lock(pid_file, data_directory);
}

std::string log_file(const AgentPaths& paths) {
  return paths.state_directory + "/postgres.log";
}

std::uint64_t log_bytes(const AgentPaths& paths) {
  std::error_code problem;
  const std::uintmax_t bytes = std::filesystem::file_size(log_file(paths), problem);
  return problem ? 0 : bytes;
}

/// One earlier log is kept.
void rotate_log(const AgentPaths& paths) {
  if (log_bytes(paths) <= kLogBytesMax) return;
  const std::string file = log_file(paths);
  // Without the rename the log goes on in the long file, which does no harm.
  static_cast<void>(std::rename(file.c_str(), (file + ".1").c_str()));
}

/// Why the server ended, from what it logged since `offset`.
Error start_error(const AgentPaths& paths, const std::string& data_directory,
                  std::uint64_t offset) {
  const std::string doing = "start PostgreSQL on " + data_directory + ": ";
  const Result<std::string> log = read_file(log_file(paths), 2 * kLogBytesMax);
  if (!log.ok()) return log.error().within("start PostgreSQL on " + data_directory);
  std::string last = "it ended without a word, see " + log_file(paths);
  std::string address;
  for (const std::string& line :
       lines_of(std::string_view(*log).substr(std::min<std::size_t>(offset, log->size())))) {
    for (const std::string_view mark : {"FATAL:  ", "PANIC:  "}) {
      const std::size_t at = line.find(mark);
      if (at != std::string::npos) last = line.substr(at + mark.size());
    }
    if (line.find("Address already in use") != std::string::npos) {
      address = line.substr(line.find("could not bind"));
    }
  }
  if (!address.empty()) {
    return Error{ErrorCode::unavailable, doing + "another program uses its port (" + address + ")"};
  }
  return Error{ErrorCode::unavailable, doing + last};
}

/// `each_look` is called as long as there is something to wait for.
bool wait_until_gone(const std::string& data_directory, Duration limit,
                     const std::function<void(pid_t postmaster)>& each_look = {}) {
  const auto until = Clock::now() + limit;
  while (true) {
    const std::optional<RunningPostmaster> running = find_postmaster(data_directory);
    const std::vector<pid_t> pids =
        running ? std::vector<pid_t>{running->pid} : server_processes(data_directory);
    if (pids.empty()) return true;
    if (Clock::now() >= until) return false;
    if (running && each_look) each_look(running->pid);
    const Result<ProcessWatch> watch = ProcessWatch::open(pids.front());
    if (watch.ok()) static_cast<void>(watch->wait(kLookStep));
    if (running) reap(running->pid);
  }
}

void signal_all(const std::vector<pid_t>& pids, int signal, const std::string& directory) {
  for (const pid_t pid : pids) {
    // Looked at again while it is held, so that no other process gets the signal.
    const Result<ProcessWatch> watch = ProcessWatch::open(pid);
    if (watch.ok() && process_works_in(pid, directory)) {
      static_cast<void>(watch->send_signal(signal));
    }
  }
}

}  // namespace

bool process_works_in(pid_t pid, const std::string& directory) {
  struct stat wanted {};
  struct stat used {};
  // A zombie has no working directory any more, so stat() fails for it.
  return stat(directory.c_str(), &wanted) == 0 && stat(proc_path(pid, "cwd").c_str(), &used) == 0 &&
         used.st_dev == wanted.st_dev && used.st_ino == wanted.st_ino;
}

std::vector<pid_t> processes_in(const std::string& directory) {
  std::vector<pid_t> pids;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry("/proc", problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const std::string name = entry->path().filename().string();
    const auto pid = number_in<pid_t>(name);
    if (pid > 0 && process_works_in(pid, directory)) pids.push_back(pid);
  }
  return pids;
}

std::vector<pid_t> server_processes(const std::string& data_directory) {
  std::vector<pid_t> pids = processes_in(data_directory);
  // A shell that stands in the directory is no server.
  std::erase_if(pids, [](pid_t pid) { return !is_server(pid); });
  return pids;
}

std::optional<RunningPostmaster> find_postmaster(const std::string& data_directory) {
  const Result<std::string> text =
      read_file(data_directory + "/postmaster.pid", kSmallFileBytesMax);
  if (!text.ok()) return std::nullopt;
  const std::vector<std::string> lines = lines_of(*text);
  if (lines.empty()) return std::nullopt;
  RunningPostmaster found{.pid = number_in<pid_t>(lines[0])};
  if (found.pid <= 0 || !process_works_in(found.pid, data_directory) || !is_server(found.pid)) {
    return std::nullopt;
  }
  if (lines.size() >= 5) {
    found.port = number_in<std::uint16_t>(lines[3]);
    found.socket_directory = lines[4];
  }
  found.ready = lines.size() >= 8 && lines[7].starts_with("ready");
  found.stopping = lines.size() >= 8 && lines[7].starts_with("stopping");
  return found;
}

namespace {

Result<std::vector<pid_t>> children_titled(pid_t postmaster, std::string_view what) {
  const std::string pid = std::to_string(postmaster);
  const Result<std::string> children =
      read_file(proc_path(postmaster, "task/" + pid + "/children"), kLogBytesMax);
  if (!children.ok()) return children.error();
  std::vector<pid_t> found;
  std::string_view text = *children;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto child = number_in<pid_t>(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const Result<std::string> title = read_file(proc_path(child, "cmdline"), kSmallFileBytesMax);
    if (title.ok() && title->find(what) != std::string::npos) found.push_back(child);
  }
  return found;
}

/// Of a server that has written its last checkpoint: nobody needs it any more.
bool is_done(pid_t postmaster) {
  return std::ranges::all_of(kLastTitles, [&](std::string_view title) {
    const Result<std::vector<pid_t>> busy = children_titled(postmaster, title);
    return busy.ok() && busy->empty();
  });
}

/// Ends a server that stops when all that is left of it are clients that knock. It would wait for
/// each of them, a minute for one that says nothing, and have standbys that look for it begin in
/// vain what costs them much.
class Hastener {
 public:
  Hastener(const std::string& directory, const std::function<bool()>& has_shut_down)
      : directory_(directory), has_shut_down_(has_shut_down) {}

  void look(pid_t postmaster) {
    if (looks_ < kLooksToBeSure) {
      looks_ = has_shut_down_ && has_shut_down_() && is_done(postmaster) ? looks_ + 1 : 0;
      if (looks_ < kLooksToBeSure) return;
      log_info("PostgreSQL has shut down but for clients that knock: ending it");
      signal_all({postmaster}, SIGQUIT, directory_);
    }
    // It takes no more of them now, and does not tell those that it has.
    const Result<std::vector<pid_t>> knocking = children_titled(postmaster, "");
    if (knocking.ok()) signal_all(*knocking, SIGQUIT, directory_);
  }

 private:
  /// The list of a process that is losing children may lack one of the others.
  static constexpr int kLooksToBeSure = 2;

  const std::string& directory_;
  const std::function<bool()>& has_shut_down_;
  int looks_ = 0;
};

/// Holds the process while it is looked at again, so that no other one gets the signal. Unset: it
/// is no child of that title any more.
std::optional<ProcessWatch> signal_child(pid_t postmaster, pid_t child, std::string_view title,
                                         int signal) {
  Result<ProcessWatch> watch = ProcessWatch::open(child);
  const Result<std::vector<pid_t>> still = children_titled(postmaster, title);
  if (!watch.ok() || !still.ok() || std::ranges::count(*still, child) == 0) return std::nullopt;
  if (!watch->send_signal(signal).ok()) return std::nullopt;
  return std::move(*watch);
}

}  // namespace

Result<bool> end_receivers(pid_t postmaster) {
  const Result<std::vector<pid_t>> receivers = children_titled(postmaster, kReceiverTitle);
  if (!receivers.ok()) {
    // The postmaster itself has gone, and its children with it.
    if (state_of(postmaster) != ProcessState::running) return true;
    return receivers.error();
  }
  for (const pid_t pid : *receivers) {
    const auto told = signal_child(postmaster, pid, kReceiverTitle, SIGTERM);
    if (told) static_cast<void>(told->wait(kReceiverLookStep));
  }
  return receivers->empty();
}

void wake_replay(const std::string& data_directory) {
  const std::optional<RunningPostmaster> running = find_postmaster(data_directory);
  if (!running) return;
  const Result<std::vector<pid_t>> replaying = children_titled(running->pid, kReplayTitle);
  if (!replaying.ok()) return;
  for (const pid_t pid : *replaying)
    static_cast<void>(signal_child(running->pid, pid, kReplayTitle, SIGHUP));
}

Result<pid_t> start_postmaster(const std::string& data_directory, const AgentPaths& paths,
                               const std::function<bool()>& ready,
                               const std::atomic<bool>& stopping) {
  if (!server_processes(data_directory).empty()) {
    return Error{ErrorCode::conflict, "start PostgreSQL on " + data_directory +
                                          ": processes of an earlier server still live"};
  }
  if (Result<Done> done = remove_stale_locks(data_directory); !done.ok()) return done.error();
  rotate_log(paths);
  const std::uint64_t offset = log_bytes(paths);
  const Result<pid_t> pid =
      spawn_process({.argv = {paths.bin_directory + "/postgres", "-D", data_directory},
                     .environment = postgres_environment(paths),
                     .directory = data_directory,
                     .output_file = log_file(paths),
                     .own_session = true});
  if (!pid.ok()) return pid;
  const Result<ProcessWatch> watch = ProcessWatch::open(*pid);
  if (!watch.ok()) return watch.error();
  const auto until = Clock::now() + kStartWait;
  while (!watch->ended() && Clock::now() < until && !stopping.load()) {
    if (ready()) return pid;
    static_cast<void>(watch->wait(kLookStep));
  }
  if (!watch->ended()) return pid;
  reap(*pid);
  return start_error(paths, data_directory, offset);
}

Result<Done> stop_postmaster(const std::string& data_directory, const StopOrder& order) {
  const std::optional<RunningPostmaster> running = find_postmaster(data_directory);
  if (!running && server_processes(data_directory).empty()) return Done{};
  const auto signal = [&](int number) {
    if (running) signal_all({running->pid}, number, data_directory);
  };
  if (order.mode == action::Stop::Mode::fast) {
    Hastener hastener(data_directory, order.has_shut_down);
    const auto hasten = [&](pid_t postmaster) { hastener.look(postmaster); };
    signal(SIGINT);
    const Duration patience = order.expendable.empty() ? kFastStopTime : kExpendableTime;
    if (wait_until_gone(data_directory, patience, hasten)) return Done{};
    // PostgreSQL waits until every standby has confirmed the last WAL, however long one hangs.
    signal_all(order.expendable, SIGTERM, data_directory);
    const bool goes_on = !order.expendable.empty();
    if (goes_on && wait_until_gone(data_directory, kFastStopTime, hasten)) return Done{};
  }
  signal(SIGQUIT);
  if (wait_until_gone(data_directory, kImmediateStopTime)) return Done{};
  signal_all(server_processes(data_directory), SIGKILL, data_directory);
  if (wait_until_gone(data_directory, kKillTime)) return Done{};
  return Error{ErrorCode::timed_out,
               "stop PostgreSQL on " + data_directory + ": processes live on after SIGKILL"};
}

Result<Done> reload_postmaster(const std::string& data_directory) {
  const std::optional<RunningPostmaster> running = find_postmaster(data_directory);
  if (running) signal_all({running->pid}, SIGHUP, data_directory);
  return Done{};
}

}  // namespace hactl
