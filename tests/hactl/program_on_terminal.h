// ProgramOnTerminal: the real hactl on a pseudo-terminal, and what a person would see there.
#pragma once

#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "hactl/screen_nodes.h"

namespace hactl {

class ProgramOnTerminal {
 public:
  /// Long enough for a busy machine; nothing waits that long when all is well.
  static constexpr std::chrono::seconds kPatience{30};

  ProgramOnTerminal(const std::string& config, std::vector<std::string> arguments,
                    ScreenSize size) {
    arguments.insert(arguments.begin(), "hactl");
    // Between fork and exec a program with threads may do next to nothing.
    std::vector<std::string> environment{"HACTLCONFIG=" + config, "TERM=xterm", "HOME=/"};
    std::vector<char*> words = pointers(arguments);
    std::vector<char*> variables = pointers(environment);
    winsize window = window_of(size);
    pid_ = forkpty(&master_, nullptr, nullptr, &window);
    HACTL_CHECK(pid_ >= 0);
    if (pid_ != 0) return;
    // A socket that it listens on by inheritance would outlive the test's controller.
    close_range(STDERR_FILENO + 1, ~0U, 0);
    execve(HACTL_PROGRAM, words.data(), variables.data());
    _exit(127);
  }
  ProgramOnTerminal(const ProgramOnTerminal&) = delete;
  ProgramOnTerminal& operator=(const ProgramOnTerminal&) = delete;
  ~ProgramOnTerminal() {
    if (!code_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(master_);
  }

  void type(std::string_view keys) const {
    EXPECT_EQ(write(master_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  void send(int number) const { EXPECT_EQ(kill(pid_, number), 0); }
  /// The terminal tells the program by itself.
  void resize(ScreenSize size) const {
    winsize window = window_of(size);
    EXPECT_EQ(ioctl(master_, TIOCSWINSZ, &window), 0);
  }

  /// Reads until `holds`, or until the program has ended or patience has.
  bool until(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!holds()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      pollfd source{master_, POLLIN, 0};
      if (left.count() <= 0 || poll(&source, 1, static_cast<int>(left.count())) <= 0) return false;
      std::array<char, 4096> bytes{};
      const ssize_t count = read(master_, bytes.data(), bytes.size());
      if (count <= 0) {
        closed_ = true;
        return holds();
      }
      output_.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return true;
  }
  bool until_shown(const std::string& text) {
    return until([&] { return shown().find(text) != std::string::npos; });
  }

  /// The exit code, once the program has ended; negative: not by itself.
  int exit_code() {
    until([] { return false; });  // The terminal closes with the program.
    if (!closed_) kill(pid_, SIGKILL);
    int status = 0;
    HACTL_CHECK(waitpid(pid_, &status, 0) == pid_);
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return *code_;
  }
  /// Waits for it to be stopped, as by Ctrl-Z.
  [[nodiscard]] bool until_stopped() const {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    int status = 0;
    while (waitpid(pid_, &status, WUNTRACED | WNOHANG) != pid_) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      sched_yield();
    }
    return WIFSTOPPED(status);
  }

  /// All that was written.
  [[nodiscard]] const std::string& output() const { return output_; }
  /// How often it has written `sequence`.
  [[nodiscard]] int count(std::string_view sequence) const {
    int found = 0;
    for (std::size_t at = output_.find(sequence); at != std::string::npos;
         at = output_.find(sequence, at + 1))
      ++found;
    return found;
  }
  /// The last whole frame, as text.
  [[nodiscard]] std::string shown() const {
    const std::size_t end = output_.rfind("\033[?2026l");
    if (end == std::string::npos) return {};
    const std::size_t start = output_.rfind("\033[?2026h", end);
    std::string text;
    for (std::size_t at = start; at < end; ++at) {
      if (output_[at] == '\033') {
        at = output_.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", at + 2);
      } else if (output_[at] != '\r') {
        text += output_[at];
      }
    }
    return text;
  }
  /// Whether the terminal shows what is typed, as a shell expects.
  [[nodiscard]] bool echoes() const {
    termios settings{};
    HACTL_CHECK(tcgetattr(master_, &settings) == 0);
    return (settings.c_lflag & ECHO) != 0 && (settings.c_lflag & ICANON) != 0;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts)
      result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  }
  static winsize window_of(ScreenSize size) {
    winsize window{};
    window.ws_col = static_cast<unsigned short>(size.columns);
    window.ws_row = static_cast<unsigned short>(size.rows);
    return window;
  }

  int master_ = -1;
  pid_t pid_ = -1;
  bool closed_ = false;
  std::optional<int> code_;
  std::string output_;
};

}  // namespace hactl
