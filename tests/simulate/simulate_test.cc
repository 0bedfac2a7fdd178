#include "simulate/simulate.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/prng.h"
#include "sim/world.h"

namespace hactl {
namespace {

FormationSpec three_nodes(std::optional<int> sync = std::nullopt) {
  FormationSpec spec;
  RegionSpec paris;
  paris.name = RegionName("paris");
  for (const char* name : {"a", "b", "c"}) {
    NodeSpec node;
    node.name = NodeName(name);
    node.host = std::string("10.0.0.") + name;
    paris.nodes.push_back(node);
  }
  spec.regions.push_back(paris);
  spec.number_sync_standbys = sync;
  return spec;
}

std::vector<Loss> losses(const FormationSpec& spec, const std::vector<std::string>& words) {
  std::vector<Loss> all;
  for (const std::string& word : words) {
    const Result<Loss> loss = parse_loss(spec, word);
    EXPECT_TRUE(loss.ok()) << loss.error().message;
    all.push_back(*loss);
  }
  return all;
}

Outcome after(const FormationSpec& spec, const std::vector<std::string>& words) {
  const Result<Outcome> outcome = simulate(spec, losses(spec, words));
  EXPECT_TRUE(outcome.ok()) << outcome.error().message;
  return *outcome;
}

TEST(Simulate, AnotherNodeTakesOverWithEveryCommit) {
  const FormationSpec spec = three_nodes();
  const NodeName first = after(spec, {"node/c"}).primary;
  const Outcome outcome = after(spec, {"node/" + first.value});
  EXPECT_TRUE(outcome.survives());
  ASSERT_TRUE(outcome.successor);
  EXPECT_NE(*outcome.successor, first);
  EXPECT_EQ(what_to_do(spec, outcome)[0], "nothing: what comes back joins by itself");
}

TEST(Simulate, WritesStopWhenNoNodeIsLeftThatMustHoldTheCommits) {
  const FormationSpec spec = three_nodes();
  const NodeName first = after(spec, {"node/c"}).primary;
  const std::string other = first == NodeName("b") ? "c" : "b";
  const Outcome outcome = after(spec, {"node/" + first.value, "node/" + other});
  EXPECT_FALSE(outcome.writes_go_on());
  EXPECT_TRUE(outcome.may_be_on_lost_nodes_only);
  EXPECT_EQ(outcome.holders, (std::set<NodeName>{first, NodeName(other)}));
  EXPECT_NE(outcome.reason, "");
  EXPECT_EQ(what_to_do(spec, outcome).back(),
            "or accept the loss: hactl failover --accept-data-loss=any");
}

TEST(Simulate, CommitsThatWaitForNobodyMayBeLost) {
  const FormationSpec spec = three_nodes(0);
  const NodeName first = after(spec, {"node/c"}).primary;
  const Outcome outcome = after(spec, {"node/" + first.value});
  EXPECT_TRUE(outcome.writes_go_on());
  EXPECT_TRUE(outcome.loses_commits());
  EXPECT_FALSE(outcome.survives());
}

TEST(Simulate, ALinkBetweenTwoStandbysHurtsNobody) {
  const FormationSpec spec = three_nodes();
  const Outcome outcome = after(spec, {"link/b~c"});
  EXPECT_TRUE(outcome.survives());
}

TEST(Loss, SaysWhatIsWrongWithIt) {
  const FormationSpec spec = three_nodes();
  EXPECT_EQ(parse_loss(spec, "node/x").error().message,
            "there is no node \"x\" in the file: it has a, b, c");
  EXPECT_EQ(parse_loss(spec, "paris").error().message,
            "\"paris\" is none of node/NAME, region/NAME and link/A~B");
  EXPECT_EQ(parse_loss(spec, "link/paris").error().message,
            "\"link/paris\" needs two sides, as link/paris~amsterdam");
  EXPECT_EQ(to_string(*parse_loss(spec, "link/a~controller")), "link/a~controller");
}

TEST(Loss, EverySetIsNamedOnce) {
  FormationSpec spec = three_nodes();
  EXPECT_EQ(every_loss(spec, 1, 100).size(), 3U);
  EXPECT_EQ(every_loss(spec, 2, 100).size(), 6U);
  EXPECT_EQ(every_loss(spec, 3, 100).size(), 7U);
  EXPECT_EQ(every_loss(spec, 3, 5).size(), 5U);
  RegionSpec rome;
  rome.name = RegionName("rome");
  rome.nodes.emplace_back().name = NodeName("d");
  rome.nodes.back().host = "10.0.1.1";
  spec.regions.push_back(rome);
  // Of the 15 pairs of 4 nodes and 2 regions four name a node beside its region.
  EXPECT_EQ(every_loss(spec, 2, 100).size(), 6U + 11U);
}

/// Whether every way in which `required` members and the primary can hold a commit leaves one of
/// them alive: by looking at each way, and not by counting.
bool kept_whatever_happened(const Outcome& outcome) {
  const std::vector<NodeName> members(outcome.setting.members.begin(),
                                      outcome.setting.members.end());
  for (unsigned ways = 0; ways < (1U << members.size()); ++ways) {
    std::set<NodeName> holders{outcome.primary};
    for (std::size_t i = 0; i < members.size(); ++i) {
      if ((ways >> i & 1U) != 0) holders.insert(members[i]);
    }
    if (static_cast<int>(holders.size()) - 1 < outcome.setting.required) continue;
    const bool alive = std::ranges::any_of(
        holders, [&](const NodeName& node) { return !outcome.lost.contains(node); });
    if (!alive) return false;
  }
  return true;
}

TEST(Simulate, SaysTheSameOfLossesAsLookingAtEveryWay) {
  constexpr int kFormations = 25;
  for (std::uint64_t seed = 1; seed <= kFormations; ++seed) {
    Prng prng(seed);
    const FormationSpec spec = random_spec(prng, static_cast<int>(prng.between(2, 5)));
    const std::vector<std::vector<Loss>> all = every_loss(spec, 2, 100);
    const auto last = static_cast<std::int64_t>(all.size()) - 1;
    const std::vector<Loss>& lost = all[static_cast<std::size_t>(prng.between(0, last))];
    const Result<Outcome> outcome = simulate(spec, lost);
    ASSERT_TRUE(outcome.ok()) << "seed " << seed << ": " << outcome.error().message;
    EXPECT_EQ(!outcome->may_be_on_lost_nodes_only, kept_whatever_happened(*outcome)) << seed;
    // A primary that was not told to lose anything is only followed by one that has everything.
    if (outcome->setting.required > 0 && spec.when_short == WhenShort::block) {
      EXPECT_FALSE(outcome->loses_commits()) << seed;
    }
  }
}

}  // namespace
}  // namespace hactl
