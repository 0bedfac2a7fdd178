#include "hactl/table.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace hactl {
namespace {

constexpr std::size_t kColumnGap = 3;
constexpr std::string_view kNone = "<none>";

std::string_view shown(const std::string& cell) {
  return cell.empty() ? kNone : cell;
}

// UTF-8 continuation bytes take no column.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string_view colour_of(std::string_view cell) {
  if (cell == "True" || cell == "yes" || cell == "running") return "\033[32m";
  if (cell == "False" || cell == "no" || cell == "dead") return "\033[31m";
  if (cell == "Unknown" || cell == "Warning" || cell == "frozen") return "\033[33m";
  return "";
}

std::string painted(std::string_view cell, Terminal::Colour colour) {
  const std::string_view start = colour == Terminal::Colour::allowed ? colour_of(cell) : "";
  if (start.empty()) return std::string(cell);
  return std::string(start) + std::string(cell) + "\033[0m";
}

}  // namespace

Table::Table(Row heading) : heading_(std::move(heading)), widths_(heading_.size(), 0) {}

void Table::add(Row row) {
  HACTL_CHECK(row.size() == heading_.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    widths_[i] = std::max(widths_[i], width_of(shown(row[i])));
  }
  rows_.push_back(std::move(row));
}

void Table::clear() {
  rows_.clear();
  for (std::size_t i = 0; i < widths_.size(); ++i) {
    widths_[i] = std::max(widths_[i], width_of(heading_[i]));
  }
}

std::string Table::text(TableHeader header, Terminal::Colour colour) const {
  std::vector<std::size_t> widths = widths_;
  for (std::size_t i = 0; i < widths.size() && header == TableHeader::shown; ++i) {
    widths[i] = std::max(widths[i], width_of(heading_[i]));
  }
  std::string result;
  const auto append = [&](const Row& row, Terminal::Colour paint) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string_view cell = shown(row[i]);
      result += painted(cell, paint);
      if (i + 1 < row.size()) result.append(widths[i] - width_of(cell) + kColumnGap, ' ');
    }
    result += '\n';
  };
  if (header == TableHeader::shown) append(heading_, Terminal::Colour::never);
  for (const Row& row : rows_) {
    append(row, colour);
  }
  return result;
}

void Table::print(Terminal& terminal, TableHeader header) const {
  terminal.out() << text(header,
                         terminal.colour() ? Terminal::Colour::allowed : Terminal::Colour::never)
                 << std::flush;
}

}  // namespace hactl
