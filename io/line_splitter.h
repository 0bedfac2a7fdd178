// LineSplitter: cuts what arrives in pieces into lines.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace hactl {

class LineSplitter {
 public:
  /// `line_received` gets each line without its end ("\n" or "\r\n"); false means enough.
  explicit LineSplitter(std::function<bool(std::string_view)> line_received)
      : line_received_(std::move(line_received)) {}

  /// False when the receiver has had enough; the rest of `piece` is then dropped.
  bool feed(std::string_view piece) {
    while (!piece.empty()) {
      const std::size_t end = piece.find('\n');
      rest_.append(piece.substr(0, end));
      if (end == std::string_view::npos) return true;
      piece.remove_prefix(end + 1);
      if (!deliver()) return false;
    }
    return true;
  }

  /// Delivers the last line when it has no end.
  void flush() {
    if (!rest_.empty()) deliver();
  }

  /// The length of the line that is not yet complete.
  [[nodiscard]] std::size_t rest_bytes() const { return rest_.size(); }

 private:
  bool deliver() {
    std::string line = std::exchange(rest_, {});
    if (line.ends_with('\r')) line.pop_back();
    return line_received_(line);
  }

  std::function<bool(std::string_view)> line_received_;
  std::string rest_;
};

}  // namespace hactl
