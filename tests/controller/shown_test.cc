#include "controller/shown.h"

#include <gtest/gtest.h>

namespace hactl {
namespace {

using Json = nlohmann::json;

Json node(bool healthy, const char* message, const char* lsn) {
  return {{"name", "a"}, {"healthy", healthy}, {"message", message}, {"lsn", lsn}};
}

Json formation(const Json& node, const char* version) {
  return {{"metadata", {{"resource-version", version}}}, {"status", {{"nodes", {node}}}}};
}

TEST(Shown, HowFarANodesWalReachesIsNoChange) {
  const Json early = formation(node(true, "the formation's primary", "0/1"), "1.1");
  const Json later = formation(node(true, "the formation's primary", "0/2"), "1.2");
  EXPECT_EQ(comparable_of(ShownKind::formation, early), comparable_of(ShownKind::formation, later));
  const Json ill = formation(node(false, "the formation's primary", "0/2"), "1.2");
  EXPECT_NE(comparable_of(ShownKind::formation, later), comparable_of(ShownKind::formation, ill));
}

TEST(Shown, ALagIsNoChange) {
  Json late = node(true, "", "0/1");
  late["lag-bytes"] = 4'096;
  late["lag-seconds"] = 3;
  EXPECT_EQ(comparable_of(ShownKind::formation, formation(late, "1.1")),
            comparable_of(ShownKind::formation, formation(node(true, "", "0/2"), "1.1")));
}

TEST(Shown, WhatANodeDoesIsAChange) {
  const auto comparable = [](const char* message, const char* lsn) {
    Json object = node(false, message, lsn);
    object["metadata"]["resource-version"] = lsn;
    return comparable_of(ShownKind::node, object);
  };
  EXPECT_NE(comparable("starting", "0/1"), comparable("rewinding", "0/1"));
  EXPECT_EQ(comparable("starting", "0/1"), comparable("starting", "0/2"));
}

}  // namespace
}  // namespace hactl
