// spec.durability as the planner keeps it: from the first standby to the loss of a region.
#include "model/durability.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/prng.h"
#include "tests/planner/obedient_world.h"

namespace hactl::testing {
namespace {

/// Paris in front; every region may take over, and every node's acknowledgement counts.
FormationSpec durable_regions(DurabilitySpec asked) {
  FormationSpec spec = three_regions();
  spec.number_sync_standbys.reset();
  spec.durability = asked;
  int priority = 60;
  for (RegionSpec& region : spec.regions) {
    region.replication_quorum = true;
    region.candidate_priority = priority;
    priority -= 20;
  }
  return spec;
}

std::string setting_of(const ObedientWorld& world) {
  return to_string(world.record.in_force.back());
}

void kill_region(ObedientWorld& world, const std::string& region) {
  for (const Member& member : world.spec.members()) {
    if (member.region == RegionName(region)) world.kill(member.name.value);
  }
}

/// Holds every decision from now on to it that nothing on record lets go of less than is asked.
void hold_to_durability(ObedientWorld& world) {
  world.after_decision = [&world](const FormationRecord& record) {
    for (const SyncConfig& config : with_mixtures(record.in_force)) {
      EXPECT_TRUE(meets_durability(world.spec, config))
          << to_string(config) << " at " << config.primary.value;
    }
  };
}

TEST(Durability, CommitsWaitForOtherRegionsAsSoonAsTheyHaveJoined) {
  ObedientWorld world(durable_regions({2, std::nullopt}));
  world.settle();
  EXPECT_EQ(setting_of(world), "ANY 1 (amsterdam-a, amsterdam-b, amsterdam-c, dublin-a)");
  EXPECT_EQ(world.condition("Durable"),
            "True commits wait for ANY 1 (amsterdam-a, amsterdam-b, amsterdam-c, dublin-a)");
  EXPECT_EQ(world.condition("Converged"), "True every node is as the spec says");
}

TEST(Durability, IsSaidToBeMissingUntilOtherRegionsHaveJoined) {
  ObedientWorld world(durable_regions({2, std::nullopt}));
  kill_region(world, "amsterdam");
  kill_region(world, "dublin");
  world.settle();
  EXPECT_EQ(setting_of(world), "ANY 1 (paris-b, paris-c)");
  EXPECT_EQ(world.condition("Durable"),
            "False commits wait for ANY 1 (paris-b, paris-c), by which they need not be in 2 "
            "regions yet");
  world.revive("dublin-a");
  world.settle();
  EXPECT_EQ(setting_of(world), "ANY 1 (dublin-a)");
}

TEST(Durability, ARegionThatTakesOverWaitsForAnotherOne) {
  ObedientWorld world(durable_regions({2, std::nullopt}));
  world.settle();
  hold_to_durability(world);
  kill_region(world, "paris");
  world.settle();
  EXPECT_EQ(world.record.primary, NodeName("amsterdam-a"));
  EXPECT_EQ(setting_of(world), "ANY 1 (dublin-a)");
  EXPECT_EQ(world.condition("Available"), "True amsterdam-a takes writes");
}

TEST(Durability, WritesWaitAndSayForWhomWhenEveryOtherRegionIsLost) {
  ObedientWorld world(durable_regions({2, std::nullopt}));
  world.settle();
  hold_to_durability(world);
  const std::string before = setting_of(world);
  kill_region(world, "amsterdam");
  kill_region(world, "dublin");
  world.settle();
  EXPECT_EQ(setting_of(world), before);
  EXPECT_EQ(world.condition("Durable"),
            "False commits wait: 0 of 1 needed standbys stream; writes resume when one of "
            "amsterdam-a, amsterdam-b, amsterdam-c, dublin-a returns");
  world.revive("amsterdam-c");
  world.settle();
  EXPECT_EQ(setting_of(world), "ANY 1 (amsterdam-c)");
  EXPECT_TRUE(world.condition("Durable").starts_with("True"));
}

TEST(Durability, ANewPrimaryStaysClosedUntilAnotherRegionHoldsItsBeginning) {
  FormationSpec spec = durable_regions({2, std::nullopt});
  spec.regions.pop_back();
  ObedientWorld world(spec);
  world.settle();
  hold_to_durability(world);
  kill_region(world, "paris");
  std::string opening;
  world.planned = [&](const Plan& plan) {
    const auto& next = plan.record;
    if (next && next->phase == Phase::promote) opening = to_string(next->in_force.back());
  };
  world.settle();
  EXPECT_EQ(opening, "ANY 1 (paris-a, paris-b, paris-c)");
}

TEST(Durability, TheTargetsSettingIsOnRecordBeforeThePrimaryMoves) {
  ObedientWorld world(durable_regions({2, 3}));
  world.settle();
  EXPECT_EQ(setting_of(world), "ANY 2 (amsterdam-a, amsterdam-b, amsterdam-c, dublin-a, paris-b)");
  hold_to_durability(world);
  world.record.request = MoveRequest{std::nullopt, RegionName("amsterdam")};
  std::string armed;
  world.planned = [&](const Plan& plan) {
    const auto& next = plan.record;
    if (next && next->phase == Phase::switchover) armed = to_string(next->in_force.back());
  };
  world.settle();
  EXPECT_EQ(armed, "ANY 2 (amsterdam-b, dublin-a, paris-a, paris-b, paris-c)");
  EXPECT_EQ(world.record.primary, NodeName("amsterdam-a"));
  EXPECT_EQ(setting_of(world), armed);
}

TEST(Durability, OneOfARegionGivesWayToAnotherByLeavingFirst) {
  ObedientWorld world(durable_regions({2, 3}));
  world.settle();
  hold_to_durability(world);
  std::vector<std::string> settings;
  world.planned = [&](const Plan& plan) {
    if (plan.record) settings.push_back(to_string(plan.record->in_force.back()));
  };
  world.kill("paris-b");
  world.settle();
  settings.erase(std::unique(settings.begin(), settings.end()), settings.end());
  const std::vector<std::string> expected{
      "ANY 2 (amsterdam-a, amsterdam-b, amsterdam-c, dublin-a)",
      "ANY 2 (amsterdam-a, amsterdam-b, amsterdam-c, dublin-a, paris-c)"};
  EXPECT_EQ(settings, expected);
}

TEST(Durability, WithNobodyToSpareTheMissingOneIsWaitedForByName) {
  ObedientWorld world(durable_regions({3, std::nullopt}));
  world.settle();
  EXPECT_EQ(setting_of(world), "ANY 2 (amsterdam-a, dublin-a)");
  hold_to_durability(world);
  world.kill("amsterdam-a");
  world.settle();
  EXPECT_EQ(setting_of(world), "ANY 2 (amsterdam-a, dublin-a)");
  EXPECT_EQ(world.condition("Durable"),
            "False commits wait: 1 of 2 needed standbys stream; writes resume when amsterdam-a "
            "returns");
  // The way out that is a user's: to say that it does not count any more.
  world.after_decision = {};
  world.spec.regions[1].nodes[0].replication_quorum = false;
  world.generation = Generation(2);
  world.settle();
  EXPECT_EQ(setting_of(world), "ANY 2 (amsterdam-b, dublin-a)");
}

TEST(Durability, AskedForLaterItReplacesWhatCommitsWaitedFor) {
  FormationSpec spec = durable_regions({});
  ObedientWorld world(spec);
  world.settle();
  world.spec.durability = {2, std::nullopt};
  world.generation = Generation(2);
  world.settle();
  EXPECT_EQ(setting_of(world), "ANY 1 (amsterdam-a, amsterdam-b, amsterdam-c, dublin-a)");
  EXPECT_EQ(world.condition("Converged"), "True every node is as the spec says");
}

TEST(Durability, IsNotGivenUpWhoeverComesAndGoes) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Prng random(seed);
    ObedientWorld world(durable_regions(
        {static_cast<int>(random.between(1, 3)), static_cast<int>(random.between(1, 5))}));
    world.settle();
    hold_to_durability(world);
    for (int turn = 0; turn < 12 && !::testing::Test::HasFailure(); ++turn) {
      for (const Member& member : world.spec.members()) {
        if (random.chance(75)) {
          world.revive(member.name.value);
        } else {
          world.kill(member.name.value);
        }
      }
      world.settle();
    }
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace hactl::testing
