#include "controller/access.h"

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace hactl {
namespace {

constexpr const char* kFormation = "/apis/hactl/v1/formations/default";

struct Cell {
  const char* method;
  std::string path;
  bool admin = false;
  bool viewer = false;
  bool own_node = false;
  bool other_node = false;
};

std::string below(const char* rest) {
  return std::string(kFormation) + rest;
}

// Every method of every resource, and what each role may.
const std::vector<Cell>& cells() {
  static const std::vector<Cell> kCells{
      {"GET", "/apis/hactl/v1/formations", true, true, false, false},
      {"POST", "/apis/hactl/v1/formations", true, false, false, false},
      {"GET", kFormation, true, true, false, false},
      {"PUT", kFormation, true, false, false, false},
      {"PATCH", kFormation, true, false, false, false},
      {"DELETE", kFormation, true, false, false, false},
      {"GET", below("/status"), true, true, false, false},
      {"GET", below("/plan"), true, true, false, false},
      {"POST", below("/plan"), true, false, false, false},
      {"GET", below("/nodes"), true, true, false, false},
      {"GET", below("/nodes/a"), true, true, false, false},
      {"POST", below("/nodes/a/report"), true, false, true, false},
      {"GET", below("/nodes/a/goal"), true, false, true, false},
      {"GET", below("/events"), true, true, false, false},
      {"GET", below("/events/default.3000"), true, true, false, false},
      {"GET", below("/decision"), true, true, false, false},
      {"POST", below("/switchover"), true, false, false, false},
      {"POST", below("/failover"), true, false, false, false},
      {"GET", below("/revisions"), true, true, false, false},
      {"POST", below("/pause"), true, false, false, false},
      {"POST", below("/resume"), true, false, false, false},
      {"POST", below("/restart"), true, false, false, false},
      {"GET", below("/credentials"), true, false, false, false},
      {"GET", "/apis/hactl/v1/agents", true, true, false, false},
      {"GET", "/apis/hactl/v1/controllers", true, true, false, false},
      {"GET", "/healthz", true, true, true, true},
      {"GET", "/readyz", true, true, true, true},
      {"GET", "/metrics", true, true, false, false},
      {"GET", "/openapi/v3", true, true, false, false},
  };
  return kCells;
}

bool may(const char* peer, const Cell& cell) {
  const std::optional<Route> route = parse_route(cell.path);
  EXPECT_TRUE(route.has_value()) << cell.path;
  return route && allowed(peer, cell.method, *route);
}

TEST(Access, AllowsEachRoleExactlyWhatItsTableSays) {
  for (const Cell& cell : cells()) {
    SCOPED_TRACE(std::string(cell.method) + " " + cell.path);
    EXPECT_EQ(may("admin", cell), cell.admin);
    EXPECT_EQ(may("viewer", cell), cell.viewer);
    EXPECT_EQ(may("node:a", cell), cell.own_node);
    EXPECT_EQ(may("node:b", cell), cell.other_node);
    for (const char* nobody : {"", "controller", "Admin", "admin ", "node:", "node", "a"}) {
      EXPECT_FALSE(may(nobody, cell)) << nobody;
    }
  }
}

TEST(Access, KnowsEveryMethodThatTheTableTests) {
  std::map<Resource, std::vector<std::string>> tested;
  for (const Cell& cell : cells()) {
    tested[parse_route(cell.path)->resource].emplace_back(cell.method);
  }
  constexpr std::size_t kResources = 24;
  EXPECT_EQ(tested.size(), kResources);
  for (const auto& [resource, methods] : tested) {
    const std::vector<std::string_view> known = methods_of(resource);
    EXPECT_EQ(std::vector<std::string>(known.begin(), known.end()), methods);
  }
}

TEST(Access, DeniesMethodsThatNoRowNames) {
  for (const char* method : {"TRACE", "HEAD", "OPTIONS", "get", ""}) {
    for (const Cell& cell : cells()) {
      EXPECT_FALSE(allowed("admin", method, *parse_route(cell.path)));
    }
  }
}

TEST(Access, FindsNoRouteForOtherPaths) {
  for (const char* path :
       {"", "/", "/apis", "/apis/hactl/v1", "/apis/hactl/v1/", "/apis/hactl/v2/formations",
        "/apis/hactl/v1/formations/", "/apis/hactl/v1/formations/x/", "/apis/hactl/v1/agents/x",
        "/apis/hactl/v1/formations/x/nodes/", "/apis/hactl/v1/formations/x/nodes/a/",
        "/apis/hactl/v1/formations/x/nodes/a/other", "/apis/hactl/v1/formations/x/events/1/2",
        "/apis/hactl/v1/formations/x/nodes/a/goal/b", "/healthz/", "/healthz/x"}) {
    EXPECT_FALSE(parse_route(path).has_value()) << path;
  }
}

TEST(Access, TakesPathsApart) {
  const std::optional<Route> route =
      parse_route("/apis/hactl/v1/formations/default/nodes/paris-a/goal");
  ASSERT_TRUE(route.has_value());
  EXPECT_EQ(route->resource, Resource::goal);
  EXPECT_EQ(route->formation, "default");
  EXPECT_EQ(route->node, "paris-a");
}

}  // namespace
}  // namespace hactl
