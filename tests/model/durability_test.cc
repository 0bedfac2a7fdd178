// The arithmetic of durability against a second implementation that counts nothing: it tries every
// set of standbys, every way to acknowledge, every loss.
#include "model/durability.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/prng.h"

namespace hactl {
namespace {

using Nodes = std::vector<Member>;

Member member(const std::string& name, const std::string& region) {
  Member result;
  result.name = NodeName(name);
  result.region = RegionName(region);
  return result;
}

FormationSpec spec_of(const Nodes& nodes) {
  FormationSpec spec;
  for (const Member& node : nodes) {
    auto region = std::ranges::find(spec.regions, node.region, &RegionSpec::name);
    if (region == spec.regions.end()) {
      spec.regions.emplace_back().name = node.region;
      region = std::prev(spec.regions.end());
    }
    NodeSpec& written = region->nodes.emplace_back();
    written.name = node.name;
    written.replication_quorum = node.replication_quorum;
  }
  return spec;
}

/// Three to seven nodes in one to four regions.
Nodes random_nodes(Prng& random) {
  Nodes nodes;
  const std::int64_t regions = random.between(1, 4);
  const std::int64_t count = random.between(3, 7);
  for (std::int64_t i = 0; i < count; ++i) {
    nodes.push_back(member(std::string(1, static_cast<char>('a' + i)),
                           "r" + std::to_string(random.between(1, regions))));
    nodes.back().replication_quorum = !random.chance(15);
  }
  return nodes;
}

Nodes subset(const Nodes& nodes, unsigned bits) {
  Nodes chosen;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if ((bits >> i & 1U) != 0) chosen.push_back(nodes[i]);
  }
  return chosen;
}

std::vector<Nodes> subsets(const Nodes& nodes) {
  std::vector<Nodes> all;
  for (unsigned bits = 0; bits < 1U << nodes.size(); ++bits)
    all.push_back(subset(nodes, bits));
  return all;
}

std::size_t regions_in(const Nodes& nodes) {
  std::set<RegionName> regions;
  for (const Member& node : nodes)
    regions.insert(node.region);
  return regions.size();
}

/// Whether each commit that `required` of `standbys` and `primary` hold is where it should be.
bool spread_by_trying(const DurabilitySpec& asked, const Member& primary, const Nodes& standbys,
                      int required) {
  return std::ranges::all_of(subsets(standbys), [&](Nodes holders) {
    if (static_cast<int>(holders.size()) < required) return true;
    holders.push_back(primary);
    return static_cast<int>(regions_in(holders)) >= asked.regions.value_or(1) &&
           static_cast<int>(holders.size()) >= asked.nodes.value_or(1);
  });
}

/// Whether, whichever regions are lost, fewer than `asked.regions` and the primary's among them,
/// those who are left meet every set of nodes that may have acknowledged.
bool electable_by_trying(const DurabilitySpec& asked, const Member& primary, const Nodes& all,
                         const Nodes& standbys, int required) {
  return std::ranges::all_of(subsets(all), [&](const Nodes& seeds) {
    std::set<RegionName> lost{primary.region};
    for (const Member& seed : seeds)
      lost.insert(seed.region);
    if (static_cast<int>(lost.size()) >= asked.regions.value_or(1)) return true;
    return std::ranges::all_of(subsets(standbys), [&](const Nodes& holders) {
      if (static_cast<int>(holders.size()) < required) return true;
      return std::ranges::any_of(
          holders, [&](const Member& holder) { return !lost.contains(holder.region); });
    });
  });
}

struct Case {
  Nodes nodes;
  Member primary;
  Nodes standbys;  ///< Those whose acknowledgements count.
  FormationSpec spec;
};

Case random_case(Prng& random) {
  Case one;
  one.nodes = random_nodes(random);
  one.primary = one.nodes[static_cast<std::size_t>(
      random.between(0, static_cast<std::int64_t>(one.nodes.size()) - 1))];
  one.spec = spec_of(one.nodes);
  one.spec.durability = {static_cast<int>(random.between(1, 4)),
                         static_cast<int>(random.between(1, 5))};
  for (const Member& node : one.nodes) {
    if (node.name != one.primary.name && node.replication_quorum) one.standbys.push_back(node);
  }
  return one;
}

Nodes named(const Nodes& nodes, const std::set<NodeName>& names) {
  Nodes chosen = nodes;
  std::erase_if(chosen, [&](const Member& node) { return !names.contains(node.name); });
  return chosen;
}

std::string text_of(const Case& one, const SyncConfig& setting) {
  std::string text = to_string(setting) + " at " + one.primary.name.value + ";";
  for (const Member& node : one.nodes)
    text += " " + node.name.value + ":" + node.region.value + (node.replication_quorum ? "q" : "");
  return text + "; regions " + std::to_string(*one.spec.durability.regions) + ", nodes " +
         std::to_string(*one.spec.durability.nodes);
}

constexpr int kRounds = 1'500;

TEST(Durability, TheChosenSettingIsDurableAndElectableHoweverItIsTried) {
  Prng random(1);
  int met = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Case one = random_case(random);
    const DurabilitySpec& asked = one.spec.durability;
    const SyncConfig setting = setting_when_well(one.spec, one.primary.name);
    if (!meets_durability(one.spec, setting)) continue;
    ++met;
    const Nodes members = named(one.standbys, setting.members);
    ASSERT_TRUE(spread_by_trying(asked, one.primary, members, setting.required))
        << text_of(one, setting);
    ASSERT_TRUE(electable_by_trying(asked, one.primary, one.nodes, members, setting.required))
        << text_of(one, setting);
  }
  EXPECT_GT(met, kRounds / 4);
}

