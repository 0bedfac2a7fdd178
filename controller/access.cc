#include "controller/access.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace hactl {
namespace {

constexpr std::string_view kNodePrefix = "node:";
constexpr std::string_view kApiPrefix = "/apis/hactl/v1/";

struct Permission {
  Resource resource = Resource::formations;
  std::string_view method;
  bool admin = false;
  bool viewer = false;
  bool own_node = false;  ///< The node that the path names.
  bool any_node = false;
};

// Goals and credentials hold the application's password, so a viewer sees neither.
constexpr std::array kPermissions{
    Permission{.resource = Resource::formations, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::formations, .method = "POST", .admin = true},
    Permission{.resource = Resource::formation, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::formation, .method = "PUT", .admin = true},
    Permission{.resource = Resource::formation, .method = "PATCH", .admin = true},
    Permission{.resource = Resource::formation, .method = "DELETE", .admin = true},
    Permission{.resource = Resource::status, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::plan, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::plan, .method = "POST", .admin = true},
    Permission{.resource = Resource::nodes, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::node, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::report, .method = "POST", .admin = true, .own_node = true},
    Permission{.resource = Resource::goal, .method = "GET", .admin = true, .own_node = true},
    Permission{.resource = Resource::events, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::event, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::decision, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::switchover, .method = "POST", .admin = true},
    Permission{.resource = Resource::failover, .method = "POST", .admin = true},
    Permission{.resource = Resource::revisions, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::pause, .method = "POST", .admin = true},
    Permission{.resource = Resource::resume, .method = "POST", .admin = true},
    Permission{.resource = Resource::restart, .method = "POST", .admin = true},
    Permission{.resource = Resource::credentials, .method = "GET", .admin = true},
    Permission{.resource = Resource::agents, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::controllers, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::healthz,
               .method = "GET",
               .admin = true,
               .viewer = true,
               .any_node = true},
    Permission{.resource = Resource::readyz,
               .method = "GET",
               .admin = true,
               .viewer = true,
               .any_node = true},
    Permission{.resource = Resource::metrics, .method = "GET", .admin = true, .viewer = true},
    Permission{.resource = Resource::openapi, .method = "GET", .admin = true, .viewer = true},
};

struct NamedResource {
  std::string_view name;
  Resource resource = Resource::formations;
};

constexpr std::array kPlainPaths{
    NamedResource{"/healthz", Resource::healthz},
    NamedResource{"/readyz", Resource::readyz},
    NamedResource{"/metrics", Resource::metrics},
    NamedResource{"/openapi/v3", Resource::openapi},
    NamedResource{"/apis/hactl/v1/agents", Resource::agents},
    NamedResource{"/apis/hactl/v1/controllers", Resource::controllers},
};
constexpr std::array kFormationParts{
    NamedResource{"status", Resource::status},
    NamedResource{"plan", Resource::plan},
    NamedResource{"nodes", Resource::nodes},
    NamedResource{"events", Resource::events},
    NamedResource{"decision", Resource::decision},
    NamedResource{"switchover", Resource::switchover},
    NamedResource{"failover", Resource::failover},
    NamedResource{"revisions", Resource::revisions},
    NamedResource{"pause", Resource::pause},
    NamedResource{"resume", Resource::resume},
    NamedResource{"restart", Resource::restart},
    NamedResource{"credentials", Resource::credentials},
};
constexpr std::array kNodeParts{
    NamedResource{"report", Resource::report},
    NamedResource{"goal", Resource::goal},
};

std::optional<Resource> find(const auto& named, std::string_view name) {
  const auto found = std::ranges::find(named, name, &NamedResource::name);
  if (found == named.end()) return std::nullopt;
  return found->resource;
}

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (true) {
    const std::size_t slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

Role role_of(std::string_view peer) {
  if (peer == "admin") return Role::admin;
  if (peer == "viewer") return Role::viewer;
  if (peer.starts_with(kNodePrefix) && peer.size() > kNodePrefix.size()) return Role::node;
  return Role::none;
}

std::optional<Route> parse_route(std::string_view path) {
  if (const auto plain = find(kPlainPaths, path)) return Route{.resource = *plain};
  if (!path.starts_with(kApiPrefix)) return std::nullopt;
  const std::vector<std::string> parts = segments_of(path.substr(kApiPrefix.size()));
  if (parts[0] != "formations" || std::ranges::find(parts, "") != parts.end()) return std::nullopt;
  Route route;
  if (parts.size() == 1) return route;
  route.formation = parts[1];
  std::optional<Resource> resource = Resource::formation;
  if (parts.size() >= 3) resource = find(kFormationParts, parts[2]);
  if (parts.size() == 4 && resource == Resource::events) {
    route.event = parts[3];
    route.resource = Resource::event;
    return route;
  }
  if (parts.size() >= 4) {
    if (resource != Resource::nodes) return std::nullopt;
    route.node = parts[3];
    resource = Resource::node;
  }
  if (parts.size() == 5) resource = find(kNodeParts, parts[4]);
  if (parts.size() > 5 || !resource) return std::nullopt;
  route.resource = *resource;
  return route;
}

std::vector<std::string_view> methods_of(Resource resource) {
  std::vector<std::string_view> methods;
  for (const Permission& permission : kPermissions) {
    if (permission.resource == resource) methods.push_back(permission.method);
  }
  return methods;
}

bool allowed(std::string_view peer, std::string_view method, const Route& route) {
  for (const Permission& row : kPermissions) {
    if (row.resource != route.resource || row.method != method) continue;
    switch (role_of(peer)) {
      case Role::none: return false;
      case Role::admin: return row.admin;
      case Role::viewer: return row.viewer;
      case Role::node:
        return row.any_node || (row.own_node && peer.substr(kNodePrefix.size()) == route.node);
    }
  }
  return false;
}

}  // namespace hactl
