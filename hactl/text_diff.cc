#include "hactl/text_diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

namespace hactl {
namespace {

using Lines = std::vector<std::string_view>;

struct Edit {
  char kind = ' ';  // ' ' kept, '-' removed, '+' added.
  std::string_view line{};
};

Lines lines_of(std::string_view text) {
  Lines result;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    result.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return result;
}

// The differing middle of two texts whose common head and tail have been taken off.
void append_middle(const Lines& a, const Lines& b, std::vector<Edit>& edits) {
  const std::size_t columns = b.size() + 1;
  std::size_t i = 0;
  std::size_t j = 0;
  if ((a.size() + 1) * columns <= kDiffCellsMax) {
    // common[i][j]: length of the longest common subsequence of a[i..] and b[j..].
    std::vector<std::uint32_t> common((a.size() + 1) * columns, 0);
    for (std::size_t r = a.size(); r-- > 0;) {
      for (std::size_t c = b.size(); c-- > 0;) {
        common[r * columns + c] =
            a[r] == b[c] ? common[(r + 1) * columns + c + 1] + 1
                         : std::max(common[(r + 1) * columns + c], common[r * columns + c + 1]);
      }
    }
    while (i < a.size() && j < b.size()) {
      if (a[i] == b[j]) {
        edits.push_back({' ', a[i++]});
        ++j;
      } else if (common[(i + 1) * columns + j] >= common[i * columns + j + 1]) {
        edits.push_back({'-', a[i++]});
      } else {
        edits.push_back({'+', b[j++]});
      }
    }
  }
  for (; i < a.size(); ++i) {
    edits.push_back({'-', a[i]});
  }
  for (; j < b.size(); ++j) {
    edits.push_back({'+', b[j]});
  }
}

std::vector<Edit> edits_between(const Lines& a, const Lines& b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t head = 0;
  while (head < shorter && a[head] == b[head]) {
    ++head;
  }
  std::size_t tail = 0;
  while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) {
    ++tail;
  }
  const auto middle = [&](const Lines& lines) {
    return Lines(lines.begin() + static_cast<std::ptrdiff_t>(head),
                 lines.end() - static_cast<std::ptrdiff_t>(tail));
  };
  std::vector<Edit> edits;
  for (std::size_t i = 0; i < head; ++i) {
    edits.push_back({' ', a[i]});
  }
  append_middle(middle(a), middle(b), edits);
  for (std::size_t i = a.size() - tail; i < a.size(); ++i) {
    edits.push_back({' ', a[i]});
  }
  return edits;
}

// "12,3", or "12" for one line; an empty side names the line before it, as diff does.
std::string range_text(std::size_t lines_before, std::size_t count) {
  if (count == 1) return std::to_string(lines_before + 1);
  return fmt::format("{},{}", count == 0 ? lines_before : lines_before + 1, count);
}

// The end of the hunk that begins at `first`: changes closer than two contexts share one.
std::size_t hunk_end(const std::vector<Edit>& edits, std::size_t first) {
  std::size_t last_change = first;
  for (std::size_t i = first; i < edits.size() && i <= last_change + 2 * kDiffContextLines; ++i) {
    if (edits[i].kind != ' ') last_change = i;
  }
  return std::min(edits.size(), last_change + kDiffContextLines + 1);
}

}  // namespace

std::string unified_diff(const DiffSide& before, const DiffSide& after) {
  const std::vector<Edit> edits = edits_between(lines_of(before.text), lines_of(after.text));
  std::string result;
  std::size_t old_line = 0;
  std::size_t new_line = 0;
  std::size_t printed = 0;  // Edits that are counted in old_line and new_line.
  const auto count_until = [&](std::size_t end) {
    for (; printed < end; ++printed) {
      if (edits[printed].kind != '+') ++old_line;
      if (edits[printed].kind != '-') ++new_line;
    }
  };
  for (std::size_t i = 0; i < edits.size();) {
    if (edits[i].kind == ' ') {
      ++i;
      continue;
    }
    const std::size_t begin = i - std::min(i - printed, kDiffContextLines);
    const std::size_t end = hunk_end(edits, i);
    count_until(begin);
    const std::size_t old_before = old_line;
    const std::size_t new_before = new_line;
    count_until(end);
    if (result.empty()) result = fmt::format("--- {}\n+++ {}\n", before.name, after.name);
    result += fmt::format("@@ -{} +{} @@\n", range_text(old_before, old_line - old_before),
                          range_text(new_before, new_line - new_before));
    for (std::size_t k = begin; k < end; ++k) {
      result += fmt::format("{}{}\n", edits[k].kind, edits[k].line);
    }
    i = end;
  }
  return result;
}

}  // namespace hactl
