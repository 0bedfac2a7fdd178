// The API's view of decisions: kept with events, and of now.
#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/utc.h"
#include "codec/decided_json.h"
#include "tests/controller/controller_world.h"

#include "why/replay.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

class ApiEventsTest : public ::testing::Test {
 protected:
  ApiEventsTest() {
    Json formation = ControllerWorld::sample();
    formation["credentials"]["password"] = "geheim";
    EXPECT_EQ(world_.put(formation).status, 201);
  }

  /// Every node has no data: one is chosen to make it.
  void bootstrap() {
    for (const char* node : {"a", "b", "c"}) {
      const std::string path = std::string(kDefault) + "/nodes/" + node + "/report";
      ASSERT_EQ(world_.send("admin", "POST", path, to_json(sample_report(node, 1))).status, 204);
    }
    // The answer of a watch comes when it has happened.
    world_.watch(std::string(kDefault) + "/events?watch=1", 2);
  }
  Json event(const std::string& reason) {
    const Json items = world_.get(std::string(kDefault) + "/events").body["items"];
    for (const Json& item : items) {
      if (item["reason"] == reason) return item;
    }
    return nullptr;
  }
  Answer get_event(const std::string& name) {
    return world_.get(std::string(kDefault) + "/events/" + name);
  }

  ControllerWorld world_;
};

TEST_F(ApiEventsTest, AnEventHasWhatItCameOf) {
  bootstrap();
  const Json listed = event("Bootstrapping");
  ASSERT_TRUE(listed.is_object());
  EXPECT_FALSE(listed.contains("inputs"));
  EXPECT_EQ(listed["involved"], Json::array({"a"}));
  const Answer whole = get_event(listed["metadata"]["name"]);
  ASSERT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body["kind"], "Event");
  EXPECT_EQ(whole.body["answer"]["decisions"][0]["rule"], 301);
  EXPECT_EQ(whole.body["answer"]["changes"]["phase"], "promote");
  EXPECT_EQ(whole.body.dump().find("geheim"), std::string::npos);
  const Result<PlanInputs> inputs = plan_inputs_from_json(whole.body["inputs"]);
  ASSERT_TRUE(inputs.ok()) << inputs.error().message;
  ASSERT_TRUE(check_sound(*inputs).ok());
  EXPECT_EQ(answer_json(*inputs, decide_again(*inputs)), whole.body["answer"]);
  // Under its number too, and in the next life of the controller.
  world_.stop();
  world_.start();
  EXPECT_EQ(get_event(std::to_string(listed["number"].get<std::uint64_t>())).body, whole.body);
}

TEST_F(ApiEventsTest, AnEventThatNoRuleWroteHasNothing) {
  const Answer created = get_event(event("Created")["metadata"]["name"]);
  EXPECT_EQ(created.status, 200);
  EXPECT_FALSE(created.body.contains("inputs"));
  for (const char* name : {"default.7", "7", "x", "other.1000", "default.-1"}) {
    const Answer none = get_event(name);
    EXPECT_EQ(none.status, 404) << name;
    EXPECT_EQ(none.body["message"], "events \"" + std::string(name) + "\" not found");
  }
}

TEST_F(ApiEventsTest, TheDecisionOfNowIsShownWithoutSecrets) {
  bootstrap();
  const Answer now = world_.get(std::string(kDefault) + "/decision");
  ASSERT_EQ(now.status, 200);
  EXPECT_EQ(now.body["kind"], "Decision");
  EXPECT_TRUE(parse_utc(now.body["time"].get<std::string>()));
  EXPECT_EQ(now.body["answer"]["goals"]["a"]["state"], "bootstrap");
  EXPECT_EQ(now.body["answer"]["goals"]["a"]["rule"], 415);
  EXPECT_TRUE(parse_utc(now.body["answer"]["goals"]["a"]["since"].get<std::string>()));
  EXPECT_EQ(now.body.dump().find("geheim"), std::string::npos);
  EXPECT_TRUE(plan_inputs_from_json(now.body["inputs"]).ok());
  EXPECT_EQ(world_.send("viewer", "GET", std::string(kDefault) + "/decision").status, 200);
  EXPECT_EQ(world_.send("node:a", "GET", std::string(kDefault) + "/decision").status, 403);
  EXPECT_EQ(world_.get("/apis/hactl/v1/formations/none/decision").status, 404);
}

}  // namespace
}  // namespace hactl
