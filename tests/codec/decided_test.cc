#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codec/decided_json.h"
#include "codec/json.h"
#include "codec/json_difference.h"
#include "codec/messages.h"
#include "tests/codec/random_model.h"

namespace hactl {
namespace {

using nlohmann::json;

constexpr std::uint64_t kRounds = 100;

TEST(DecidedJson, InputsComeBackAsTheyWere) {
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    const PlanInputs inputs = RandomModel(seed).plan_inputs();
    const Result<json> parsed = parse_json(dump_json(to_json(inputs)));
    ASSERT_TRUE(parsed.ok()) << "seed " << seed;
    const Result<PlanInputs> read = plan_inputs_from_json(*parsed);
    ASSERT_TRUE(read.ok()) << "seed " << seed << ": " << read.error().message;
    EXPECT_EQ(*read, inputs) << "seed " << seed;
  }
}

TEST(DecidedJson, ADifferenceMakesOneDocumentOfTheOther) {
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    RandomModel random(seed);
    const json from = to_json(random.record());
    const json to = to_json(random.record());
    json patched = from;
    patched.merge_patch(difference(from, to));
    EXPECT_EQ(patched, to) << "seed " << seed;
    EXPECT_EQ(difference(to, to), json::object());
  }
}

TEST(DecidedJson, KeepsNoSecret) {
  RandomModel random(3);
  Decided decided;
  decided.inputs = random.plan_inputs();
  decided.inputs.observed.password = "geheim";
  Goal goal = random.goal();
  goal.postgres.password = "geheim";
  decided.plan.goals[goal.node] = goal;
  const json with = to_json(decided);
  EXPECT_EQ(dump_json(with).find("geheim"), std::string::npos);
  // Not in a form either in which it could be guessed at.
  decided.plan.goals[goal.node].postgres.password = "another";
  EXPECT_EQ(to_json(decided), with);
}

TEST(DecidedJson, AGoalsFingerprintChangesWithTheGoal) {
  RandomModel random(5);
  Decided decided;
  Goal goal = random.goal();
  decided.plan.goals[goal.node] = goal;
  const json before = to_json(decided)["answer"];
  decided.plan.goals[goal.node].postgres.port ^= 1U;
  EXPECT_NE(to_json(decided)["answer"], before);
}

std::string error_of(const json& change) {
  json text = to_json(RandomModel(1).plan_inputs());
  text.merge_patch(change);
  const Result<PlanInputs> read = plan_inputs_from_json(text);
  return read.ok() ? "" : read.error().message;
}

TEST(DecidedJson, NamesThePlaceOfAnError) {
  EXPECT_EQ(error_of({{"now", "soon"}}), "inputs.now: \"soon\" is not a whole number");
  EXPECT_EQ(error_of({{"record", 3}}), "inputs: record: 3 is not an object");
  EXPECT_EQ(error_of({{"record", {{"phase", "x"}}}}), "inputs: record.phase: \"x\" is not a phase");
  EXPECT_EQ(error_of({{"observed", {{"started-at", nullptr}}}}),
            "inputs.observed.started-at: is missing");
  EXPECT_EQ(error_of({{"observed", {{"knocks", {{"a", {{"answer", "x"}, {"begun-at", 1}}}}}}}}),
            "inputs.observed.knocks.a.answer: \"x\" is not answered, refused or silent");
  EXPECT_EQ(error_of({{"observed", {{"nodes", {{"a", 1}}}}}}),
            "inputs.observed.nodes.a: 1 is not an object");
  EXPECT_TRUE(error_of({{"spec", {{"failback", "x"}}}}).starts_with("inputs: "));
  EXPECT_EQ(plan_inputs_from_json(json(1)).error().message, "inputs: is not an object");
}

}  // namespace
}  // namespace hactl
