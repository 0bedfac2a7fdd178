#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/utc.h"
#include "hactl/rows.h"
#include "hactl/table.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

// Events shown at the end.
constexpr std::size_t kEventsShown = 20;

void print_field(std::ostream& out, std::string_view name, std::string_view value) {
  out << fmt::format("{:<22}{}\n", fmt::format("{}:", name), value.empty() ? "<none>" : value);
}

// A section: its name, then its table indented by two.
void print_section(Terminal& terminal, std::string_view name, const Table& table) {
  terminal.out() << name << ":";
  if (table.rows().empty()) {
    terminal.out() << "  <none>\n";
    return;
  }
  terminal.out() << "\n";
  const std::string text = table.text(
      TableHeader::shown, terminal.colour() ? Terminal::Colour::allowed : Terminal::Colour::never);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    terminal.out() << "  " << rest.substr(0, end) << "\n";
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
}

std::string map_text(const std::map<std::string, std::string>& map) {
  std::string result;
  for (const auto& [key, value] : map) {
    result += (result.empty() ? "" : ",") + key + "=" + value;
  }
  return result;
}

/// Those that are about `node`; empty: all of the formation's.
Result<Done> print_events(Session& session, const std::string& formation, const std::string& node) {
  const Result<std::vector<Event>> events = (*session.api())->events(formation);
  if (!events.ok()) return events.error();
  std::vector<Event> chosen;
  std::ranges::copy_if(*events, std::back_inserter(chosen), [&](const Event& event) {
    return node.empty() || event.involved.contains(NodeName(node));
  });
  const UtcTime now = utc_now();
  Table table(event_heading(TableWidth::narrow));
  for (std::size_t i = chosen.size() - std::min(chosen.size(), kEventsShown); i < chosen.size();
       ++i) {
    table.add(event_row(chosen[i], now, TableWidth::narrow));
  }
  print_section(session.terminal(), "Events", table);
  return Done{};
}

void print_conditions(Terminal& terminal, const FormationStatus& status) {
  Table table({"TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"});
  for (const Condition& condition : status.conditions) {
    table.add({condition.type, std::string(to_string(condition.status)), condition.reason,
               to_string(condition.last_transition), condition.message});
  }
  print_section(terminal, "Conditions", table);
}

void print_formation(Terminal& terminal, const FormationItem& item) {
  std::ostream& out = terminal.out();
  const FormationSpec& spec = item.formation.spec;
  print_field(out, "Name", item.formation.name.value);
  print_field(out, "Labels", map_text(item.formation.labels));
  print_field(out, "Annotations", map_text(item.formation.annotations));
  print_field(out, "Created", item.created ? to_string(*item.created) : "");
  print_field(out, "Generation",
              fmt::format("{} (observed {})", item.generation.value,
                          item.status.observed_generation.value));
  print_field(out, "Primary", item.status.primary ? item.status.primary->value : "");
  print_field(out, "Phase", item.status.phase);
  print_field(out, "Epoch", std::to_string(item.status.epoch.value));
  print_field(out, "Commits Wait For", item.status.sync);
  print_field(out, "Number Sync Standbys", std::to_string(spec.sync_standbys()));
  print_field(out, "Database",
              fmt::format("{} (owner {})", spec.postgres.database, spec.postgres.username));
  print_field(out, "Postgres Version", std::to_string(spec.postgres.version));
  print_conditions(terminal, item.status);
  Table nodes(node_heading(TableWidth::narrow));
  for (const NodeStatus& node : item.status.nodes) {
    nodes.add(node_row(node, TableWidth::narrow));
  }
  print_section(terminal, "Nodes", nodes);
  out << "Steps:";
  if (item.status.steps.empty()) out << "  <none>";
  out << "\n";
  for (std::size_t i = 0; i < item.status.steps.size(); ++i) {
    out << fmt::format("  {}. {}\n", i + 1, item.status.steps[i]);
  }
}

void print_node(Terminal& terminal, const NodeStatus& node) {
  const Table::Row heading = node_heading(TableWidth::wide);
  const Table::Row row = node_row(node, TableWidth::wide);
  for (std::size_t i = 0; i < row.size(); ++i) {
    std::string name = heading[i];
    std::transform(name.begin() + 1, name.end(), name.begin() + 1,
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    print_field(terminal.out(), name == "Tli" ? "Timeline" : name == "Lsn" ? "LSN" : name, row[i]);
  }
}

}  // namespace

Result<int> run_describe(Session& session, const DescribeOptions& options) {
  const bool node = options.resource == Resource::node;
  const Result<FormationItem> item = session.formation(node ? options.formation : options.name);
  if (!item.ok()) return item.error();
  if (node) {
    const auto found =
        std::ranges::find(item->status.nodes, NodeName(options.name), &NodeStatus::name);
    if (found == item->status.nodes.end()) {
      return Error{ErrorCode::not_found, fmt::format("Error from server (NotFound): nodes \"{}\" "
                                                     "not found",
                                                     options.name)};
    }
    print_node(session.terminal(), *found);
  } else {
    print_formation(session.terminal(), *item);
  }
  const Result<Done> printed =
      print_events(session, item->formation.name.value, node ? options.name : std::string());
  if (!printed.ok()) return printed.error();
  session.terminal().out() << std::flush;
  return kExitDone;
}

}  // namespace hactl