TEST(Durability, NoSettingThatDoesItWaitsForFewerOrHasMoreMembers) {
  Prng random(2);
  for (int round = 0; round < kRounds; ++round) {
    const Case one = random_case(random);
    const DurabilitySpec& asked = one.spec.durability;
    const SyncConfig setting = setting_when_well(one.spec, one.primary.name);
    const bool met = meets_durability(one.spec, setting);
    for (const Nodes& members : subsets(one.standbys)) {
      // What the default of number-sync-standbys asks for is not asked for by durability.
      const int least = std::max(*asked.regions, *asked.nodes) - 1;
      for (int required = 0; required <= static_cast<int>(members.size()); ++required) {
        if (!spread_by_trying(asked, one.primary, members, required)) continue;
        ASSERT_GE(required, least) << text_of(one, setting);
        const bool enough = required >= one.spec.sync_standbys();
        ASSERT_TRUE(met || !enough) << text_of(one, setting);
        if (!met || required != setting.required) continue;
        ASSERT_LE(members.size(), setting.members.size()) << text_of(one, setting);
      }
    }
  }
}

TEST(Durability, WhetherASettingDoesItIsTheSameByCountingAndByTrying) {
  Prng random(3);
  int met = 0;
  for (int round = 0; round < kRounds; ++round) {
    Case one = random_case(random);
    SyncConfig setting;
    setting.primary = one.primary.name;
    const Nodes members = subset(one.standbys, static_cast<unsigned>(random.between(0, 127)));
    for (const Member& each : members)
      setting.members.insert(each.name);
    setting.required =
        static_cast<int>(random.between(0, static_cast<std::int64_t>(members.size())));
    if (setting.required < one.spec.sync_standbys()) continue;
    const bool tried =
        spread_by_trying(one.spec.durability, one.primary, members, setting.required);
    ASSERT_EQ(meets_durability(one.spec, setting), tried) << text_of(one, setting);
    met += tried ? 1 : 0;
  }
  EXPECT_GT(met, kRounds / 20);
}

/// paris a b c, amsterdam d e f, dublin g.
FormationSpec three_regions(DurabilitySpec asked) {
  Nodes nodes;
  for (const char* name : {"a", "b", "c"})
    nodes.push_back(member(name, "paris"));
  for (const char* name : {"d", "e", "f"})
    nodes.push_back(member(name, "amsterdam"));
  nodes.push_back(member("g", "dublin"));
  FormationSpec spec = spec_of(nodes);
  spec.durability = asked;
  return spec;
}

std::string chosen(DurabilitySpec asked, const std::string& primary) {
  return to_string(setting_when_well(three_regions(asked), NodeName(primary)));
}

TEST(Durability, TheFewestAcknowledgementsComeFirstAndThenTheMostMembers) {
  EXPECT_EQ(chosen({2, std::nullopt}, "a"), "ANY 1 (d, e, f, g)");
  EXPECT_EQ(chosen({2, std::nullopt}, "g"), "ANY 1 (a, b, c, d, e, f)");
  // With a copy more, one that comes from the primary's region does no harm; two would.
  EXPECT_EQ(chosen({2, 3}, "a"), "ANY 2 (b, d, e, f, g)");
  EXPECT_EQ(chosen({2, 4}, "a"), "ANY 3 (b, c, d, e, f, g)");
  EXPECT_EQ(chosen({3, std::nullopt}, "a"), "ANY 2 (d, g)");
  EXPECT_EQ(chosen({3, 4}, "g"), "ANY 3 (a, b, d, e)");
  EXPECT_EQ(chosen({std::nullopt, 3}, "a"), "ANY 2 (b, c, d, e, f, g)");
}

TEST(Durability, APrimaryOfNoKnownRegionNeedsARegionMore) {
  const FormationSpec spec = three_regions({2, std::nullopt});
  const Reach reach = reach_from_anywhere(spec);
  const std::set<NodeName> chosen =
      choose_members(reach, RegionName(), {member("a", "paris"), member("d", "amsterdam")});
  EXPECT_EQ(chosen.size(), 2U);
  for (const char* region : {"paris", "amsterdam", "dublin"}) {
    EXPECT_GE(regions_beside(regions_of(spec, RegionName(region), chosen), RegionName(region),
                             reach.acks),
              1)
        << region;
  }
}

TEST(Durability, OfARegionThoseWhoComeFirstAreChosen) {
  const Nodes ranked{member("e", "amsterdam"), member("d", "amsterdam"), member("g", "dublin")};
  const std::set<NodeName> expected{NodeName("e"), NodeName("g")};
  EXPECT_EQ(choose_members({2, 2}, RegionName("paris"), ranked), expected);
}

TEST(Durability, WhoIsInNoKnownRegionIsWorthNoMoreThanTheOwn) {
  const FormationSpec spec = three_regions({2, std::nullopt});
  const SyncConfig known{Epoch(1), ConfigGeneration(1), NodeName("a"), 1, {NodeName("d")}};
  SyncConfig unknown = known;
  unknown.members.insert(NodeName("gone"));
  EXPECT_TRUE(meets_durability(spec, known));
  EXPECT_FALSE(meets_durability(spec, unknown));
  SyncConfig elsewhere = known;
  elsewhere.primary = NodeName("gone");
  EXPECT_FALSE(meets_durability(spec, elsewhere));
}

}  // namespace
}  // namespace hactl
