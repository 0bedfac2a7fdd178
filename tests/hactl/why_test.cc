#include <gtest/gtest.h>

#include "tests/hactl/told_formation.h"

namespace hactl {
namespace {

using Why = ToldFormation;

TEST_F(Why, TellsTheRuleAndTheFactsOfANodesGoal) {
  settle();
  ASSERT_EQ(run({"why", "node", "b", "-F", "default"}), 0) << notes();
  EXPECT_EQ(notes(), "");
  expect_golden("why-node");
}

TEST_F(Why, TellsOfANodeAsOfThen) {
  settle();
  world_.stop_postgres("a");
  settle();
  const std::string time = to_string(time_now());
  ASSERT_EQ(run({"why", "node", "a", "-F", "default", "--at", time}), 0) << notes();
  expect_golden("why-node-at");
  // The same moment, told by other clocks.
  const std::string then = out();
  std::string east = time.substr(0, time.size() - 1) + "+00:00";
  ASSERT_EQ(run({"why", "node", "a", "-F", "default", "--at", east}), 0) << notes();
  EXPECT_EQ(out(), then);
  EXPECT_EQ(run({"why", "node", "a", "-F", "default", "--at", "2026-11-25T17:00:00Z"}), 1);
  EXPECT_EQ(notes(),
            "error: of formation \"default\" no decision is kept that was made before "
            "2026-11-25T17:00:00Z\n");
  EXPECT_EQ(run({"why", "node", "a", "-F", "default", "--at", "lately"}), 1);
  EXPECT_EQ(notes(),
            "error: --at: \"lately\" is neither a time such as 2026-11-25T18:03:12Z nor a "
            "duration\n");
}

TEST_F(Why, TellsWhatWasDecidedLastOfAFormation) {
  settle();
  ASSERT_EQ(run({"why", "formation", "default"}), 0) << notes();
  expect_golden("why-formation");
}

TEST_F(Why, TellsWhatABlockedFormationWaitsForAndWhoseReturnEndsIt) {
  settle();
  world_.kill("b");
  world_.kill("c");
  world_.stop_postgres("a");
  settle();
  ASSERT_EQ(run({"why", "formation", "default"}), 0) << notes();
  EXPECT_NE(out().find("the return of a, or of b and c would end it"), std::string::npos);
  expect_golden("why-blocked");
  ASSERT_EQ(run({"why", "formation", "default", "-o", "json"}), 0);
  expect_golden("why-blocked-json");
}

TEST_F(Why, SaysWhenTheControllerAnswersOtherwise) {
  settle();
  nlohmann::json object = to_json(Decided{
      {world_.spec, world_.generation, world_.record, world_.observed, world_.now}, world_.next()});
  object["time"] = to_string(time_now());
  object["answer"]["goals"]["b"]["rule"] = 498;
  object["answer"]["goals"]["b"]["state"] = "levitate";
  controller_.set(std::string(kDefault) + "/decision", answer(object));
  ASSERT_EQ(run({"why", "node", "b", "-F", "default"}), 0);
  EXPECT_TRUE(notes().starts_with("warning: the controller answers otherwise")) << notes();
  EXPECT_NE(out().find("Goal:        levitate\n"), std::string::npos) << out();
  EXPECT_NE(out().find("Rule:        498\n"), std::string::npos) << out();
}

TEST_F(Why, NamesANodeThatThereIsNot) {
  settle();
  EXPECT_EQ(run({"why", "node", "x", "-F", "default"}), 1);
  EXPECT_EQ(notes(), "Error from server (NotFound): nodes \"x\" not found\n");
  EXPECT_EQ(run({"why", "node"}), 2);
  EXPECT_EQ(run({"why"}), 2);
}

TEST_F(Why, RefusesAnAnswerThatIsNone) {
  for (const char* body : {"[]", "{}", R"({"inputs":1,"answer":2,"time":3})"}) {
    controller_.set(std::string(kDefault) + "/decision", {.status = 200, .body = body});
    EXPECT_EQ(run({"why", "node", "b", "-F", "default"}), 1) << body;
    EXPECT_TRUE(notes().starts_with("error: the server's answer cannot be read")) << notes();
  }
}

}  // namespace
}  // namespace hactl
