#include "hactl/screen_terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "base/check.h"

namespace hactl {
namespace {

// The other buffer, no cursor, no line that goes on in the next one; and back.
constexpr std::string_view kEnter = "\033[?1049h\033[?25l\033[?7l";
constexpr std::string_view kLeave = "\033[?7h\033[?25h\033[?1049l";
// A terminal that knows them shows what is between them at once; others pass them over.
constexpr std::string_view kBegin = "\033[?2026h\033[H";
constexpr std::string_view kEnd = "\033[?2026l";
// Before a line's text: behind one that reaches the last column they would erase its end.
constexpr std::string_view kClearLine = "\033[K";
constexpr std::string_view kClearBelow = "\033[J";

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP};

// Handlers may run on any thread, in the middle of anything: they only write the number.
int signal_pipe[2] = {-1, -1};
std::array<struct sigaction, kSignals.size()> former_actions;

void note_signal(int number) {
  const int error = errno;
  const auto byte = static_cast<char>(number);
  // A full pipe holds what wakes the reader already.
  static_cast<void>(!write(signal_pipe[1], &byte, 1));
  errno = error;
}

void catch_signals() {
  HACTL_CHECK(signal_pipe[0] == -1 && pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) == 0);
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals.at(i), &action, &former_actions.at(i));
  }
}

void release_signals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals.at(i), &former_actions.at(i), nullptr);
  }
  for (int& end : signal_pipe) {
    close(end);
    end = -1;
  }
}

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (errno == EAGAIN) {
      pollfd writable{STDOUT_FILENO, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

ScreenTerminal::ScreenTerminal() : reads_keys_(isatty(STDIN_FILENO) != 0) {
  termios now{};
  if (reads_keys_ && tcgetattr(STDIN_FILENO, &now) == 0) before_ = now;
  catch_signals();
  enter();
}

ScreenTerminal::~ScreenTerminal() {
  leave();
  release_signals();
}

void ScreenTerminal::enter() {
  if (before_) {
    termios quiet = *before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
  }
  write_all(kEnter);
  shown_.reset();
}

void ScreenTerminal::leave() {
  write_all(kLeave);
  // What was typed meanwhile was not meant for whoever reads next.
  if (before_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &*before_);
}

ScreenSize ScreenTerminal::size() const {
  winsize window{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
  return known && window.ws_row > 0 ? ScreenSize{window.ws_col, window.ws_row} : ScreenSize{};
}

bool ScreenTerminal::show(const Frame& frame) {
  if (shown_ == frame) return true;
  std::string text(kBegin);
  for (std::size_t i = 0; i < frame.lines.size(); ++i) {
    if (i > 0) text += "\r\n";
    text += i + 1 < frame.lines.size() ? kClearLine : kClearBelow;
    text += frame.lines[i];
  }
  text += kEnd;
  shown_ = frame;
  return write_all(text);
}

ScreenTerminal::Wake ScreenTerminal::wait(int descriptor, Duration limit) {
  std::array<pollfd, 3> sources{{{signal_pipe[0], POLLIN, 0},
                                 {descriptor, POLLIN, 0},
                                 {reads_keys_ ? STDIN_FILENO : -1, POLLIN, 0}}};
  if (poll(sources.data(), sources.size(), static_cast<int>(limit.count())) <= 0) {
    return Wake::nothing;
  }
  if (sources[0].revents != 0) return signalled();
  if (sources[2].revents != 0) return key_pressed();
  return Wake::readable;
}

ScreenTerminal::Wake ScreenTerminal::signalled() {
  char number = 0;
  if (read(signal_pipe[0], &number, 1) != 1) return Wake::nothing;
  switch (number) {
    case SIGINT: return Wake::interrupted;
    case SIGTERM: return Wake::terminated;
    case SIGHUP: return Wake::hung_up;
    case SIGTSTP: stop(); break;
    case SIGWINCH: shown_.reset(); break;  // A terminal may have folded or cut what it showed.
    default: break;
  }
  return Wake::nothing;
}

ScreenTerminal::Wake ScreenTerminal::key_pressed() {
  std::array<char, 64> keys{};
  const ssize_t count = read(STDIN_FILENO, keys.data(), keys.size());
  if (count == 0 || (count < 0 && errno == EIO)) return Wake::hung_up;
  const std::string_view typed(keys.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
  return typed.find('q') == std::string_view::npos ? Wake::nothing : Wake::quit;
}

void ScreenTerminal::stop() {
  leave();
  raise(SIGSTOP);
  enter();
}

}  // namespace hactl
