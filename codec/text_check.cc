#include "codec/text_check.h"

#include <cstdint>
#include <cstdio>

namespace hactl {
namespace {

constexpr std::uint32_t kByteOrderMark = 0xFEFF;

/// One code point at the beginning of `text`; length 0: not UTF-8.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;
};

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return static_cast<unsigned char>(text[i]);
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead < 0xC2   ? 0U
                             : lead < 0xE0 ? 2U
                             : lead < 0xF0 ? 3U
                             : lead < 0xF5 ? 4U
                                           : 0U;
  if (length == 0 || text.size() < length) return {};
  std::uint32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  // Longer than needed, half of a pair, or beyond Unicode: other readers might see something else.
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  return overlong || surrogate || value > 0x10FFFF ? CodePoint{} : CodePoint{value, length};
}

bool is_control(std::uint32_t value) {
  if (value == '\t' || value == '\n' || value == '\r') return false;
  return value < 0x20 || (value >= 0x7F && value < 0xA0) || value == kByteOrderMark;
}

std::string code_name(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "U+%04X", static_cast<unsigned>(value));
  return text;
}

}  // namespace

std::optional<TextFault> find_text_fault(std::string_view text) {
  Mark mark{1, 1};
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = first_code_point(text.substr(at));
    if (point.length == 0) return TextFault{mark, "the file is not UTF-8"};
    if (is_control(point.value) && (point.value != kByteOrderMark || at != 0)) {
      return TextFault{mark,
                       "the control character " + code_name(point.value) + " is not accepted"};
    }
    at += point.length;
    mark.column += static_cast<int>(point.length);
    if (point.value == '\n') mark = {mark.line + 1, 1};
  }
  return std::nullopt;
}

bool has_control_characters(std::string_view value) {
  return find_text_fault(value).has_value();
}

}  // namespace hactl
