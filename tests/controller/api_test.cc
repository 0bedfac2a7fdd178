#include "controller/api.h"

#include <future>
#include <string>

#include <gtest/gtest.h>

#include "tests/controller/controller_world.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

std::string version_of(const Json& object) {
  return object["metadata"]["resource-version"].get<std::string>();
}

class ApiTest : public ::testing::Test {
 protected:
  ControllerWorld world_;
};

TEST_F(ApiTest, AppliesAndShowsAFormation) {
  const Answer created = world_.put(ControllerWorld::sample());
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.body["kind"], "Formation");
  EXPECT_EQ(created.body["metadata"]["generation"], 1);
  EXPECT_TRUE(created.body["status"].is_object());
  EXPECT_EQ(created.body.dump().find("\"password\""), std::string::npos);
  EXPECT_EQ(world_.put(ControllerWorld::sample()).status, 200);
  const Answer list = world_.get(kFormations);
  EXPECT_EQ(list.body["kind"], "FormationList");
  ASSERT_EQ(list.body["items"].size(), 1U);
  EXPECT_EQ(list.body["items"][0]["spec"], ControllerWorld::sample()["spec"]);
  const Answer nodes = world_.get(std::string(kDefault) + "/nodes");
  ASSERT_EQ(nodes.body["items"].size(), 3U);
  EXPECT_TRUE(node_status_from_json(nodes.body["items"][0]).ok());
  EXPECT_EQ(world_.get(std::string(kDefault) + "/nodes/b").body["name"], "b");
  EXPECT_EQ(world_.get(std::string(kDefault) + "/nodes/x").status, 404);
  EXPECT_EQ(world_.get(std::string(kDefault) + "/events").body["items"][0]["reason"], "Created");
  EXPECT_EQ(world_.get(std::string(kDefault) + "/credentials").body["username"], "ha-admin");
}

TEST_F(ApiTest, SaysWhatItDoesNotFind) {
  const Answer answer = world_.get(kDefault);
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body["kind"], "Status");
  EXPECT_EQ(answer.body["apiVersion"], "v1");
  EXPECT_EQ(answer.body["status"], "Failure");
  EXPECT_EQ(answer.body["reason"], "NotFound");
  EXPECT_EQ(answer.body["message"], "formations \"default\" not found");
  EXPECT_EQ(answer.body["code"], 404);
  EXPECT_EQ(world_.send("admin", "POST", kDefault, Json::object()).status, 405);
  EXPECT_EQ(world_.get("/nowhere").status, 404);
}

TEST_F(ApiTest, RefusesAnOutdatedVersion) {
  Json formation = world_.put(ControllerWorld::sample()).body;
  formation = world_.get(kDefault).body;
  Json changed = ControllerWorld::sample();
  changed["metadata"]["labels"]["tier"] = "gold";
  ASSERT_EQ(world_.put(changed).status, 200);
  changed["metadata"]["resource-version"] = version_of(formation);
  changed["metadata"]["labels"]["tier"] = "silver";
  const Answer refused = world_.put(changed);
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.body["reason"], "Conflict");
  EXPECT_EQ(
      refused.body["message"],
      "Operation cannot be fulfilled on formations \"default\": the object has been modified; "
      "please apply your changes to the latest version and try again");
  const Answer twice = world_.send("admin", "POST", kFormations, ControllerWorld::sample());
  EXPECT_EQ(twice.status, 409);
  EXPECT_EQ(twice.body["reason"], "AlreadyExists");
  EXPECT_EQ(twice.body["message"], "formations \"default\" already exists");
}

constexpr const char* kMerge = "application/merge-patch+json";
constexpr const char* kOperations = "application/json-patch+json; charset=utf-8";

