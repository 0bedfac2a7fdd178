// What the API says of earlier specs, of pauses and restarts, and what it warns of.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/controller/controller_world.h"

namespace hactl {
namespace {

using Json = nlohmann::json;
using Lines = std::vector<std::string>;

std::string below(const char* rest) {
  return std::string(kDefault) + rest;
}

class ApiRolloutTest : public ::testing::Test {
 protected:
  static Json with_priority(int priority) {
    Json formation = ControllerWorld::sample();
    formation["spec"]["regions"][0]["nodes"][1]["candidate-priority"] = priority;
    return formation;
  }
  Json revisions() const { return world_.get(below("/revisions")).body["items"]; }
  int post(const char* rest) const {
    return world_.send("admin", "POST", below(rest), Json::object()).status;
  }

  ControllerWorld world_;
};

TEST_F(ApiRolloutTest, ShowsWhatWasApplied) {
  EXPECT_EQ(world_.get(below("/revisions")).status, 404);
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  Json changed = with_priority(65);
  changed["metadata"]["annotations"]["hactl.io/change-cause"] = "b is larger";
  ASSERT_EQ(world_.put(changed).status, 200);
  const Json list = world_.get(below("/revisions")).body;
  EXPECT_EQ(list["kind"], "RevisionList");
  ASSERT_EQ(list["items"].size(), 2U);
  EXPECT_EQ(list["items"][0]["kind"], "Revision");
  EXPECT_EQ(list["items"][0]["revision"], 1);
  EXPECT_EQ(list["items"][0]["spec"], ControllerWorld::sample()["spec"]);
  EXPECT_EQ(list["items"][1]["metadata"]["name"], "default.2");
  EXPECT_EQ(list["items"][1]["metadata"]["formation"], "default");
  EXPECT_EQ(list["items"][1]["metadata"]["annotations"]["hactl.io/change-cause"], "b is larger");
  EXPECT_TRUE(list["items"][1]["metadata"]["creation-timestamp"].is_string());
  world_.stop();
  world_.start();
  EXPECT_EQ(revisions(), list["items"]);
}

TEST_F(ApiRolloutTest, PausesAndResumes) {
  EXPECT_EQ(post("/pause"), 404);
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  EXPECT_EQ(post("/pause"), 202);
  const Answer waiting = world_.put(with_priority(65));
  EXPECT_EQ(waiting.status, 200);
  EXPECT_EQ(waiting.body["metadata"]["generation"], 2);
  EXPECT_EQ(waiting.body["status"]["observed-generation"], 1);
  EXPECT_EQ(waiting.warnings,
            Lines{"the rollout is paused: generation 1 stays in force until `hactl rollout resume "
                  "formation/default`"});
  EXPECT_EQ(post("/restart"), 409);
  EXPECT_EQ(post("/resume"), 202);
  EXPECT_EQ(world_.get(kDefault).body["metadata"]["generation"], 2);
  EXPECT_EQ(world_.send("viewer", "POST", below("/pause"), Json::object()).status, 403);
}

TEST_F(ApiRolloutTest, WarnsOfWhatAChangeBringsAndOnlyOnce) {
  const Answer created = world_.put(ControllerWorld::sample());
  EXPECT_EQ(created.warnings, Lines{}) << "lint finds nothing in it";
  Json alone = ControllerWorld::sample();
  alone["spec"]["number-sync-standbys"] = 0;
  const Answer changed = world_.put(alone);
  ASSERT_EQ(changed.warnings.size(), 1U);
  EXPECT_TRUE(changed.warnings[0].starts_with("HA004: spec.number-sync-standbys: "))
      << changed.warnings[0];
  EXPECT_EQ(world_.put(alone).warnings, Lines{});
  alone["metadata"]["labels"]["tier"] = "gold";
  EXPECT_EQ(world_.put(alone).warnings, Lines{}) << "it was known before";
}

TEST_F(ApiRolloutTest, WarnsWhoMayNotKnowThatANodeWasDrained) {
  Json drained = ControllerWorld::sample();
  drained["spec"]["regions"][0]["nodes"][1]["maintenance"] = true;
  static_cast<void>(world_.put(drained));
  const Lines warning{"node b was in maintenance and is not any more: its PostgreSQL is started"};
  EXPECT_EQ(world_.put(ControllerWorld::sample(), "?dry-run=All").warnings, warning);
  EXPECT_EQ(world_.put(drained).warnings, Lines{});
}

TEST_F(ApiRolloutTest, WarnsWhoMayNotKnowThatANodeWasCordoned) {
  Json cordoned = with_priority(0);
  cordoned["metadata"]["annotations"]["hactl.io/cordoned.b"] = R"({"candidate-priority":65})";
  const Json stored = world_.put(cordoned).body;
  const Json uncordoned = with_priority(65);
  const Lines warning{
      "node b was cordoned and is not any more: its candidate-priority is 65 again"};
  EXPECT_EQ(world_.put(uncordoned, "?dry-run=All").warnings, warning);
  // Who names the version that it changes has seen it.
  Json seen = uncordoned;
  seen["metadata"]["resource-version"] = world_.get(kDefault).body["metadata"]["resource-version"];
  EXPECT_EQ(world_.put(seen, "?dry-run=All").warnings, Lines{});
  EXPECT_EQ(world_.put(uncordoned).warnings, warning);
}

TEST_F(ApiRolloutTest, UnknownFieldsAreRefusedNamedOrPassedOver) {
  Json misspelt = ControllerWorld::sample();
  misspelt["spec"]["failbak"] = "never";
  EXPECT_EQ(world_.put(misspelt).status, 422);
  EXPECT_EQ(world_.put(misspelt, "?field-validation=Strict").status, 422);
  EXPECT_EQ(world_.put(misspelt, "?field-validation=Perhaps").status, 400);
  const Answer warned = world_.put(misspelt, "?field-validation=Warn");
  EXPECT_EQ(warned.status, 201);
  EXPECT_EQ(warned.warnings, Lines{R"(spec.failbak: unknown field; did you mean "failback"?)"});
  EXPECT_FALSE(warned.body["spec"].contains("failbak"));
  EXPECT_EQ(world_.put(misspelt, "?field-validation=Ignore").warnings, Lines{});
  misspelt["spec"]["failback"] = 7;
  EXPECT_EQ(world_.put(misspelt, "?field-validation=Ignore").status, 422) << "that is no value";
}

TEST_F(ApiRolloutTest, AFormationThatIsBeingDeletedShowsWhatThatWaitsFor) {
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  EXPECT_FALSE(world_.get(kDefault).body["metadata"].contains("finalizers"));
  EXPECT_EQ(world_.send("admin", "DELETE", kDefault + std::string("?data=all")).status, 400);
  const Answer deleted = world_.send("admin", "DELETE", kDefault);
  EXPECT_EQ(deleted.status, 202);
  EXPECT_TRUE(deleted.body["metadata"]["deletion-timestamp"].is_string());
  EXPECT_EQ(deleted.body["metadata"]["finalizers"], Json::array({"hactl.io/nodes"}));
}

}  // namespace
}  // namespace hactl
