#include "hactl/rows.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>

#include <fmt/format.h>

#include "base/join.h"
#include "base/utc.h"
#include "codec/messages.h"

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

// Progressing is True while something is being done, Paused while nothing new is; the others are
// True when all is well.
std::string attention_text(const FormationStatus& status) {
  for (const Condition& condition : status.conditions) {
    if (condition.type == "Progressing") continue;
    const bool wanted = condition.type != "Paused";
    if ((condition.status == ConditionStatus::yes) != wanted) {
      return condition.message.empty() ? condition.reason : condition.message;
    }
  }
  return {};
}

void append(Table::Row& row, std::initializer_list<std::string> cells) {
  row.insert(row.end(), cells);
}

// What the narrow table shows, and what the wide one adds.
struct Headings {
  Table::Row narrow{};
  Table::Row wide{};
};

const Headings& headings_of(Resource resource) {
  static const std::map<Resource, Headings> kHeadings{
      {Resource::formation,
       {{"NAME", "PRIMARY", "SYNC", "NODES", "AVAILABLE", "DURABLE", "CONVERGED", "AGE"},
        {"EPOCH", "PHASE", "PREFERRED", "MESSAGE"}}},
      {Resource::node,
       {{"NAME", "REGION", "ROLE", "GOAL", "STATE", "PRIO", "LAG", "HEALTHY"},
        {"BEHIND", "QUORUM", "TLI", "LSN", "HOST", "PORT", "HEARD", "RULE", "MESSAGE"}}},
      {Resource::event,
       {{"LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"},
        {"RULE", "EPOCH", "INVOLVED", "NAME"}}},
      {Resource::region,
       {{"NAME", "NODES", "QUORUM", "PRIO", "PRIMARY", "LOCATION"}, {"NETWORK", "SUBNET"}}},
      {Resource::controller,
       {{"NAME", "STATE", "VERSION", "FORMATIONS", "AGENTS", "AGE"}, {"WATCHES", "WRITES"}}},
  };
  return kHeadings.at(resource);
}

std::string cell(const nlohmann::json& object, const char* part, const char* key) {
  return text_at(object.value(part, nlohmann::json::object()), key);
}

Table::Row region_row(const nlohmann::json& region, TableWidth width) {
  Table::Row row{cell(region, "metadata", "name"),
                 cell(region, "status", "healthy-nodes") + "/" + cell(region, "status", "nodes"),
                 cell(region, "status", "quorum-nodes"),
                 cell(region, "status", "candidate-priority"),
                 cell(region, "status", "primary"),
                 cell(region, "spec", "location")};
  if (width == TableWidth::wide) {
    append(row, {cell(region, "spec", "network"), cell(region, "spec", "subnet")});
  }
  return row;
}

Table::Row controller_row(const nlohmann::json& controller, TableWidth width) {
  Table::Row row{cell(controller, "metadata", "name"),
                 cell(controller, "status", "state"),
                 cell(controller, "status", "version"),
                 cell(controller, "status", "formations"),
                 cell(controller, "status", "agents"),
                 age_since(parse_utc(cell(controller, "status", "started")), utc_now())};
  if (width == TableWidth::wide) {
    append(row, {cell(controller, "status", "watches"), cell(controller, "status", "writes")});
  }
  return row;
}

}  // namespace

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

UtcTime utc_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return UtcTime{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

std::string condition_text(const FormationStatus& status, std::string_view type) {
  const Condition* condition = find_condition(status.conditions, type);
  return condition == nullptr ? "Unknown" : std::string(to_string(condition->status));
}

Table::Row heading_of(Resource resource, TableWidth width) {
  const Headings& headings = headings_of(resource);
  Table::Row row = headings.narrow;
  if (width == TableWidth::wide) row.insert(row.end(), headings.wide.begin(), headings.wide.end());
  return row;
}

Result<Table::Row> row_of(Resource resource, const nlohmann::json& object, TableWidth width) {
  switch (resource) {
    case Resource::formation: {
      const Result<FormationItem> item = formation_item(object);
      if (!item.ok()) return item.error();
      return formation_row(*item, utc_now(), width);
    }
    case Resource::node: {
      const Result<NodeStatus> node = node_status_from_json(object);
      if (!node.ok()) return node.error().within("error: the server's node cannot be read");
      return node_row(*node, width);
    }
    case Resource::event: {
      const Result<Event> event = event_from_json(object);
      if (!event.ok()) return event.error().within("error: the server's event cannot be read");
      return event_row(*event, utc_now(), width);
    }
    case Resource::region: return region_row(object, width);
    case Resource::controller: return controller_row(object, width);
  }
  return Table::Row{};
}

Table::Row formation_row(const FormationItem& item, UtcTime now, TableWidth width) {
  const FormationStatus& status = item.status;
  const auto healthy = std::ranges::count_if(status.nodes, &NodeStatus::healthy);
  Table::Row row{item.formation.name.value,
                 status.primary ? status.primary->value : "",
                 sync_text(status.sync),
                 fmt::format("{}/{}", healthy, status.nodes.size()),
                 condition_text(status, "Available"),
                 condition_text(status, "Durable"),
                 condition_text(status, "Converged"),
                 age_since(item.created, now)};
  if (width == TableWidth::wide) {
    append(row, {std::to_string(status.epoch.value), status.phase,
                 condition_text(status, "PrimaryPreferred"), attention_text(status)});
  }
  return row;
}

Table::Row node_row(const NodeStatus& node, TableWidth width) {
  Table::Row row{node.name.value,
                 node.region.value,
                 node.role,
                 std::string(to_string(node.goal)),
                 std::string(to_string(node.state)),
                 std::to_string(node.candidate_priority),
                 node.lag_bytes ? bytes_text(*node.lag_bytes) : "<unknown>",
                 node.healthy ? "yes" : "no"};
  if (width == TableWidth::wide) {
    append(row, {node.lag_seconds ? age_text(std::chrono::seconds(*node.lag_seconds)) : "<unknown>",
                 node.replication_quorum ? "yes" : "no", std::to_string(node.timeline.value),
                 to_string(node.lsn), node.host, std::to_string(node.port),
                 node.heard_ms_ago ? fmt::format("{}ms", *node.heard_ms_ago) : "<never>",
                 std::to_string(node.rule), node.message});
  }
  return row;
}

Table::Row event_row(const Event& event, UtcTime now, TableWidth width) {
  Table::Row row{age_since(event.time, now), event.warning ? "Warning" : "Normal", event.reason,
                 event.object, event.message};
  if (width == TableWidth::wide) {
    const std::string involved = join(event.involved, ",", &NodeName::value);
    append(row, {event.rule == 0 ? "" : std::to_string(event.rule),
                 std::to_string(event.epoch.value), involved, std::to_string(event.number)});
  }
  return row;
}

}  // namespace hactl
