#include "model/sync_config.h"

#include <gtest/gtest.h>

#include "base/prng.h"

namespace hactl {
namespace {

constexpr int kNodes = 7;

NodeName node(int number) {
  return NodeName(std::string(1, static_cast<char>('a' + number)));
}

std::set<NodeName> subset(unsigned bits) {
  std::set<NodeName> result;
  for (int i = 0; i < kNodes; ++i) {
    if ((bits >> static_cast<unsigned>(i) & 1U) != 0) result.insert(node(i));
  }
  return result;
}

/// The definition, tried out: no set of nodes that could have acknowledged a commit is disjoint
/// from those asked.
bool covers_by_trying(const std::set<NodeName>& asked, const SyncConfig& config) {
  for (unsigned bits = 0; bits < 1U << static_cast<unsigned>(kNodes); ++bits) {
    const std::set<NodeName> holders = subset(bits);
    int acknowledged = 0;
    bool seen = false;
    for (const NodeName& holder : holders) {
      if (config.members.contains(holder)) ++acknowledged;
      if (asked.contains(holder)) seen = true;
    }
    const bool could_be_all = holders.contains(config.primary) && acknowledged >= config.required;
    if (could_be_all && !seen) return false;
  }
  return true;
}

SyncConfig random_config(Prng& random) {
  SyncConfig config;
  config.primary = node(static_cast<int>(random.between(0, kNodes - 1)));
  config.members = subset(static_cast<unsigned>(random.between(0, 127)));
  config.members.erase(config.primary);
  config.required =
      static_cast<int>(random.between(0, static_cast<std::int64_t>(config.members.size())));
  return config;
}

TEST(SyncConfig, CoversAgreesWithTryingEverySetThatCouldHaveAcknowledged) {
  Prng random(1);
  for (int round = 0; round < 500; ++round) {
    const SyncConfig config = random_config(random);
    const std::set<NodeName> asked = subset(static_cast<unsigned>(random.between(0, 127)));
    ASSERT_EQ(covers(asked, config), covers_by_trying(asked, config))
        << to_string(config) << " at " << config.primary.value << ", round " << round;
  }
}

TEST(SyncConfig, AskingMoreNodesNeverCoversLess) {
  Prng random(2);
  for (int round = 0; round < 500; ++round) {
    const SyncConfig config = random_config(random);
    const auto bits = static_cast<unsigned>(random.between(0, 127));
    if (!covers(subset(bits), config)) continue;
    ASSERT_TRUE(covers(subset(bits | static_cast<unsigned>(random.between(0, 127))), config));
  }
}

TEST(SyncConfig, EverySettingThatMayBeInForceCounts) {
  const SyncConfig narrow{Epoch(1), ConfigGeneration(1), node(0), 1, {node(1), node(2)}};
  const SyncConfig wide{Epoch(1), ConfigGeneration(2), node(0), 1, {node(1), node(2), node(3)}};
  EXPECT_TRUE(covers_all({node(1), node(2)}, {narrow}));
  EXPECT_FALSE(covers_all({node(1), node(2)}, {narrow, wide}));
  EXPECT_TRUE(covers_all({node(1), node(2), node(3)}, {narrow, wide}));
  EXPECT_TRUE(covers_all({}, {}));
}

// While ANY 1 (b) becomes ANY 2 (b, c), the walsender of b may let go what only c holds.
TEST(SyncConfig, AChangeOfSettingsCountsTheMembersOfBothByTheSmallerNumber) {
  const SyncConfig before{Epoch(1), ConfigGeneration(1), node(0), 1, {node(1)}};
  const SyncConfig after{Epoch(1), ConfigGeneration(2), node(0), 2, {node(1), node(2)}};
  EXPECT_TRUE(covers({node(1)}, before));
  EXPECT_TRUE(covers({node(1)}, after));
  EXPECT_FALSE(covers_all({node(1)}, {before, after}));
  EXPECT_TRUE(covers_all({node(1), node(2)}, {before, after}));
  EXPECT_TRUE(covers_all({node(0)}, {before, after}));
  SyncConfig of_another_epoch = after;
  of_another_epoch.epoch = Epoch(2);
  EXPECT_TRUE(covers_all({node(1)}, {before, of_another_epoch}));
}

TEST(SyncConfig, WithoutSynchronousStandbysOnlyThePrimaryKnows) {
  const SyncConfig none{Epoch(1), ConfigGeneration(1), node(0), 0, {node(1)}};
  EXPECT_FALSE(covers({node(1), node(2)}, none));
  EXPECT_TRUE(covers({node(0)}, none));
}

TEST(SyncConfig, IsWrittenAsPostgresReadsIt) {
  EXPECT_EQ(to_string(SyncConfig{Epoch(1), ConfigGeneration(1), node(0), 1, {node(1), node(2)}}),
            "ANY 1 (b, c)");
  EXPECT_EQ(to_string(SyncConfig{}), "none");
}

TEST(SyncConfig, WhatWasWrittenIsReadAsItWas) {
  for (const std::string text : {"none", "ANY 1 (b)", "ANY 12 (b, c-2, d)"}) {
    const std::optional<SyncConfig> read = parse_setting(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(to_string(*read), text);
  }
  for (const std::string text : {"", "ANY", "ANY 0 (b)", "ANY 1 ()", "ANY 1 (b", "FIRST 1 (b)"})
    EXPECT_FALSE(parse_setting(text)) << text;
}

}  // namespace
}  // namespace hactl
