#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "codec/json.h"
#include "codec/messages.h"
#include "codec/spec_yaml.h"
#include "hactl/connection_uri.h"
#include "hactl/event_selector.h"
#include "hactl/rows.h"
#include "hactl/table.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

// Between two tries to reach a controller that has gone while it was watched.
constexpr Duration kWatchAgain{500};

// One thing that is shown: its row, and itself as it came.
struct Shown {
  std::string name{};
  Table::Row row{};
  nlohmann::json object{};
  bool selected = true;
};

struct Listing {
  std::vector<Shown> items{};
  std::string resource_version{};
};

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

Table::Row heading_of(const GetOptions& options) {
  switch (options.resource) {
    case Resource::formation: return formation_heading(width_of(options));
    case Resource::node: return node_heading(width_of(options));
    case Resource::event: return event_heading(width_of(options));
  }
  return {};
}

Result<Shown> shown(const nlohmann::json& object, const GetOptions& options) {
  switch (options.resource) {
    case Resource::formation: {
      const Result<FormationItem> item = formation_item(object);
      if (!item.ok()) return item.error();
      return Shown{item->formation.name.value, formation_row(*item, utc_now(), width_of(options)),
                   object};
    }
    case Resource::node: {
      const Result<NodeStatus> node = node_status_from_json(object);
      if (!node.ok()) return node.error().within("error: the server's node cannot be read");
      return Shown{node->name.value, node_row(*node, width_of(options)), object};
    }
    case Resource::event: {
      const Result<Event> event = event_from_json(object);
      if (!event.ok()) return event.error().within("error: the server's event cannot be read");
      const Result<EventSelector> selector = EventSelector::parse(options.field_selector);
      return Shown{std::to_string(event->number), event_row(*event, utc_now(), width_of(options)),
                   object, selector->matches(*event)};
    }
  }
  return Error{ErrorCode::internal, "error: unknown resource"};
}

bool meant(const Shown& each, const GetOptions& options) {
  // An event may be called FORMATION.NUMBER too.
  const bool named =
      options.name.empty() || each.name == options.name ||
      (options.resource == Resource::event && options.name.ends_with("." + each.name));
  return named && each.selected;
}

// What is asked for by its name is one object. An event's has what it was decided from.
bool asks_for_one(const GetOptions& options) {
  return !options.name.empty() && options.resource != Resource::node;
}

// What `options` asks for, at `path`.
Result<Listing> list(Api& api, const std::string& path, const GetOptions& options) {
  const Result<nlohmann::json> answer = api.get(path);
  if (!answer.ok()) return answer.error();
  Listing listing;
  listing.resource_version =
      text_at(answer->value("metadata", nlohmann::json::object()), "resource-version");
  const bool single = asks_for_one(options);
  const nlohmann::json one = single ? nlohmann::json::array({*answer}) : nlohmann::json();
  for (const nlohmann::json& object : single ? one : items_of(*answer, "items")) {
    Result<Shown> each = shown(object, options);
    if (!each.ok()) return each.error();
    if (meant(*each, options)) listing.items.push_back(std::move(*each));
  }
  if (listing.items.empty() && !options.name.empty()) {
    return Error{ErrorCode::not_found,
                 fmt::format("Error from server (NotFound): {}s \"{}\" not found",
                             type_of(options.resource), options.name)};
  }
  return listing;
}

nlohmann::json document_of(const std::vector<Shown>& items, const GetOptions& options) {
  if (!options.name.empty() && items.size() == 1) return items.front().object;
  nlohmann::json objects = nlohmann::json::array();
  for (const Shown& each : items) {
    objects.push_back(each.object);
  }
  return {{"apiVersion", "hactl/v1"}, {"kind", "List"}, {"items", std::move(objects)}};
}

// Prints lists and then single changes; columns only ever get wider.
class Printer {
 public:
  Printer(Terminal& terminal, const GetOptions& options)
      : terminal_(terminal),
        options_(options),
        table_(heading_of(options)),
        header_(options.no_headers ? TableHeader::hidden : TableHeader::shown) {}

  [[nodiscard]] bool prints_table() const {
    const std::string& output = options_.output;
    return output.empty() || output == "table" || output == "wide";
  }

  void print(const std::vector<Shown>& items) {
    if (prints_table()) return print_rows(items);
    if (options_.output == "json") terminal_.out() << pretty_json(document_of(items, options_));
    if (options_.output == "yaml") terminal_.out() << yaml_text(document_of(items, options_));
    if (options_.output == "name") {
      for (const Shown& each : items) {
        terminal_.out() << type_of(options_.resource) << "/" << each.name << "\n";
      }
    }
    terminal_.out() << std::flush;
  }

  // One change: a row, or the object by itself.
  void print_change(const Shown& each) {
    if (options_.output == "json") {
      terminal_.out() << pretty_json(each.object) << std::flush;
    } else if (options_.output == "yaml") {
      terminal_.out() << "---\n" << yaml_text(each.object) << std::flush;
    } else {
      print({each});
    }
  }

 private:
  void print_rows(const std::vector<Shown>& items) {
    for (const Shown& each : items) {
      table_.add(each.row);
    }
    table_.print(terminal_, header_);
    table_.clear();
    header_ = TableHeader::hidden;
  }

  Terminal& terminal_;
  const GetOptions& options_;
  Table table_;
  TableHeader header_;
};

// Shows every change until the user ends it. While the controller cannot be reached it waits.
Result<int> watch(Session& session, const std::string& path, const GetOptions& options,
                  Printer& printer, std::string version) {
  Api& api = **session.api();
  Result<Done> fault = Done{};
  const auto changed = [&](const std::string& type, const nlohmann::json& object) {
    if (type == "ERROR") {
      version.clear();  // Too old: begin again with everything.
      return false;
    }
    version = text_at(object.value("metadata", nlohmann::json::object()), "resource-version");
    if (type == "BOOKMARK") return true;
    const Result<Shown> each = shown(object, options);
    if (!each.ok()) fault = each.error();
    if (each.ok() && meant(*each, options)) printer.print_change(*each);
    return fault.ok() && session.terminal().out().good();
  };
  while (fault.ok() && session.terminal().out().good()) {
    const Result<Done> ended = api.watch(path, version, changed);
    if (ended.ok() || !fault.ok()) continue;
    if (ended.error().code != ErrorCode::unavailable) return ended.error();
    session.terminal().notes() << ended.error().message << std::endl;
    std::this_thread::sleep_for(kWatchAgain);
  }
  if (!fault.ok()) return fault.error();
  return kExitDone;
}

}  // namespace

Result<int> run_get(Session& session, const GetOptions& options) {
  const Result<EventSelector> selector = EventSelector::parse(options.field_selector);
  if (!selector.ok()) return selector.error();
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  std::string path = formation_path(options.name);
  if (options.resource != Resource::formation) {
    const Result<std::string> formation = session.formation_name(options.formation);
    if (!formation.ok()) return formation.error();
    path = formation_path(*formation, options.resource == Resource::node ? "/nodes" : "/events");
  }
  const bool event = options.resource == Resource::event && asks_for_one(options);
  const std::string from = event ? path + "/" + percent_encoded(options.name) : path;
  const Result<Listing> listing = list(**api, from, options);
  if (!listing.ok()) return listing.error();
  Printer printer(session.terminal(), options);
  if (listing->items.empty() && printer.prints_table()) {
    session.terminal().notes() << "No resources found" << std::endl;
  } else {
    printer.print(listing->items);
  }
  if (!options.watch) return kExitDone;
  return watch(session, path, options, printer, listing->resource_version);
}

}  // namespace hactl
