// Who may do what: paths of the API to resources, and resources, methods and roles in one table.
// What the table does not allow is denied.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hactl {

/// What a path of the API names.
enum class Resource {
  formations,   ///< /apis/hactl/v1/formations
  formation,    ///< …/formations/NAME
  status,       ///< …/formations/NAME/status
  plan,         ///< …/formations/NAME/plan
  nodes,        ///< …/formations/NAME/nodes
  node,         ///< …/formations/NAME/nodes/N
  report,       ///< …/formations/NAME/nodes/N/report
  goal,         ///< …/formations/NAME/nodes/N/goal
  events,       ///< …/formations/NAME/events
  event,        ///< …/formations/NAME/events/E
  decision,     ///< …/formations/NAME/decision
  switchover,   ///< …/formations/NAME/switchover
  failover,     ///< …/formations/NAME/failover
  revisions,    ///< …/formations/NAME/revisions
  pause,        ///< …/formations/NAME/pause
  resume,       ///< …/formations/NAME/resume
  restart,      ///< …/formations/NAME/restart
  credentials,  ///< …/formations/NAME/credentials
  agents,       ///< /apis/hactl/v1/agents
  controllers,  ///< /apis/hactl/v1/controllers
  healthz,
  readyz,
  metrics,
  openapi,
};

/// A path, taken apart. Names are as they came and may be ill-formed.
struct Route {
  Resource resource = Resource::formations;
  std::string formation{};
  std::string node{};
  std::string event{};
};

/// What a client is, by the common name of its certificate: "admin", "viewer" or "node:NAME".
enum class Role { none, admin, viewer, node };

Role role_of(std::string_view peer);

/// nullopt when the API has no such path.
std::optional<Route> parse_route(std::string_view path);

/// The methods that the resource knows, whoever asks.
std::vector<std::string_view> methods_of(Resource resource);

/// Whether `peer` may do `method` to what `route` names. A node may do things to itself only.
bool allowed(std::string_view peer, std::string_view method, const Route& route);

}  // namespace hactl
