// ScreenTerminal: the terminal while a screen is shown on it: its other buffer, without a cursor,
// and the signals that concern it. Whatever ends it, the terminal is as it was before.
#pragma once

#include <termios.h>

#include <optional>
#include <vector>

#include "base/time.h"
#include "hactl/screen.h"

namespace hactl {

/// One at a time: signals are the program's. Shows on standard output, reads keys from standard
/// input if that is a terminal too.
class ScreenTerminal {
 public:
  ScreenTerminal();
  ScreenTerminal(const ScreenTerminal&) = delete;
  ScreenTerminal& operator=(const ScreenTerminal&) = delete;
  ~ScreenTerminal();

  /// As the terminal says; 80x24 when it does not.
  [[nodiscard]] ScreenSize size() const;

  /// Shows the frame, in one write so that nothing flickers; nothing when it is shown already.
  /// False when the terminal is gone.
  bool show(const Frame& frame);

  /// What ends a wait.
  enum class Wake {
    nothing,      ///< The time has passed, or the size has changed.
    readable,     ///< The descriptor.
    quit,         ///< The key for it.
    interrupted,  ///< SIGINT.
    terminated,   ///< SIGTERM.
    hung_up,      ///< SIGHUP, or the terminal is gone.
  };
  /// Waits for `descriptor` to be readable, a key or a signal. Stops the program when it is told
  /// to, and shows everything anew when it goes on.
  Wake wait(int descriptor, Duration limit);

 private:
  void enter();
  void leave();
  void stop();
  [[nodiscard]] Wake signalled();
  [[nodiscard]] Wake key_pressed();

  std::optional<termios> before_;  ///< How standard input was set up.
  bool reads_keys_ = false;
  std::optional<Frame> shown_;
};

}  // namespace hactl
