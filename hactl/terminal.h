// Terminal: where a verb writes. Results go to out(), everything else to notes().
#pragma once

#include <ostream>

namespace hactl {

/// Refers to two streams that outlive it.
class Terminal {
 public:
  enum class Colour { never, allowed };
  /// What standard output is.
  enum class Output { stream, screen };

  Terminal(std::ostream& out, std::ostream& notes, Colour colour, Output output = Output::stream)
      : out_(out), notes_(notes), colour_(colour), output_(output) {}

  /// Standard output: results and nothing else.
  std::ostream& out() { return out_; }
  /// Standard error: progress, warnings, errors.
  std::ostream& notes() { return notes_; }
  /// Whether results may carry colour: standard output is a terminal and NO_COLOR is not set.
  [[nodiscard]] bool colour() const { return colour_ == Colour::allowed; }
  /// Whether standard output is a terminal whose cursor can be moved.
  [[nodiscard]] bool is_screen() const { return output_ == Output::screen; }

  /// Lets notes carry colour: standard error is a terminal and NO_COLOR is not set.
  void allow_colour_of_notes() { notes_colour_ = Colour::allowed; }
  [[nodiscard]] bool notes_colour() const { return notes_colour_ == Colour::allowed; }

 private:
  std::ostream& out_;
  std::ostream& notes_;
  Colour colour_ = Colour::never;
  Output output_ = Output::stream;
  Colour notes_colour_ = Colour::never;
};

}  // namespace hactl
