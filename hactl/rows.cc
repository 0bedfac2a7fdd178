#include "hactl/rows.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include <fmt/format.h>

#include "base/utc.h"

namespace hactl {
namespace {

// "ANY 1 (a, b)" as "1/2"; "ANY 1 (a, b) + ANY 1 (c)" of a change under way as "1/2,1/1".
std::string sync_text(std::string_view setting) {
  std::string result;
  while (true) {
    const std::size_t any = setting.find("ANY ");
    if (any == std::string_view::npos) break;
    setting.remove_prefix(any + 4);
    const std::size_t open = setting.find('(');
    const std::size_t close = setting.find(')');
    if (open == std::string_view::npos || close == std::string_view::npos) break;
    const std::string_view names = setting.substr(open, close - open);
    if (!result.empty()) result += ',';
    result += fmt::format("{}/{}", setting.substr(0, setting.find_first_of(" (")),
                          1 + std::ranges::count(names, ','));
    setting.remove_prefix(close);
  }
  return result.empty() ? "none" : result;
}

std::string age_since(std::optional<UtcTime> start, UtcTime now) {
  if (!start) return "<unknown>";
  const std::int64_t age = std::max<std::int64_t>(0, now.milliseconds - start->milliseconds);
  return age_text(std::chrono::milliseconds(age));
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  constexpr std::uint64_t kStep = 1024;
  std::size_t unit = 0;
  while (bytes >= 10 * kStep && unit + 1 < kUnits.size()) {
    bytes /= kStep;
    ++unit;
  }
  return fmt::format("{}{}", bytes, kUnits.at(unit));
}

// Progressing is True while something is being done; the others are True when all is well.
std::string attention_text(const FormationStatus& status) {
  for (const Condition& condition : status.conditions) {
    if (condition.type != "Progressing" && condition.status != ConditionStatus::yes) {
      return condition.message.empty() ? condition.reason : condition.message;
    }
  }
  return {};
}

void append(Table::Row& row, std::initializer_list<std::string> cells) {
  row.insert(row.end(), cells);
}

}  // namespace

UtcTime utc_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return UtcTime{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

std::string condition_text(const FormationStatus& status, std::string_view type) {
  const Condition* condition = find_condition(status, type);
  return condition == nullptr ? "Unknown" : std::string(to_string(condition->status));
}

Table::Row formation_heading(TableWidth width) {
  Table::Row row{"NAME",      "PRIMARY", "SYNC",      "NODES", "EPOCH",
                 "AVAILABLE", "DURABLE", "CONVERGED", "AGE"};
  if (width == TableWidth::wide) append(row, {"PHASE", "PREFERRED", "MESSAGE"});
  return row;
}

Table::Row formation_row(const FormationItem& item, UtcTime now, TableWidth width) {
  const FormationStatus& status = item.status;
  const auto healthy = std::ranges::count_if(status.nodes, &NodeStatus::healthy);
  Table::Row row{item.formation.name.value,
                 status.primary ? status.primary->value : "",
                 sync_text(status.sync),
                 fmt::format("{}/{}", healthy, status.nodes.size()),
                 std::to_string(status.epoch.value),
                 condition_text(status, "Available"),
                 condition_text(status, "Durable"),
                 condition_text(status, "Converged"),
                 age_since(item.created, now)};
  if (width == TableWidth::wide) {
    append(row, {status.phase, condition_text(status, "PrimaryPreferred"), attention_text(status)});
  }
  return row;
}

Table::Row node_heading(TableWidth width) {
  Table::Row row{"NAME",   "REGION", "ROLE", "GOAL", "STATE",  "PRIORITY",
                 "QUORUM", "TLI",    "LSN",  "LAG",  "HEALTHY"};
  if (width == TableWidth::wide) append(row, {"HOST", "PORT", "HEARD", "RULE", "MESSAGE"});
  return row;
}

Table::Row node_row(const NodeStatus& node, TableWidth width) {
  Table::Row row{node.name.value,
                 node.region.value,
                 node.role,
                 std::string(to_string(node.goal)),
                 std::string(to_string(node.state)),
                 std::to_string(node.candidate_priority),
                 node.replication_quorum ? "yes" : "no",
                 std::to_string(node.timeline.value),
                 to_string(node.lsn),
                 node.lag_bytes ? bytes_text(*node.lag_bytes) : "<unknown>",
                 node.healthy ? "yes" : "no"};
  if (width == TableWidth::wide) {
    append(row, {node.host, std::to_string(node.port),
                 node.heard_ms_ago ? fmt::format("{}ms", *node.heard_ms_ago) : "<never>",
                 std::to_string(node.rule), node.message});
  }
  return row;
}

Table::Row event_heading(TableWidth width) {
  Table::Row row{"LAST-SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"};
  if (width == TableWidth::wide) append(row, {"RULE", "EPOCH", "INVOLVED", "NAME"});
  return row;
}

Table::Row event_row(const Event& event, UtcTime now, TableWidth width) {
  Table::Row row{age_since(event.time, now), event.warning ? "Warning" : "Normal", event.reason,
                 event.object, event.message};
  if (width == TableWidth::wide) {
    std::string involved;
    for (const NodeName& node : event.involved)
      involved += (involved.empty() ? "" : ",") + node.value;
    append(row, {event.rule == 0 ? "" : std::to_string(event.rule),
                 std::to_string(event.epoch.value), involved, std::to_string(event.number)});
  }
  return row;
}

}  // namespace hactl
