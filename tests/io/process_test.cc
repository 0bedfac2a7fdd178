#include "io/process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include <gtest/gtest.h>

#include "io/asio_scheduler.h"
#include "io/file.h"
#include "io/process_exit.h"
#include "tests/io/temporary_directory.h"

namespace hactl {
namespace {

constexpr Duration kLong = 30s;

ProcessSpec shell(const std::string& script) {
  ProcessSpec spec;
  spec.argv = {"sh", "-c", script};
  spec.environment = {"PATH=/usr/bin:/bin", "NAME=value"};
  return spec;
}

/// A child that runs until it is killed, at the latest when the test ends.
class Sleeper {
 public:
  explicit Sleeper(const std::string& directory = "") {
    ProcessSpec spec;
    spec.argv = {"sleep", "1000"};
    spec.environment = {"PATH=/usr/bin:/bin"};
    spec.directory = directory;
    pid_ = spawn_process(spec).value();
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    if (pid_ == 0) return;
    stop();
    waitpid(pid_, nullptr, 0);
  }

  void stop() const { kill(pid_, SIGKILL); }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

TEST(Process, TellsItsOutputAndExitCode) {
  const ProcessOutput output =
      run_process(shell("echo $NAME; echo errors >&2; exit 7"), kLong).value();
  EXPECT_EQ(output.output, "value\nerrors\n");
  EXPECT_EQ(output.exit_code, 7);
  EXPECT_EQ(output.signal, 0);
  EXPECT_FALSE(output.succeeded());
}

TEST(Process, InheritsNoEnvironmentAndNoDescriptors) {
  const ProcessOutput output = run_process(shell("env; ls /proc/self/fd | wc -w"), kLong).value();
  EXPECT_EQ(output.output.find("HOME="), std::string::npos) << output.output;
  // 0, 1, 2 and the one by which ls reads the directory.
  EXPECT_TRUE(output.output.ends_with("4\n")) << output.output;
}

TEST(Process, HasDefaultSignalsWhateverOursAre) {
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGTERM, &ignore, &before);
  const ProcessOutput output = run_process(shell("kill -TERM $$; echo survived"), kLong).value();
  sigaction(SIGTERM, &before, nullptr);
  EXPECT_EQ(output.signal, SIGTERM);
}

TEST(Process, RunsInItsDirectoryWithItsOutputAppended) {
  const TemporaryDirectory directory;
  ProcessSpec spec = shell("pwd");
  spec.directory = directory.path();
  spec.output_file = directory.file("log");
  ASSERT_TRUE(write_file_atomically(spec.output_file, "before\n", 0600).ok());
  EXPECT_EQ(run_process(spec, kLong).value().output, "");
  EXPECT_EQ(read_file(spec.output_file, 1000).value(), "before\n" + directory.path() + "\n");
}

TEST(Process, ThatDoesNotExistIsNotFound) {
  ProcessSpec spec;
  spec.argv = {"no-such-program"};
  const Result<ProcessOutput> output = run_process(spec, kLong);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().code, ErrorCode::not_found);
  EXPECT_EQ(output.error().message, "start no-such-program: no such file or directory");
}

TEST(Process, OutputBeyondTheLimitKeepsItsEnd) {
  const ProcessOutput output = run_process(shell("seq 1 50000; echo end"), kLong).value();
  EXPECT_EQ(output.output.size(), kProcessOutputBytesMax);
  EXPECT_TRUE(output.output.ends_with("50000\nend\n"));
}

TEST(Process, PastItsDeadlineIsEndedWithItsChildren) {
  const TemporaryDirectory directory;
  ProcessSpec spec = shell("sleep 1000 & echo started; wait");
  spec.directory = directory.path();
  const Result<ProcessOutput> output = run_process(spec, 100ms);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().code, ErrorCode::timed_out);
  EXPECT_EQ(output.error().message,
            "run sh: still running after 100 ms, ended it; its output: started\n");
}

TEST(Process, ThatIgnoresSigtermIsKilled) {
  const Result<ProcessOutput> output =
      run_process(shell("trap '' TERM; while :; do sleep 1000; done"), 50ms);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().code, ErrorCode::timed_out);
}

TEST(Process, WhoseChildKeepsThePipeOpenIsNotWaitedFor) {
  const ProcessOutput output = run_process(shell("sleep 1000 & echo $!; echo done"), kLong).value();
  EXPECT_TRUE(output.output.ends_with("done\n"));
  kill(static_cast<pid_t>(std::stol(output.output)), SIGKILL);
}

