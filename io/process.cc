#include "io/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "io/errno_error.h"
#include "io/file_descriptor.h"
#include "io/process_spawn.h"

namespace hactl {
namespace {

constexpr mode_t kOutputMode = 0640;
constexpr std::size_t kOutputStepBytes = std::size_t{16} << 10U;

/// What is read after the end: a pipe holds 64 KiB, or 1 MiB at most.
constexpr std::size_t kRestBytesMax = std::size_t{1} << 20U;

Result<FileDescriptor> open_output(const std::string& path) {
  const std::string file = path.empty() ? "/dev/null" : path;
  FileDescriptor output(
      open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, kOutputMode));
  if (!output.valid()) return errno_error("open " + file, errno);
  return output;
}

std::int64_t milliseconds_now() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

/// One run of a program whose output comes through a pipe.
class Run {
 public:
  Run(ProcessWatch process, FileDescriptor pipe)
      : process_(std::move(process)), pipe_(std::move(pipe)) {}

  /// Takes output until the process has ended or the limit has passed; true when it has ended.
  bool follow(Duration limit) {
    const std::int64_t until = milliseconds_now() + limit.count();
    while (true) {
      const std::int64_t left = std::clamp<std::int64_t>(until - milliseconds_now(), 0, INT32_MAX);
      const Ready ready = wait_for_either(static_cast<int>(left));
      if (ready.output) take_output();
      if (ready.end) {
        // Its own last words are in the pipe already; a grandchild may hold the pipe open for ever.
        take_rest();
        return true;
      }
      if (!ready.output && left == 0) return false;
    }
  }

  std::string output() {
    if (output_.size() > kProcessOutputBytesMax) {
      output_.erase(0, output_.size() - kProcessOutputBytesMax);
    }
    return std::move(output_);
  }

 private:
  struct Ready {
    bool end = false;
    bool output = false;
  };

  Ready wait_for_either(int milliseconds) const {
    // A negative descriptor is left out by poll().
    std::array<pollfd, 2> waits{{{process_.descriptor(), POLLIN, 0}, {pipe_.get(), POLLIN, 0}}};
    if (poll(waits.data(), waits.size(), milliseconds) <= 0) return {};
    return {.end = waits[0].revents != 0, .output = waits[1].revents != 0};
  }

  void take_rest() {
    bool more = pipe_.valid();
    // Bounded: a grandchild may write for ever.
    for (std::size_t taken = 0; more && taken < kRestBytesMax; taken += kOutputStepBytes) {
      more = take_output() && pipe_.valid();
    }
  }

  /// True when something was read.
  bool take_output() {
    std::array<char, kOutputStepBytes> step{};
    const ssize_t got = read(pipe_.get(), step.data(), step.size());
    if (got > 0) {
      output_.append(step.data(), static_cast<std::size_t>(got));
      if (output_.size() > 2 * kProcessOutputBytesMax) {
        output_.erase(0, output_.size() - kProcessOutputBytesMax);
      }
      return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) pipe_.reset();
    return false;
  }

  ProcessWatch process_;
  FileDescriptor pipe_;
  std::string output_;
};

int wait_status(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

struct OutputEnds {
  FileDescriptor for_us;  // Invalid when the output goes to a file.
  FileDescriptor for_child;
};

Result<OutputEnds> output_ends(const ProcessSpec& spec) {
  OutputEnds ends;
  if (!spec.output_file.empty()) {
    Result<FileDescriptor> file = open_output(spec.output_file);
    if (!file.ok()) return file.error();
    ends.for_child = std::move(file).value();
    return ends;
  }
  int pipe_ends[2] = {-1, -1};
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return errno_error("open a pipe", errno);
  ends.for_us.reset(pipe_ends[0]);
  ends.for_child.reset(pipe_ends[1]);
  // Only our end: the program's writes must block while we are slow.
  if (fcntl(ends.for_us.get(), F_SETFL, O_NONBLOCK) != 0) return errno_error("open a pipe", errno);
  return ends;
}

}  // namespace

Result<ProcessOutput> run_process(const ProcessSpec& spec, Duration deadline) {
  Result<OutputEnds> ends = output_ends(spec);
  if (!ends.ok()) return ends.error().within("start " + spec.argv.front());
  const Result<pid_t> pid = fork_and_exec(spec, ends->for_child.get());
  if (!pid.ok()) return pid.error();
  ends->for_child.reset();
  Result<ProcessWatch> watch = ProcessWatch::open(*pid);
  if (!watch.ok()) {
    kill(-*pid, SIGKILL);
    wait_status(*pid);
    return watch.error().within("run " + spec.argv.front());
  }
  Run run(std::move(watch).value(), std::move(ends->for_us));
  const bool in_time = run.follow(deadline);
  if (!in_time) {
    kill(-*pid, SIGTERM);
    const bool obeyed = run.follow(kProcessTermTime);
    // Until it is reaped its pid, and with it the group's number, cannot belong to others.
    kill(-*pid, SIGKILL);
    if (!obeyed) run.follow(kProcessTermTime);
  }
  const int status = wait_status(*pid);
  std::string output = run.output();
  if (!in_time) {
    return Error{ErrorCode::timed_out, "run " + spec.argv.front() + ": still running after " +
                                           std::to_string(deadline.count()) + " ms, ended it" +
                                           (output.empty() ? "" : "; its output: " + output)};
  }
  return ProcessOutput{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                       .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                       .output = std::move(output)};
}

Result<pid_t> spawn_process(const ProcessSpec& spec) {
  const Result<FileDescriptor> output = open_output(spec.output_file);
  if (!output.ok()) return output.error().within("start " + spec.argv.front());
  return fork_and_exec(spec, output->get());
}

std::optional<int> reap(pid_t pid) {
  int status = 0;
  // Not a group and not just any child: a pid that is not positive would mean that.
  if (pid <= 0 || waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  return status;
}

void limit_memory() {
  // Each thread would get an arena of its own, which keeps what it once needed.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, 64 << 10);
  // Set, so that it does not grow with the largest block ever freed.
  mallopt(M_MMAP_THRESHOLD, 64 << 10);
}

}  // namespace hactl
