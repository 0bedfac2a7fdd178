#include <utility>

#include <fmt/format.h>

#include "codec/json.h"
#include "hactl/resources.h"
#include "hactl/table.h"
#include "hactl/verbs.h"

namespace hactl {

Result<int> run_events(Session& session, const EventsOptions& options) {
  GetOptions get = options.get;
  get.targets = {"events"};
  get.formation = options.formation;
  bool normal = options.types.empty();
  bool warning = options.types.empty();
  for (const std::string& type : options.types) {
    if (type != "Normal" && type != "Warning") {
      return local_error("valid --types are Normal or Warning");
    }
    (type == "Normal" ? normal : warning) = true;
  }
  if (normal != warning) get.field_selector = normal ? "type=Normal" : "type=Warning";
  if (!options.about.empty()) {
    if (options.about.find('/') == std::string::npos) {
      return local_error("--for must be in resource/name form");
    }
    const Result<Targets> about = parse_targets({options.about});
    if (!about.ok()) return about.error();
    get.field_selector += fmt::format("{}object={}/{}", get.field_selector.empty() ? "" : ",",
                                      about->type->singular, about->names.front());
  }
  return run_get(session, get);
}

Result<int> run_api_resources(Session& session, const std::string& output) {
  std::ostream& out = session.terminal().out();
  if (output == "name") {
    for (const ResourceType& type : resource_types()) {
      out << type.plural << "\n";
    }
    out << std::flush;
    return kExitDone;
  }
  const bool wide = output == "wide";
  Table::Row heading{"NAME", "SHORTNAMES", "APIVERSION", "OF A FORMATION", "KIND"};
  if (wide) heading.emplace_back("VERBS");
  Table table(std::move(heading));
  for (const ResourceType& type : resource_types()) {
    Table::Row row{std::string(type.plural), std::string(type.short_name), "hactl/v1",
                   type.of_formation ? "true" : "false", std::string(type.kind)};
    if (wide) row.emplace_back(type.verbs);
    table.add(std::move(row));
  }
  table.print(session.terminal());
  return kExitDone;
}

}  // namespace hactl
