#include "codec/warning_header.h"

namespace hactl {
namespace {

constexpr std::string_view kBegin = "299 - \"";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// At most kWarningBytesMax bytes, cut between characters, on one line.
std::string shown(std::string_view text) {
  constexpr std::string_view kCut = "...";
  std::string result(text);
  if (result.size() > kWarningBytesMax) {
    std::size_t end = kWarningBytesMax - kCut.size();
    while (end > 0 && (static_cast<unsigned char>(result[end]) & 0xC0U) == 0x80U)
      --end;
    result.resize(end);
    result += kCut;
  }
  for (char& c : result)
    c = is_control(c) ? ' ' : c;
  return result;
}

std::string quoted(std::string_view text) {
  std::string result(kBegin);
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

/// Takes the quoted text at the beginning of `rest` off, whose first quote is gone already.
std::string take_quoted(std::string_view& rest) {
  std::string text;
  while (!rest.empty() && rest.front() != '"') {
    if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
    text += rest.front();
    rest.remove_prefix(1);
  }
  return text;
}

}  // namespace

std::string warning_header(const std::vector<std::string>& warnings) {
  std::string header;
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    if (i > 0) header += ", ";
    const std::size_t left = warnings.size() - i;
    if (i + 1 == kWarningsMax && left > 1) {
      return header + quoted("and " + std::to_string(left) + " more warnings");
    }
    header += quoted(shown(warnings[i]));
  }
  return header;
}

std::vector<std::string> warnings_in(std::string_view header) {
  std::vector<std::string> warnings;
  while (warnings.size() < kWarningsMax) {
    const std::size_t begin = header.find(kBegin);
    if (begin == std::string_view::npos) return warnings;
    header.remove_prefix(begin + kBegin.size());
    warnings.push_back(shown(take_quoted(header)));
    if (!header.empty()) header.remove_prefix(1);
  }
  return warnings;
}

}  // namespace hactl