TEST(Process, SpawnedIsWatchedAndReaped) {
  const Sleeper sleeper;
  const ProcessWatch watch = ProcessWatch::open(sleeper.pid()).value();
  EXPECT_FALSE(watch.ended());
  EXPECT_FALSE(watch.wait(1ms).value());
  EXPECT_EQ(state_of(sleeper.pid()), ProcessState::running);
  EXPECT_EQ(reap(sleeper.pid()), std::nullopt);
  ASSERT_TRUE(watch.send_signal(SIGTERM).ok());
  EXPECT_TRUE(watch.wait(kLong).value());
  EXPECT_TRUE(watch.ended());
  EXPECT_EQ(state_of(sleeper.pid()), ProcessState::zombie);
  const std::optional<int> status = reap(sleeper.pid());
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(WTERMSIG(*status), SIGTERM);
  EXPECT_EQ(state_of(sleeper.pid()), ProcessState::absent);
  EXPECT_EQ(ProcessWatch::open(sleeper.pid()).error().code, ErrorCode::not_found);
  EXPECT_EQ(watch.send_signal(SIGTERM).error().code, ErrorCode::not_found);
}

TEST(Process, SpawnedIsInASessionOfItsOwnWhenAsked) {
  ProcessSpec spec = shell("exec sleep 1000");
  spec.own_session = true;
  const pid_t pid = spawn_process(spec).value();
  EXPECT_EQ(getsid(pid), pid);
  EXPECT_NE(getsid(0), pid);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

TEST(Process, UsesItsWorkingDirectoryUntilItEnds) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(process_uses_directory(directory.path()));
  const Sleeper sleeper(directory.path());
  EXPECT_TRUE(process_uses_directory(directory.path()));
  EXPECT_EQ(process_directory(sleeper.pid()), directory.path());
  EXPECT_TRUE(process_program(sleeper.pid()).value().ends_with("sleep"));
  sleeper.stop();
  EXPECT_TRUE(ProcessWatch::open(sleeper.pid()).value().wait(kLong).value());
  EXPECT_FALSE(process_uses_directory(directory.path())) << "a zombie counts as alive";
  EXPECT_FALSE(process_uses_directory("/nonexistent"));
}

TEST(Process, StaysTheUserThatItIs) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const pid_t pid = fork();
  if (pid == 0) {
    const bool switched = switch_to_user("nobody").ok() && switch_to_user("nobody").ok();
    _exit(switched && geteuid() != 0 && !switch_to_user("root").ok() ? 0 : 1);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(switch_to_user("no-such-user").error().message,
            "become user no-such-user: there is no such user");
}

TEST(ExitNotifier, HearsTheEndOfAProcess) {
  AsioScheduler scheduler;
  ExitNotifier notifier(scheduler);
  const Sleeper sleeper;
  ASSERT_TRUE(notifier.watch(sleeper.pid(), [&] { scheduler.stop(); }).ok());
  scheduler.post([&] { sleeper.stop(); });
  scheduler.run();
  EXPECT_EQ(state_of(sleeper.pid()), ProcessState::zombie);
}

TEST(ExitNotifier, HearsOfAProcessThatIsGoneAlready) {
  AsioScheduler scheduler;
  ExitNotifier notifier(scheduler);
  pid_t pid = 0;
  {
    const Sleeper sleeper;
    pid = sleeper.pid();
  }
  ASSERT_TRUE(notifier.watch(pid, [&] { scheduler.stop(); }).ok());
  scheduler.run();
}

TEST(ExitNotifier, HearsNothingOfAForgottenProcess) {
  AsioScheduler scheduler;
  ExitNotifier notifier(scheduler);
  bool heard = false;
  const Sleeper first;
  const Sleeper second;
  ASSERT_TRUE(notifier.watch(first.pid(), [&] { heard = true; }).ok());
  notifier.forget();
  ASSERT_TRUE(notifier.watch(first.pid(), [&] { heard = true; }).ok());
  ASSERT_TRUE(notifier.watch(second.pid(), [&] { scheduler.stop(); }).ok());
  scheduler.post([&] {
    first.stop();
    second.stop();
  });
  scheduler.run();
  EXPECT_FALSE(heard);
}

}  // namespace
}  // namespace hactl
