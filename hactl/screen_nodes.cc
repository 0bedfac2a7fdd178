#include "hactl/screen_nodes.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/utc.h"
#include "hactl/rows.h"

namespace hactl {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::string_view kUnknown = "?";
constexpr std::string_view kNone = "-";

// Age of a last word from which on it is told.
constexpr std::int64_t kHeardLongAgoMs = 3'000;

enum class Grouping { by_region, none };

std::string quorum_text(const NodeStatus& node) {
  if (node.role == "primary") return std::string(kNone);
  if (node.role == "sync") return "yes";
  return node.replication_quorum ? "not now" : "no";
}

std::string lag_text(const NodeStatus& node) {
  if (node.role == "primary") return std::string(kNone);
  return node.lag_bytes ? bytes_text(*node.lag_bytes) : std::string(kUnknown);
}

std::string behind_text(const NodeStatus& node) {
  if (node.role == "primary") return std::string(kNone);
  if (!node.lag_seconds) return std::string(kUnknown);
  return age_text(std::chrono::seconds(*node.lag_seconds));
}

std::string lsn_text(const NodeStatus& node) {
  return node.lsn.value == 0 ? std::string(kUnknown) : to_string(node.lsn);
}

// A column: what each node has in it.
struct Column {
  std::string_view heading{};
  int importance = 0;  // Where columns are short, the least goes first.
  std::string (*cell)(const NodeStatus&) = nullptr;
  std::size_t width = 0;
};

std::vector<Column> all_columns() {
  return {{"NODE", 8, [](const NodeStatus& node) { return node.name.value; }},
          {"ROLE", 4, [](const NodeStatus& node) { return node.role; }},
          {"GOAL", 6, [](const NodeStatus& node) { return std::string(to_string(node.goal)); }},
          {"STATE", 7, [](const NodeStatus& node) { return std::string(to_string(node.state)); }},
          {"LSN", 1, lsn_text},
          {"LAG", 3, lag_text},
          {"BEHIND", 5, behind_text},
          {"QUORUM", 2, quorum_text}};
}

std::vector<Column> columns_within(const std::vector<NodeStatus>& nodes, std::size_t columns) {
  std::vector<Column> chosen = all_columns();
  // A long name is not worth the other columns.
  const std::size_t name_max = std::max<std::size_t>(columns / 3, 8);
  std::size_t width = 0;
  for (Column& column : chosen) {
    column.width = column.heading.size();
    for (const NodeStatus& node : nodes) {
      column.width = std::max(column.width, columns_of(column.cell(node)));
    }
    if (&column == &chosen.front()) column.width = std::min(column.width, name_max);
    width += kGap + column.width;
  }
  while (width > columns && chosen.size() > 1) {
    const auto least = std::ranges::min_element(chosen, {}, &Column::importance);
    width -= kGap + least->width;
    chosen.erase(least);
  }
  return chosen;
}

ScreenLine heading_line(const std::vector<Column>& columns) {
  ScreenLine line;
  std::size_t at = kGap;
  for (const Column& column : columns) {
    line.pad(at).add(column.heading, Ink::faint);
    at += column.width + kGap;
  }
  return line;
}

Ink ink_of(const Column& column, const NodeStatus& node) {
  if (column.heading == "STATE") return node.healthy ? Ink::good : Ink::bad;
  if (column.heading == "NODE" && node.role == "primary") return Ink::strong;
  return Ink::plain;
}

ScreenLine node_line(const std::vector<Column>& columns, const NodeStatus& node) {
  ScreenLine line(node.healthy ? " " : "!", node.healthy ? Ink::plain : Ink::bad);
  std::size_t at = kGap;
  for (const Column& column : columns) {
    line.pad(at).add(cut(column.cell(node), column.width), ink_of(column, node));
    at += column.width + kGap;
  }
  return line;
}

std::string trouble_of(const NodeStatus& node) {
  std::string text = node.message;
  if (text.empty()) {
    text = fmt::format("is {} on its way to {}", to_string(node.state), to_string(node.goal));
  }
  if (node.heard_ms_ago.value_or(0) <= kHeardLongAgoMs) return text;
  return fmt::format("{}; last heard {} ago", text,
                     age_text(std::chrono::milliseconds(*node.heard_ms_ago)));
}

std::vector<ScreenLine> lines_of(const std::vector<NodeStatus>& nodes,
                                 const std::vector<Column>& columns, Grouping grouping) {
  std::vector<ScreenLine> lines{heading_line(columns)};
  const RegionName* region = nullptr;
  for (const NodeStatus& node : nodes) {
    const bool another = region == nullptr || *region != node.region;
    region = &node.region;
    const bool groups = grouping == Grouping::by_region;
    // Nodes on their way out are of no region any more.
    const std::string_view name = node.region.value.empty() ? "leaving" : node.region.value;
    if (groups && another) lines.emplace_back(name, Ink::strong);
    lines.push_back(node_line(columns, node));
    if (groups && !node.healthy) lines.emplace_back("    " + trouble_of(node), Ink::warning);
  }
  return lines;
}

// The `count` nodes that matter most, in the order that they had.
std::vector<NodeStatus> most_important(const std::vector<NodeStatus>& nodes, std::size_t count) {
  const auto rank = [](const NodeStatus& node) {
    if (node.role == "primary") return 0;
    return node.healthy ? 2 : 1;
  };
  std::vector<NodeStatus> chosen;
  for (int wanted = 0; wanted <= 2; ++wanted) {
    for (const NodeStatus& node : nodes) {
      if (rank(node) == wanted && chosen.size() < count) chosen.push_back(node);
    }
  }
  std::ranges::sort(chosen, {}, [&](const NodeStatus& node) {
    return std::ranges::find(nodes, node.name, &NodeStatus::name) - nodes.begin();
  });
  return chosen;
}

}  // namespace

std::vector<ScreenLine> node_lines(const FormationStatus& status, ScreenSize room) {
  const std::vector<NodeStatus>& nodes = status.nodes;
  const std::vector<Column> columns = columns_within(nodes, room.columns);
  std::vector<ScreenLine> lines = lines_of(nodes, columns, Grouping::by_region);
  if (lines.size() <= room.rows) return lines;
  lines = lines_of(nodes, columns, Grouping::none);
  if (lines.size() <= room.rows) return lines;
  constexpr std::size_t kOthers = 2;  // The heading, and the line about those that are left out.
  const std::size_t count = room.rows > kOthers ? room.rows - kOthers : 0;
  const std::vector<NodeStatus> shown = most_important(nodes, count);
  lines = lines_of(shown, columns, Grouping::none);
  const auto unwell = [](const std::vector<NodeStatus>& all) {
    return std::ranges::count(all, false, &NodeStatus::healthy);
  };
  const auto unwell_others = unwell(nodes) - unwell(shown);
  lines.emplace_back(
      fmt::format("  and {} more, {}", nodes.size() - shown.size(),
                  unwell_others == 0 ? "all well" : fmt::format("{} not well", unwell_others)));
  if (lines.size() > room.rows)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(room.rows));
  return lines;
}

}  // namespace hactl