TEST_F(ApiTest, PatchesWhatIsStored) {
  EXPECT_EQ(world_.patch("{}", kMerge).status, 404);
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  const Answer merged = world_.patch(R"({"metadata":{"labels":{"tier":"gold"}}})", kMerge);
  EXPECT_EQ(merged.status, 200) << merged.body.dump();
  EXPECT_EQ(merged.body["metadata"]["labels"]["tier"], "gold");
  EXPECT_EQ(merged.body["metadata"]["generation"], 1);
  const Answer changed = world_.patch(
      R"([{"op":"test","path":"/spec/regions/0/nodes/1/name","value":"b"},
          {"op":"add","path":"/spec/regions/0/nodes/1/candidate-priority","value":7}])",
      kOperations);
  EXPECT_EQ(changed.status, 200) << changed.body.dump();
  EXPECT_EQ(changed.body["metadata"]["generation"], 2);
  EXPECT_EQ(world_.get(kDefault).body["spec"]["regions"][0]["nodes"][1]["candidate-priority"], 7);
  EXPECT_EQ(world_.patch(R"({"spec":{"failback":"never"}})", kMerge, "?dry-run=All").status, 200);
  EXPECT_EQ(world_.get(kDefault).body["metadata"]["generation"], 2);
}

TEST_F(ApiTest, RefusesPatchesThatItCannotApply) {
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  const Answer type = world_.patch("{}", "application/json");
  EXPECT_EQ(type.status, 415);
  EXPECT_EQ(type.body["reason"], "UnsupportedMediaType");
  EXPECT_EQ(type.body["message"],
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json-patch+json, application/merge-patch+json");
  EXPECT_EQ(world_.patch("{", kMerge).status, 400);
  EXPECT_EQ(world_.patch(R"([{"op":"test","path":"/kind","value":"x"}])", kOperations).status, 422);
  const Answer misspelt = world_.patch(R"({"spec":{"failbak":"never"}})", kMerge);
  EXPECT_EQ(misspelt.status, 422);
  EXPECT_EQ(misspelt.body["message"],
            "Formation \"default\" is invalid: spec.failbak: unknown field; did you mean "
            "\"failback\"?");
  EXPECT_EQ(world_.patch(R"({"metadata":{"name":"other"}})", kMerge).status, 400);
  const Answer stale =
      world_.patch(R"({"metadata":{"resource-version":"0.0","labels":{"a":"b"}}})", kMerge);
  EXPECT_EQ(stale.status, 409);
  EXPECT_EQ(stale.body["reason"], "Conflict");
}

TEST_F(ApiTest, ShowsItselfAsAController) {
  const Answer list = world_.get("/apis/hactl/v1/controllers");
  EXPECT_EQ(list.body["kind"], "ControllerList");
  ASSERT_EQ(list.body["items"].size(), 1U);
  const Json& controller = list.body["items"][0];
  EXPECT_TRUE(controller["metadata"]["name"].get<std::string>().starts_with("127.0.0.1:"));
  EXPECT_EQ(controller["status"]["state"], "deciding");
  EXPECT_EQ(controller["status"]["formations"], 0);
}

TEST_F(ApiTest, LabelsNodesByRegionAndEventsByType) {
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  const Json node = world_.get(std::string(kDefault) + "/nodes/b").body;
  EXPECT_EQ(node["metadata"]["labels"]["region"], node["region"]);
  EXPECT_EQ(world_.get(std::string(kDefault) + "/events").body["items"][0]["type"], "Normal");
}

TEST_F(ApiTest, NamesEveryFieldThatIsWrong) {
  Json formation = ControllerWorld::sample();
  formation["spec"]["regions"][0]["nodes"][1]["candidate-priority"] = 101;
  formation["spec"]["regions"][0]["nodes"][2]["host"] = "";
  const Answer answer = world_.put(formation);
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.body["reason"], "Invalid");
  const Json& causes = answer.body["details"]["causes"];
  ASSERT_EQ(causes.size(), 2U) << answer.body.dump();
  EXPECT_EQ(causes[0]["field"], "spec.regions[0].nodes[1].candidate-priority");
  EXPECT_EQ(causes[0]["message"], "101 is not between 0 and 100");
  formation = ControllerWorld::sample();
  formation["metadata"]["name"] = "other";
  EXPECT_EQ(world_.put(formation).status, 400);
  EXPECT_EQ(world_.put("a text").status, 400);
}

