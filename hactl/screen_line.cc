#include "hactl/screen_line.h"

#include <algorithm>

namespace hactl {
namespace {

constexpr std::string_view kEllipsis = "…";

// UTF-8 continuation bytes take no column.
bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

// The first `columns` characters.
std::string_view first_of(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (begins_character(text[at]) && columns-- == 0) break;
    ++at;
  }
  return text.substr(0, at);
}

std::string_view start_of(Ink ink) {
  switch (ink) {
    case Ink::plain: return "";
    case Ink::strong: return "\033[1m";
    case Ink::faint: return "\033[2m";
    case Ink::good: return "\033[32m";
    case Ink::bad: return "\033[1;31m";
    case Ink::warning: return "\033[33m";
  }
  return "";
}

// C0, DEL, and C1, which UTF-8 writes as C2 80 to C2 9F.
std::string without_controls(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 =
        byte == 0xC2U && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0U;
    if (c1) ++i;
    result += c1 || byte < 0x20U || byte == 0x7FU ? ' ' : text[i];
  }
  return result;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string cut(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  return std::string(first_of(text, columns - 1)) + std::string(kEllipsis);
}

std::vector<std::string> folded(std::string_view text, std::size_t columns, std::size_t lines_max) {
  std::vector<std::string> lines;
  while (columns_of(text) > columns && lines.size() + 1 < lines_max) {
    const std::string_view fits = first_of(text, columns + 1);
    std::size_t end = fits.rfind(' ');
    const bool between_words = end != std::string_view::npos && end != 0;
    if (!between_words) end = first_of(text, columns).size();
    if (end == 0) break;  // There are no columns.
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + (between_words ? 1 : 0));
  }
  if (lines_max > 0) lines.push_back(cut(text, columns));
  return lines;
}

ScreenLine& ScreenLine::add(std::string_view text, Ink ink) {
  words_.push_back({without_controls(text), ink});
  columns_ += columns_of(words_.back().text);
  return *this;
}

ScreenLine& ScreenLine::pad(std::size_t columns) {
  if (columns > columns_) add(std::string(columns - columns_, ' '));
  return *this;
}

std::string ScreenLine::text(std::size_t columns, Terminal::Colour colour) const {
  std::string result;
  std::size_t left = columns;
  const bool whole = columns_ <= columns;
  for (const Words& words : words_) {
    if (left == 0) break;
    const std::size_t length = columns_of(words.text);
    std::string shown = words.text;
    // Words that end where the line does are cut when others follow them.
    if (!whole && length >= left) shown = cut(words.text + " ", left);
    left -= std::min(left, length);
    const std::string_view start = colour == Terminal::Colour::allowed ? start_of(words.ink) : "";
    result += start.empty() ? shown : std::string(start) + shown + "\033[0m";
  }
  return result;
}

}  // namespace hactl
