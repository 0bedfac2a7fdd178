// ScreenLine: one line of a screen: words with ink, cut to the columns that there are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "hactl/terminal.h"

namespace hactl {

/// What words are written in. All of it reads the same without colour.
enum class Ink { plain, strong, faint, good, bad, warning };

/// Columns that a text takes. Wide characters count as one: a screen does not wrap.
std::size_t columns_of(std::string_view text);

/// At most `columns` of a text; what is cut off shows as an ellipsis.
std::string cut(std::string_view text, std::size_t columns);

/// The text in lines of at most `columns`, broken between words; at most `lines_max` of them, and
/// the last one is cut.
std::vector<std::string> folded(std::string_view text, std::size_t columns, std::size_t lines_max);

class ScreenLine {
 public:
  ScreenLine() = default;
  explicit ScreenLine(std::string_view text, Ink ink = Ink::plain) { add(text, ink); }

  /// Adds a text. Control characters, of whomever it comes from, become spaces.
  ScreenLine& add(std::string_view text, Ink ink = Ink::plain);
  /// Adds spaces until the line is `columns` long.
  ScreenLine& pad(std::size_t columns);

  [[nodiscard]] std::size_t columns() const { return columns_; }

  /// The line as it is written, cut to `columns`.
  [[nodiscard]] std::string text(std::size_t columns, Terminal::Colour colour) const;

 private:
  struct Words {
    std::string text{};
    Ink ink = Ink::plain;
  };
  std::vector<Words> words_{};
  std::size_t columns_ = 0;
};

}  // namespace hactl
