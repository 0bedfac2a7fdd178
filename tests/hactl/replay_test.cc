#include <fstream>

#include <gtest/gtest.h>

#include "tests/hactl/told_formation.h"

namespace hactl {
namespace {

class Replay : public ToldFormation {
 protected:
  Replay() {
    settle();
    world_.stop_postgres("a");
    settle();
  }
  std::string file_with(const nlohmann::json& object) {
    const std::string path = directory_.file("event.json");
    std::ofstream(path) << object.dump(2);
    return path;
  }
  const nlohmann::json& event(const std::string& reason) {
    return *std::find_if(events_.rbegin(), events_.rend(),
                         [&](const auto& each) { return each["reason"] == reason; });
  }
};

TEST_F(Replay, GivesTheSameAnswerToEveryEvent) {
  ASSERT_GT(events_.size(), 5U);
  for (const nlohmann::json& each : events_) {
    const std::string name = each["metadata"]["name"];
    EXPECT_EQ(run({"replay", name.substr(name.find('.') + 1), "-F", "default"}), 0) << notes();
  }
}

TEST_F(Replay, ShowsTheDecision) {
  ASSERT_EQ(run({"replay", name_of("FailoverStarted"), "-F", "default"}), 0) << notes();
  expect_golden("replay");
  ASSERT_EQ(run({"replay", name_of("FailoverStarted"), "-F", "default", "-o", "json"}), 0);
  expect_golden("replay-json");
}

TEST_F(Replay, ReadsAnEventThatWasSaved) {
  const std::string number = name_of("CandidateChosen");
  ASSERT_EQ(run({"get", "event", number, "-F", "default", "-o", "json"}), 0) << notes();
  const std::string path = directory_.file("saved.json");
  std::ofstream(path) << out();
  ASSERT_EQ(run({"replay", "-f", path}), 0) << notes();
  EXPECT_NE(out().find("Replay:      the same answer"), std::string::npos) << out();
}

TEST_F(Replay, TellsWhatDiffersFromWhatWasAnswered) {
  nlohmann::json other = event("FailoverStarted");
  other["answer"]["decisions"][0]["rule"] = 399;
  other["answer"]["goals"]["b"]["state"] = "fence";
  other["answer"]["changes"]["candidate"] = "c";
  ASSERT_EQ(run({"replay", "-f", file_with(other)}), 1) << notes();
  expect_golden("replay-different");
  // Inputs that were changed give another answer too.
  other = event("FailoverStarted");
  other["inputs"]["observed"]["nodes"]["a"]["report"]["state"] = "primary";
  EXPECT_EQ(run({"replay", "-f", file_with(other)}), 1);
}

TEST_F(Replay, RefusesWhatCannotBeDecidedAgain) {
  nlohmann::json none = event("FailoverStarted");
  none.erase("inputs");
  EXPECT_EQ(run({"replay", "-f", file_with(none)}), 2);
  EXPECT_EQ(notes().substr(notes().find('(')), "(FailoverStarted) no decision is kept\n");
  nlohmann::json unsound = event("FailoverStarted");
  unsound["inputs"]["record"].erase("primary");
  EXPECT_EQ(run({"replay", "-f", file_with(unsound)}), 2);
  EXPECT_EQ(notes(), "error: nothing was decided from this: the record has no primary\n");
  EXPECT_EQ(run({"replay", "-f", file_with(nlohmann::json::array())}), 2);
  EXPECT_EQ(run({"replay", "-f", directory_.file("none")}), 2);
  EXPECT_EQ(run({"replay"}), 2);
  EXPECT_EQ(notes(), "error: give an EVENT, or a file with -f\n");
  EXPECT_EQ(run({"replay", "1", "-f", "x"}), 2);
  EXPECT_EQ(run({"replay", "77", "-F", "default"}), 2);
}

TEST_F(Replay, EventsAreListedAsKubectlListsThem) {
  ASSERT_EQ(run({"get", "events", "-F", "default", "--field-selector", "type=Warning"}), 0);
  EXPECT_TRUE(
      out().starts_with("LAST SEEN   TYPE      REASON            OBJECT"
                        "              MESSAGE\n"))
      << out();
  EXPECT_NE(out().find("Warning   FailoverStarted   formation/default   epoch 2 asks"),
            std::string::npos)
      << out();
  EXPECT_EQ(out().find("Normal"), std::string::npos);
  ASSERT_EQ(run({"get", "events", "-F", "default", "-o", "name", "--field-selector",
                 "involved=b,reason=PrimaryOpened"}),
            0);
  EXPECT_EQ(out(), "event/default." + name_of("PrimaryOpened") + "\n");
  ASSERT_EQ(run({"get", "events", "-F", "default", "-o", "wide"}), 0);
  EXPECT_NE(out().find("RULE   EPOCH   INVOLVED   NAME\n"), std::string::npos) << out();
}

}  // namespace
}  // namespace hactl