TEST_F(ApiTest, DoesNothingInADryRun) {
  EXPECT_EQ(world_.put(ControllerWorld::sample(), "?dry-run=All").status, 201);
  EXPECT_EQ(world_.get(kDefault).status, 404);
}

TEST_F(ApiTest, KeepsAPasswordThatItWasGiven) {
  Json formation = ControllerWorld::sample();
  formation["credentials"]["password"] = "from the file";
  ASSERT_EQ(world_.put(formation).status, 201);
  const Answer credentials = world_.get(std::string(kDefault) + "/credentials");
  EXPECT_EQ(credentials.body["password"], "from the file");
  EXPECT_EQ(world_.send("viewer", "GET", std::string(kDefault) + "/credentials").status, 403);
  formation["credentials"]["password"] = "";
  EXPECT_EQ(world_.put(formation).status, 422);
}

TEST_F(ApiTest, LetsANodeReachItsOwnGoalAndReportOnly) {
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  const std::string nodes = std::string(kDefault) + "/nodes";
  EXPECT_EQ(world_.send("node:a", "GET", nodes + "/b/goal").status, 403);
  EXPECT_EQ(world_.send("node:a", "GET", nodes + "/a/goal").status, 200);
  EXPECT_EQ(world_.send("node:a", "GET", kDefault).status, 403);
  EXPECT_EQ(world_.send("viewer", "GET", nodes + "/a/goal").status, 403);
  EXPECT_EQ(world_.send("viewer", "PUT", kDefault, ControllerWorld::sample()).status, 403);
  const Json report = to_json(sample_report("a", 1));
  EXPECT_EQ(world_.send("node:a", "POST", nodes + "/a/report", report).status, 204);
  EXPECT_EQ(world_.send("node:b", "POST", nodes + "/a/report", report).status, 403);
  EXPECT_EQ(world_.send("node:b", "POST", nodes + "/b/report", report).status, 400);
  const Answer agents = world_.get("/apis/hactl/v1/agents");
  ASSERT_EQ(agents.body["items"].size(), 1U);
  EXPECT_EQ(agents.body["items"][0]["node"], "a");
}

TEST_F(ApiTest, WakesAWaitingAgentWhenItsGoalChanges) {
  // An agent that waits for a formation that does not exist yet would be sent away after 25 s.
  std::future<Answer> waiting = std::async(std::launch::async, [this] {
    return world_.send("node:a", "GET", std::string(kDefault) + "/nodes/a/goal?known=");
  });
  while (world_.get("/metrics").body.get<std::string>().find("hactl_goal_polls 1\n") ==
         std::string::npos) {
  }
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  ASSERT_EQ(waiting.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  const Answer answer = waiting.get();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(goal_from_json(answer.body["goal"]).ok());
  EXPECT_TRUE(answer.body["tag"].is_string());
}

TEST_F(ApiTest, TakesReportsFromBeforeTheFormation) {
  const std::string path = std::string(kDefault) + "/nodes/a/report";
  ASSERT_EQ(world_.send("node:a", "POST", path, to_json(sample_report("a", 1))).status, 204);
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  EXPECT_EQ(world_.get(std::string(kDefault) + "/nodes/a").body["current-state"], "empty");
}

TEST_F(ApiTest, WatchesFromNowAndFromAPosition) {
  const std::string list = kFormations;
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  const std::vector<Json> all = world_.watch(list + "?watch=1", 1);
  EXPECT_EQ(all[0]["type"], "ADDED");
  const std::string before = version_of(world_.get(list).body);
  Json changed = ControllerWorld::sample();
  changed["metadata"]["labels"]["tier"] = "gold";
  ASSERT_EQ(world_.put(changed).status, 200);
  const std::vector<Json> since = world_.watch(list + "?watch=1&resource-version=" + before, 1);
  EXPECT_EQ(since[0]["type"], "MODIFIED");
  EXPECT_EQ(since[0]["object"]["metadata"]["labels"]["tier"], "gold");
  const std::vector<Json> events = world_.watch(std::string(kDefault) + "/events?watch=1", 1);
  EXPECT_EQ(events[0]["object"]["reason"], "Created");
  const std::vector<Json> nodes = world_.watch(std::string(kDefault) + "/nodes?watch=1", 3);
  EXPECT_EQ(nodes[2]["object"]["kind"], "Node");
}

TEST_F(ApiTest, TellsAWatchThatItsPositionIsTooOld) {
  Json formation = ControllerWorld::sample();
  for (const char* tier : {"bronze", "silver", "gold"}) {
    formation["metadata"]["labels"]["tier"] = tier;
    ASSERT_LT(world_.put(formation).status, 300);
  }
  // What was removed before a restart is not known, so the store must have stood still since.
  world_.stop();
  world_.start();
  for (const char* position : {"1", "1.1", "9.99999999999999999"}) {
    const std::vector<Json> lines =
        world_.watch(std::string(kFormations) + "?watch=1&resource-version=" + position, 1);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0]["type"], "ERROR");
    EXPECT_EQ(lines[0]["object"]["code"], 410);
    EXPECT_EQ(lines[0]["object"]["reason"], "Expired");
  }
  EXPECT_EQ(
      world_.send("admin", "GET", std::string(kFormations) + "?watch=1&resource-version=x").status,
      400);
}

