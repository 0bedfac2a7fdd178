// What is told of formations in certain states, compared with files byte for byte.
#include "why/facts_text.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/planner/obedient_world.h"

#include "why/replay.h"
#include "why/ways_out.h"

namespace hactl::testing {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string lines_of(const std::vector<Fact>& facts) {
  std::string text;
  for (const Fact& fact : facts)
    text += "  " + fact.about + ": " + fact.text + "\n";
  return text;
}

/// Everything that is told of the formation, and of one node.
std::string told(const ObedientWorld& world, const std::string& node) {
  const PlanInputs inputs{world.spec, world.generation, world.record, world.observed, world.now};
  const Plan answer = decide_again(inputs);
  std::string text = "formation:\n" + lines_of(facts_of_formation(inputs));
  for (const Decision& decision : answer.decisions) {
    if (!decision.node)
      text += "decides: " + std::to_string(decision.rule) + " " + decision.why + "\n";
  }
  for (const std::string& way : ways_out(inputs, answer))
    text += "way out: " + way + "\n";
  const NodeName name(node);
  text += "node " + node + ": " + goal_text(answer.goals.at(name)) + "\n";
  return text + lines_of(facts_of_node(inputs, name));
}

/// Three nodes at peace, with some WAL.
ObedientWorld three_nodes_with_wal() {
  ObedientWorld world(three_nodes());
  world.settle();
  world.report("a").position.lsn = Lsn(0x5000148);
  world.settle();
  return world;
}

void expect_golden(const std::string& name, const std::string& actual) {
  const auto golden =
      std::filesystem::path(HACTL_SOURCE_DIR) / "tests/why/testdata" / (name + ".txt");
  if (std::getenv("HACTL_REWRITE") != nullptr) std::ofstream(golden) << actual;
  EXPECT_EQ(read_file(golden), actual) << "HACTL_REWRITE=1 rewrites the file; review the diff";
}

TEST(FactsText, OfAFormationAtPeace) {
  ObedientWorld world(three_regions());
  world.settle();
  expect_golden("peace", told(world, "paris-b"));
}

TEST(FactsText, OfAFormationThatHasNoDataYet) {
  const ObedientWorld world(three_nodes());
  expect_golden("bootstrap", told(world, "a"));
}

TEST(FactsText, OfALostPrimaryWhoseStandbysMayNotTakeOver) {
  ObedientWorld world = three_nodes_with_wal();
  world.kill("b");
  world.kill("c");
  world.settle();
  world.stop_postgres("a");
  world.settle();
  expect_golden("blocked", told(world, "b"));
}

TEST(FactsText, OfABallotThatLacksAWord) {
  ObedientWorld world = three_nodes_with_wal();
  world.stop_postgres("a");
  world.after_decision = [&](const FormationRecord& record) {
    if (record.phase == Phase::collect) world.kill("b");
  };
  world.settle();
  ASSERT_EQ(world.record.phase, Phase::collect);
  expect_golden("ballot", told(world, "c"));
}

TEST(FactsText, OfASwitchoverUnderWay) {
  ObedientWorld world = three_nodes_with_wal();
  world.record.request = MoveRequest{NodeName("c"), std::nullopt};
  world.record = *world.next().record;
  world.observed.phase_since = world.now;
  ASSERT_EQ(world.record.phase, Phase::switchover);
  expect_golden("switchover", told(world, "a"));
}

TEST(WaysOut, NameTheFewestNodesWhoseReturnSuffices) {
  ObedientWorld world = three_nodes_with_wal();
  world.kill("b");
  world.kill("c");
  world.stop_postgres("a");
  world.settle();
  const PlanInputs inputs{world.spec, world.generation, world.record, world.observed, world.now};
  const std::vector<std::set<NodeName>> expected{{NodeName("a")}, {NodeName("b"), NodeName("c")}};
  EXPECT_EQ(returns_that_help(inputs, decide_again(inputs)), expected);
  // And so it is: each of them does, and nothing less.
  ObedientWorld other = world;
  other.revive("b");
  other.settle();
  EXPECT_NE(other.condition("Available").substr(0, 4), "True");
  other.revive("c");
  other.settle();
  EXPECT_EQ(other.condition("Available").substr(0, 4), "True");
}

}  // namespace
}  // namespace hactl::testing
