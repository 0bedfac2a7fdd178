#include "why/replay.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "base/prng.h"
#include "tests/planner/obedient_world.h"
#include "tests/why/same_answer.h"

namespace hactl::testing {
namespace {

PlanInputs inputs_of(const ObedientWorld& world) {
  return {world.spec, world.generation, world.record, world.observed, world.now};
}

/// Every decision, and every new reason to wait, is asked for again.
struct Replayed {
  explicit Replayed(ObedientWorld& world) {
    world.planned = [this, &world](const Plan& plan) {
      if (!plan.record && plan.decisions == last) return;
      last = plan.decisions;
      ++count;
      expect_same_answer({inputs_of(world), plan});
    };
  }
  std::vector<Decision> last;
  int count = 0;
};

/// Kills, revives, hangs, asks and edits, as the seed says.
void disturb(ObedientWorld& world, Prng& random) {
  std::vector<NodeName> names;
  for (const Member& member : world.spec.members())
    names.push_back(member.name);
  const auto last = static_cast<std::int64_t>(names.size()) - 1;
  const NodeName node = names[static_cast<std::size_t>(random.between(0, last))];
  switch (random.between(0, 6)) {
    case 0: world.kill(node.value); break;
    case 1: world.stop_postgres(node.value); break;
    case 2: world.hung = {node}; break;
    case 3: world.record.request = MoveRequest{node, std::nullopt}; break;
    case 4:
      world.generation = world.generation.next();
      for (RegionSpec& region : world.spec.regions)
        region.candidate_priority = static_cast<int>(random.between(1, 90));
      break;
    default:
      world.hung.clear();
      for (const NodeName& each : names) {
        if (world.dead.contains(each)) world.revive(each.value);
      }
  }
}

TEST(Replay, EveryDecisionOfAnObedientRunIsMadeAgainTheSame) {
  constexpr std::uint64_t kSeeds = 12;
  constexpr int kDisturbances = 12;
  int replayed = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng random(seed);
    ObedientWorld world(random.chance(50) ? three_regions() : three_nodes());
    world.spec.postgres.parameters = {{"work_mem", "8MB"}};
    Replayed all(world);
    for (int i = 0; i < kDisturbances; ++i) {
      world.settle();
      disturb(world, random);
    }
    replayed += all.count;
  }
  EXPECT_GT(replayed, 400);
}

TEST(Replay, AnswersOfTheNextRecordNeedNoOtherInputs) {
  ObedientWorld world(three_nodes());
  const PlanInputs before = inputs_of(world);
  const Plan first = decide_again(before);
  ASSERT_TRUE(first.record);
  const PlanInputs next = after(before, first);
  EXPECT_EQ(next.record, *first.record);
  EXPECT_EQ(next.observed.phase_since, before.now);
  EXPECT_EQ(decide_again(next).goals.at(NodeName("a")).state, GoalState::bootstrap);
}

std::string fault(void (*change)(FormationRecord&)) {
  ObedientWorld world(three_nodes());
  world.settle();
  PlanInputs inputs = inputs_of(world);
  change(inputs.record);
  const Result<Done> sound = check_sound(inputs);
  return sound.ok() ? "" : sound.error().message;
}

TEST(Replay, RefusesARecordThatThePlannerCannotHaveMade) {
  EXPECT_EQ(fault([](FormationRecord&) {}), "");
  EXPECT_EQ(fault([](FormationRecord& record) { record.primary.reset(); }),
            "the record has no primary");
  EXPECT_EQ(fault([](FormationRecord& record) { record.in_force.clear(); }),
            "the record has no synchronous setting");
  EXPECT_EQ(fault([](FormationRecord& record) { record.lineage.clear(); }),
            "the record has no promotion that opened");
  EXPECT_EQ(fault([](FormationRecord& record) { record.primary = NodeName("x"); }),
            "the record names an unknown node x");
  EXPECT_EQ(fault([](FormationRecord& record) { record.phase = Phase::switchover; }),
            "the record has no candidate");
  EXPECT_EQ(fault([](FormationRecord& record) {
              record.phase = Phase::promote;
              record.candidate = NodeName("b");
            }),
            "the record has no target position");
}

}  // namespace
}  // namespace hactl::testing