TEST_F(ApiTest, GoesOnWhereItWasAfterARestart) {
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  const Json before = world_.get(kDefault).body;
  const Json password = world_.get(std::string(kDefault) + "/credentials").body["password"];
  world_.stop();
  world_.start();
  const Json after = world_.get(kDefault).body;
  EXPECT_EQ(after["metadata"]["uid"], before["metadata"]["uid"]);
  EXPECT_EQ(after["metadata"]["creation-timestamp"], before["metadata"]["creation-timestamp"]);
  EXPECT_EQ(after["spec"], before["spec"]);
  EXPECT_EQ(world_.get(std::string(kDefault) + "/credentials").body["password"], password);
  EXPECT_EQ(world_.get(std::string(kDefault) + "/events").body["items"][0]["reason"], "Created");
}

TEST_F(ApiTest, PlansAndRefusesAnOutdatedPlan) {
  const Answer plan =
      world_.send("admin", "POST", std::string(kDefault) + "/plan", ControllerWorld::sample());
  EXPECT_EQ(plan.status, 200);
  EXPECT_FALSE(plan.body["steps"].empty());
  const std::string id = plan.body["id"].get<std::string>();
  EXPECT_EQ(world_.put(ControllerWorld::sample(), "?plan=0000000000000000").status, 409);
  EXPECT_EQ(world_.put(ControllerWorld::sample(), "?plan=" + id).status, 201);
}

TEST_F(ApiTest, RefusesAMoveWithoutAPrimaryAndDeletes) {
  ASSERT_EQ(world_.put(ControllerWorld::sample()).status, 201);
  const std::string switchover = std::string(kDefault) + "/switchover";
  EXPECT_EQ(world_.send("admin", "POST", switchover, Json{{"to", "b"}}).status, 409);
  EXPECT_EQ(world_.send("admin", "POST", switchover, Json{{"too", "b"}}).status, 400);
  EXPECT_EQ(world_.send("admin", "DELETE", kDefault).status, 202);
}

TEST_F(ApiTest, ServesProbesAndItsDescription) {
  EXPECT_EQ(world_.get("/healthz").body, "ok\n");
  EXPECT_EQ(world_.get("/readyz").body, "ok\n");
  EXPECT_TRUE(world_.get("/openapi/v3").body.contains("openapi"));
  EXPECT_NE(world_.get("/metrics").body.get<std::string>().find("hactl_formations 0\n"),
            std::string::npos);
}

}  // namespace
}  // namespace hactl
