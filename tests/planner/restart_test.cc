// A restart that an operator asked for: every node once, one at a time, the primary last.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/limits.h"
#include "planner/decide.h"
#include "planner/preview.h"
#include "tests/planner/obedient_world.h"

namespace hactl::testing {
namespace {

/// Three nodes at peace, of which those named are to restart.
ObedientWorld restarting(const std::set<NodeName>& names, FormationSpec spec = three_nodes()) {
  ObedientWorld world(std::move(spec));
  world.settle();
  world.events.clear();
  world.generation = Generation(2);
  world.record.restarts = names;
  return world;
}

/// Whom the plan tells to restart.
std::vector<std::string> told(const Plan& plan) {
  std::vector<std::string> names;
  for (const auto& [name, goal] : plan.goals) {
    if (goal.restart != 0) names.push_back(name.value);
  }
  return names;
}

const std::set<NodeName> kAll{NodeName("a"), NodeName("b"), NodeName("c")};

TEST(Restart, GoesOverEveryStandbyAndThenMovesThePrimary) {
  ObedientWorld world = restarting(kAll);
  std::vector<std::string> order;
  world.planned = [&](const Plan& plan) {
    if (plan.record) return;
    EXPECT_LE(told(plan).size(), 1U);
    for (const std::string& name : told(plan)) {
      EXPECT_EQ(world.record.primary, NodeName("a")) << "the primary has its turn last";
      world.report(name).restart_done = plan.goals.at(NodeName(name)).restart;
      order.push_back(name);
    }
  };
  world.settle();
  EXPECT_EQ(order, (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(std::ranges::count(world.events, "NodeRestarted"), 2);
  EXPECT_TRUE(before(world.events, "NodeRestarted", "SwitchoverStarted"));
  EXPECT_TRUE(world.record.restarts.empty());
  EXPECT_EQ(world.condition("Converged"), "True every node is as the spec says");
}

TEST(Restart, TheOrderStandsWhileTheNodeIsDownForIt) {
  ObedientWorld world = restarting({NodeName("b")});
  const std::vector<std::string> b{"b"};
  EXPECT_EQ(told(world.next()), b);
  std::vector<SenderView>& senders = world.report("a").primary->senders;
  std::erase_if(senders, [](const SenderView& sender) { return sender.node == NodeName("b"); });
  EXPECT_EQ(told(world.next()), b);
  // But nobody is taken down while another one is missing.
  senders.clear();
  EXPECT_TRUE(told(world.next()).empty());
}

// It notes the restart when it has stopped; the primary may not have seen that yet.
TEST(Restart, TheNextOneWaitsUntilTheOneBeforeIsBack) {
  ObedientWorld world = restarting(kAll);
  NodeReport& b = world.report("b");
  const NodeReport running = b;
  b.state = NodeState::stopped;
  b.receiver.reset();
  b.restart_done = world.generation.value;
  while (const std::optional<FormationRecord> decided = world.next().record)
    world.record = *decided;
  EXPECT_FALSE(world.record.restarts.contains(NodeName("b")));
  EXPECT_TRUE(told(world.next()).empty());
  const std::uint64_t done = b.restart_done;
  b = running;
  b.restart_done = done;
  EXPECT_EQ(told(world.next()), std::vector<std::string>{"c"});
  // Nor has the primary its turn while the last one is not back.
  NodeReport& c = world.report("c");
  c.state = NodeState::stopped;
  c.receiver.reset();
  c.restart_done = done;
  while (const std::optional<FormationRecord> decided = world.next().record)
    world.record = *decided;
  EXPECT_EQ(world.record.phase, Phase::stable);
  EXPECT_TRUE(told(world.next()).empty());
}

// It is up, and of its walsender the primary tells what it saw before.
TEST(Restart, WhoHasJustBeenRestartedTakesOverWhenItSaysItselfThatItReceives) {
  ObedientWorld world = restarting({});
  world.record.request = MoveRequest{NodeName("c"), std::nullopt};
  NodeReport& c = world.report("c");
  const NodeReport running = c;
  c.restart_done = world.generation.value;
  c.receiver.reset();
  const auto move = [&] {
    Facts facts(world.spec, world.generation, world.record, world.observed, world.now);
    return wanted_move(facts);
  };
  EXPECT_FALSE(move());
  c.receiver = running.receiver;
  ASSERT_TRUE(move());
  EXPECT_EQ(move()->to, NodeName("c"));
}

TEST(Restart, ThePrimaryWaitsForTheOneThatCouldTakeOver) {
  FormationSpec spec = three_nodes();
  spec.regions[0].nodes[1].candidate_priority = 0;
  ObedientWorld world = restarting({NodeName("a")}, spec);
  NodeReport& c = world.report("c");
  const NodeReport running = c;
  c.state = NodeState::stopped;
  c.receiver.reset();
  const auto move = [&] {
    Facts facts(world.spec, world.generation, world.record, world.observed, world.now);
    return wanted_move(facts);
  };
  EXPECT_TRUE(told(world.next()).empty());
  EXPECT_FALSE(move());
  c = running;
  ASSERT_TRUE(move());
  EXPECT_EQ(move()->to, NodeName("c"));
  // Who is not heard is not waited for.
  c = NodeReport(running);
  c.state = NodeState::stopped;
  c.receiver.reset();
  world.observed.nodes[NodeName("c")].received_at = world.now - kSilentAfter;
  EXPECT_EQ(told(world.next()), std::vector<std::string>{"a"});
}

TEST(Restart, APrimaryThatNobodyCanFollowIsRestartedWhereItIs) {
  FormationSpec spec = three_nodes();
  spec.regions[0].nodes[1].candidate_priority = 0;
  spec.regions[0].nodes[2].candidate_priority = 0;
  ObedientWorld world = restarting({NodeName("a")}, spec);
  const std::vector<std::string> a{"a"};
  EXPECT_EQ(told(world.next()), a);
  // Down for it, it still hears that it is to restart, and so notes that it has.
  world.stop_postgres("a");
  EXPECT_EQ(told(world.next()), a);
}

TEST(Restart, IsDoneOnlyWhenTheNodeHasSaidSo) {
  ObedientWorld world = restarting({NodeName("b")});
  world.kill("b");
  world.settle();
  EXPECT_EQ(world.record.restarts, std::set{NodeName("b")});
  EXPECT_EQ(world.condition("Converged").substr(0, 5), "False");
  world.revive("b");
  world.report("b").restart_done = world.generation.value;
  world.settle();
  EXPECT_TRUE(world.record.restarts.empty());
}

TEST(Restart, WhoHasLeftTheSpecNeedNotRestart) {
  ObedientWorld world = restarting({NodeName("gone")});
  world.settle();
  EXPECT_TRUE(world.record.restarts.empty());
}

TEST(Restart, IsForetold) {
  ObedientWorld world = restarting(kAll);  // b has been told already.
  const Preview shown =
      preview(world.spec, world.generation, {&world.spec, world.record, world.observed, world.now});
  std::vector<std::string> titles;
  for (const PreviewStep& step : shown.steps)
    titles.push_back(step.title);
  EXPECT_EQ(titles, (std::vector<std::string>{
                        "generation 2: a is the primary that the spec prefers",
                        "c restarts, as was asked for",
                        "the primary moves from a to b: a must restart, as was asked for"}));
  EXPECT_TRUE(shown.converges) << shown.blocked;
}

}  // namespace
}  // namespace hactl::testing
