#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/utc.h"
#include "hactl/rows.h"
#include "hactl/table.h"
#include "hactl/verbs.h"
#include "model/durability.h"

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
  Table table(heading_of(Resource::event, TableWidth::narrow));
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
  if (asks_for_durability(spec)) print_field(out, "Durability", to_string(spec.durability));
  print_field(out, "Database",
              fmt::format("{} (owner {})", spec.postgres.database, spec.postgres.username));
  print_field(out, "Postgres Version", std::to_string(spec.postgres.version));
  print_conditions(terminal, item.status);
  Table nodes(heading_of(Resource::node, TableWidth::narrow));
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

// A row of the wide table, a field a line.
void print_row(Terminal& terminal, Resource resource, const Table::Row& row) {
  const Table::Row heading = heading_of(resource, TableWidth::wide);
  for (std::size_t i = 0; i < row.size(); ++i) {
    std::string name = heading[i];
    std::transform(name.begin() + 1, name.end(), name.begin() + 1,
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name == "Nodes") name = "Healthy Nodes";
    if (name == "Prio") name = "Priority";
    if (name == "Tli") name = "Timeline";
    if (name == "Lsn") name = "LSN";
    print_field(terminal.out(), name, row[i]);
  }
}

// The nodes of a region, as in `get nodes`.
void print_nodes_of(Terminal& terminal, const FormationItem& item, const std::string& region) {
  Table nodes(heading_of(Resource::node, TableWidth::narrow));
  for (const NodeStatus& node : item.status.nodes) {
    if (node.region.value == region) nodes.add(node_row(node, TableWidth::narrow));
  }
  print_section(terminal, "Nodes", nodes);
}

Result<Done> describe_formation(Session& session, const std::string& name) {
  const Result<FormationItem> item = session.formation(name);
  if (!item.ok()) return item.error();
  print_formation(session.terminal(), *item);
  return print_events(session, item->formation.name.value, "");
}

// A node or a region of `item`.
Result<Done> describe_part(Session& session, const ResourceType& type, const FormationItem& item,
                           const std::string& name) {
  const std::string& formation = item.formation.name.value;
  const Result<Listing> listing = list_objects(**session.api(), type, formation);
  if (!listing.ok()) return listing.error();
  const auto found = std::ranges::find(listing->objects, name, name_of);
  if (found == listing->objects.end()) return not_found_error(type, name);
  const Result<Table::Row> row = row_of(type.resource, *found, TableWidth::wide);
  if (!row.ok()) return row.error();
  print_row(session.terminal(), type.resource, *row);
  if (type.resource == Resource::region) {
    print_nodes_of(session.terminal(), item, name);
    return Done{};
  }
  return print_events(session, formation, name);
}

Result<Done> describe_parts(Session& session, const Targets& targets,
                            const std::string& formation) {
  const Result<FormationItem> item = session.formation(formation);
  if (!item.ok()) return item.error();
  std::vector<std::string> names = targets.names;
  if (names.empty()) {
    for (const nlohmann::json& object : objects_in(*targets.type, item->raw)) {
      if (targets.type->resource == Resource::region) names.push_back(name_of(object));
    }
    for (const NodeStatus& node : item->status.nodes) {
      if (targets.type->resource == Resource::node) names.push_back(node.name.value);
    }
  }
  for (const std::string& name : names) {
    if (name != names.front()) session.terminal().out() << "\n\n";
    const Result<Done> described = describe_part(session, *targets.type, *item, name);
    if (!described.ok()) return described;
  }
  return Done{};
}

Result<Done> describe_formations(Session& session, std::vector<std::string> names) {
  if (names.empty()) {
    const Result<Api*> api = session.api();
    if (!api.ok()) return api.error();
    const Result<std::vector<FormationItem>> all = (*api)->formations();
    if (!all.ok()) return all.error();
    for (const FormationItem& item : *all) {
      names.push_back(item.formation.name.value);
    }
    if (names.empty()) session.terminal().notes() << "No resources found" << std::endl;
  }
  for (const std::string& name : names) {
    if (name != names.front()) session.terminal().out() << "\n\n";
    const Result<Done> described = describe_formation(session, name);
    if (!described.ok()) return described;
  }
  return Done{};
}

}  // namespace

Result<int> run_describe(Session& session, const DescribeOptions& options) {
  const Result<Targets> targets = parse_targets(options.targets);
  if (!targets.ok()) return targets.error();
  const Resource resource = targets->type->resource;
  if (resource == Resource::event || resource == Resource::controller) {
    return local_error(fmt::format("{} cannot be described; see `hactl get {} -o yaml`",
                                   targets->type->plural, targets->type->plural));
  }
  const Result<Done> described = resource == Resource::formation
                                     ? describe_formations(session, targets->names)
                                     : describe_parts(session, *targets, options.formation);
  if (!described.ok()) return described.error();
  session.terminal().out() << std::flush;
  return kExitDone;
}

}  // namespace hactl
