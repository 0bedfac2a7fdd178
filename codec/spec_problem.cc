#include "codec/spec_problem.h"

#include <algorithm>

namespace hactl {

std::string to_string(const SpecProblem& problem) {
  std::string text = problem.file;
  if (problem.line > 0) {
    text += (text.empty() ? "" : ":") + std::to_string(problem.line) + ":" +
            std::to_string(problem.column);
  }
  for (const std::string& part : {problem.field, problem.message}) {
    if (!part.empty()) text += (text.empty() ? "" : ": ") + part;
  }
  return text;
}

std::string to_string(const std::vector<SpecProblem>& problems) {
  std::string text;
  for (const SpecProblem& problem : problems) {
    text += (text.empty() ? "" : "\n") + to_string(problem);
  }
  return text;
}

std::string source_excerpt(std::string_view text, const SpecProblem& problem) {
  if (problem.line <= 0) return "";
  for (int line = 1; line < problem.line; ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  std::string_view source = text.substr(0, text.find('\n'));
  if (source.ends_with('\r')) source.remove_suffix(1);
  constexpr std::size_t kExcerptMax = 160;
  if (source.size() > kExcerptMax) return "";
  const auto column = static_cast<std::size_t>(std::max(problem.column, 1));
  // Tabs are kept, and a character is one column however many bytes it has, so that the caret
  // stands below what it points at.
  std::string below(source.substr(0, std::min(column - 1, source.size())));
  std::erase_if(below, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; });
  for (char& c : below)
    c = c == '\t' ? '\t' : ' ';
  return std::string(source) + "\n" + below + "^\n";
}

}  // namespace hactl
