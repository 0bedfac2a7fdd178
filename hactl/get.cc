#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "codec/json.h"
#include "codec/messages.h"
#include "codec/spec_yaml.h"
#include "hactl/rows.h"
#include "hactl/table.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

// How often `-w` looks again. Ages and lags change all the time, so only other columns count.
constexpr Duration kWatchEvery{500};

// One thing that is shown: its row, what makes it differ from before, and itself as JSON.
struct Shown {
  std::string name{};
  Table::Row row{};
  std::string state{};
  nlohmann::json object{};
};

using Found = Result<std::vector<Shown>>;

std::string_view type_of(Resource resource) {
  switch (resource) {
    case Resource::formation: return "formation";
    case Resource::node: return "node";
    case Resource::event: return "event";
  }
  return "";
}

TableWidth width_of(const GetOptions& options) {
  return options.output == "wide" ? TableWidth::wide : TableWidth::narrow;
}

Shown shown(const FormationItem& item, const GetOptions& options) {
  Shown result{
      item.formation.name.value, formation_row(item, utc_now(), width_of(options)), {}, item.raw};
  Table::Row lasting = result.row;
  constexpr std::size_t kAgeColumn = 8;
  lasting.erase(lasting.begin() + kAgeColumn);
  for (const std::string& cell : lasting) {
    result.state += cell + "\n";
  }
  return result;
}

Shown shown(const NodeStatus& node, const GetOptions& options) {
  Shown result{node.name.value, node_row(node, width_of(options)), {}, to_json(node)};
  NodeStatus lasting = node;
  lasting.lsn = Lsn{};
  lasting.lag_bytes.reset();
  lasting.heard_ms_ago.reset();
  result.state = dump_json(to_json(lasting));
  return result;
}

Shown shown(const Event& event) {
  const std::string name = std::to_string(event.number);
  return Shown{name, event_row(event, utc_now()), name, to_json(event)};
}

Found find_formations(Api& api, const GetOptions& options) {
  std::vector<Shown> result;
  if (!options.name.empty()) {
    const Result<FormationItem> item = api.formation(options.name);
    if (!item.ok()) return item.error();
    result.push_back(shown(*item, options));
    return result;
  }
  const Result<std::vector<FormationItem>> all = api.formations();
  if (!all.ok()) return all.error();
  for (const FormationItem& item : *all) {
    result.push_back(shown(item, options));
  }
  return result;
}

Found find_nodes(Api& api, const GetOptions& options, const std::string& formation) {
  const Result<std::vector<NodeStatus>> nodes = api.nodes(formation);
  if (!nodes.ok()) return nodes.error();
  std::vector<Shown> result;
  for (const NodeStatus& node : *nodes) {
    if (options.name.empty() || node.name.value == options.name) {
      result.push_back(shown(node, options));
    }
  }
  if (result.empty() && !options.name.empty()) {
    return Error{ErrorCode::not_found,
                 fmt::format("Error from server (NotFound): nodes \"{}\" not found", options.name)};
  }
  return result;
}

Found find_events(Api& api, const GetOptions& options, const std::string& formation) {
  const Result<std::vector<Event>> events = api.events(formation);
  if (!events.ok()) return events.error();
  std::vector<Shown> result;
  for (const Event& event : *events) {
    if (options.name.empty() || std::to_string(event.number) == options.name) {
      result.push_back(shown(event));
    }
  }
  return result;
}

Table::Row heading_of(const GetOptions& options) {
  switch (options.resource) {
    case Resource::formation: return formation_heading(width_of(options));
    case Resource::node: return node_heading(width_of(options));
    case Resource::event: return event_heading();
  }
  return {};
}

nlohmann::json document_of(const std::vector<Shown>& found, const GetOptions& options) {
  if (!options.name.empty() && found.size() == 1) return found.front().object;
  nlohmann::json items = nlohmann::json::array();
  for (const Shown& each : found) {
    items.push_back(each.object);
  }
  return {{"apiVersion", "hactl/v1"}, {"kind", "List"}, {"items", std::move(items)}};
}

void print(Terminal& terminal, const std::vector<Shown>& found, const GetOptions& options,
           TableHeader header) {
  if (options.output == "json") {
    terminal.out() << pretty_json(document_of(found, options)) << std::flush;
  } else if (options.output == "yaml") {
    terminal.out() << yaml_text(document_of(found, options)) << std::flush;
  } else if (options.output == "name") {
    for (const Shown& each : found) {
      terminal.out() << type_of(options.resource) << "/" << each.name << "\n";
    }
    terminal.out() << std::flush;
  } else {
    Table table(heading_of(options));
    for (const Shown& each : found) {
      table.add(each.row);
    }
    table.print(terminal, header);
  }
}

// A watch goes on until the user ends it. While the controller cannot be reached it waits.
Result<int> watch(Session& session, const GetOptions& options, const std::function<Found()>& find) {
  std::map<std::string, std::string> known;
  TableHeader header = options.no_headers ? TableHeader::hidden : TableHeader::shown;
  while (true) {
    const Found found = find();
    const bool passing = found.ok() || found.error().code == ErrorCode::unavailable ||
                         found.error().code == ErrorCode::timed_out;
    if (!passing || (!found.ok() && known.empty())) return found.error();
    std::vector<Shown> changed;
    std::map<std::string, std::string> now;
    for (const Shown& each : found.ok() ? *found : std::vector<Shown>{}) {
      const auto before = known.find(each.name);
      if (before == known.end() || before->second != each.state) changed.push_back(each);
      now.emplace(each.name, each.state);
    }
    if (found.ok()) known = std::move(now);
    if (!changed.empty()) {
      print(session.terminal(), changed, options, header);
      header = TableHeader::hidden;
    }
    if (!session.terminal().out()) return kExitDone;  // Whoever read us has gone.
    std::this_thread::sleep_for(kWatchEvery);
  }
}

}  // namespace

Result<int> run_get(Session& session, const GetOptions& options) {
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  std::string formation;
  if (options.resource != Resource::formation) {
    Result<std::string> chosen = session.formation_name(options.formation);
    if (!chosen.ok()) return chosen.error();
    formation = std::move(*chosen);
  }
  const std::function<Found()> find = [&]() -> Found {
    switch (options.resource) {
      case Resource::formation: return find_formations(**api, options);
      case Resource::node: return find_nodes(**api, options, formation);
      case Resource::event: return find_events(**api, options, formation);
    }
    return Error{ErrorCode::internal, "unknown resource"};
  };
  if (options.watch) return watch(session, options, find);
  const Found found = find();
  if (!found.ok()) return found.error();
  const bool table =
      options.output.empty() || options.output == "table" || options.output == "wide";
  if (found->empty() && table) {
    session.terminal().notes() << "No resources found\n";
    return kExitDone;
  }
  print(session.terminal(), *found, options,
        options.no_headers ? TableHeader::hidden : TableHeader::shown);
  return kExitDone;
}

}  // namespace hactl
