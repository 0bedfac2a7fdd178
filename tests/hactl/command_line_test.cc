// The whole program against a controller with canned answers: outputs and exit codes.
#include "hactl/command_line.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codec/messages.h"
#include "codec/spec_json.h"
#include "codec/spec_yaml.h"
#include "hactl/rows.h"
#include "tests/hactl/fake_controller.h"

namespace hactl {
namespace {

constexpr std::string_view kFormation = R"(apiVersion: hactl/v1
kind: Formation
metadata:
  name: default
spec:
  number-sync-standbys: 1
  regions:
    - name: paris
      nodes:
        - {name: paris-a, host: 10.11.1.6}
        - {name: paris-b, host: 10.11.1.8}
        - {name: paris-c, host: 10.11.1.5}
)";
constexpr const char* kList = "GET /apis/hactl/v1/formations";
constexpr const char* kOne = "GET /apis/hactl/v1/formations/default";
constexpr const char* kPut = "PUT /apis/hactl/v1/formations/default";

Formation formation() {
  return parse_formation_yaml(kFormation, "f").formation;
}

Condition condition(const std::string& type, ConditionStatus status) {
  Condition result;
  result.type = type;
  result.status = status;
  result.reason = "Because";
  result.message = type + " is so";
  result.observed_generation = Generation(1);
  return result;
}

FormationStatus status(ConditionStatus converged) {
  FormationStatus result;
  result.observed_generation = Generation(1);
  result.epoch = Epoch(2);
  result.phase = "stable";
  result.primary = NodeName("paris-a");
  result.sync = "ANY 1 (paris-b, paris-c)";
  result.conditions = {
      condition("Available", ConditionStatus::yes), condition("Durable", ConditionStatus::yes),
      condition("Converged", converged), condition("Progressing", ConditionStatus::no),
      condition("PrimaryPreferred", ConditionStatus::yes)};
  for (const Member& member : formation().spec.members()) {
    NodeStatus node;
    node.name = member.name;
    node.region = member.region;
    node.host = member.host;
    node.role = member.name.value == "paris-a" ? "primary" : "sync";
    node.goal = member.name.value == "paris-a" ? GoalState::primary : GoalState::standby;
    node.state = member.name.value == "paris-a" ? NodeState::primary : NodeState::standby;
    node.candidate_priority = 50;
    node.replication_quorum = true;
    node.timeline = TimelineId(1);
    node.lsn = Lsn(0x3000148);
    node.lag_bytes = 0;
    node.healthy = member.name.value != "paris-c";
    node.heard_ms_ago = 12;
    node.rule = 120;
    node.message = "follow the primary";
    result.nodes.push_back(node);
  }
  return result;
}

nlohmann::json object(ConditionStatus converged = ConditionStatus::yes, int generation = 1) {
  nlohmann::json json = formation_json(formation());
  json["metadata"]["generation"] = generation;
  json["metadata"]["resource-version"] = "7.9";
  json["metadata"]["creation-timestamp"] = "2001-01-01T00:00:00Z";
  json["status"] = to_json(status(converged));
  return json;
}

HttpResponse json_answer(const nlohmann::json& json, int code = 200) {
  return {.status = code, .body = json.dump()};
}

HttpResponse list_answer(const nlohmann::json& items) {
  return json_answer({{"kind", "List"}, {"items", items}});
}

class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    options_.config_file = directory_.file("config");
    EXPECT_TRUE(save_config(options_.config_file, controller_.config()).ok());
    std::ofstream(file_) << kFormation;
  }

  int run(std::vector<std::string> arguments) {
    std::vector<const char*> pointers{"hactl"};
    for (const std::string& argument : arguments) {
      pointers.push_back(argument.c_str());
    }
    out_.str("");
    notes_.str("");
    Terminal terminal(out_, notes_, Terminal::Colour::never);
    return run_command_line(static_cast<int>(pointers.size()), pointers.data(), terminal, options_);
  }

  [[nodiscard]] std::string out() const { return out_.str(); }
  [[nodiscard]] std::string notes() const { return notes_.str(); }

  TemporaryDirectory directory_;
  FakeController controller_{{{kOne, json_answer(object())},
                              {kList, list_answer(nlohmann::json::array({object()}))},
                              {kPut, json_answer(object())}}};
  std::string file_ = directory_.file("formation.yaml");
  GlobalOptions options_;

 private:
  std::ostringstream out_;
  std::ostringstream notes_;
};

std::string without_age(const std::string& text) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line.resize(line.rfind(' '));
    result += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return result;
}

TEST_F(CommandLine, GetFormationFitsATerminal) {
  ASSERT_EQ(run({"get", "formation"}), 0) << notes();
  EXPECT_EQ(without_age(out()),
            "NAME      PRIMARY   SYNC   NODES   EPOCH   AVAILABLE   DURABLE   CONVERGED\n"
            "default   paris-a   1/2    2/3     2       True        True      True\n");
  EXPECT_EQ(notes(), "");
}

TEST_F(CommandLine, GetNodesShowsARowANode) {
  nlohmann::json items = nlohmann::json::array();
  for (const NodeStatus& node : status(ConditionStatus::yes).nodes) {
    items.push_back(to_json(node));
  }
  controller_.set(std::string(kOne) + "/nodes", list_answer(items));
  ASSERT_EQ(run({"get", "nodes"}), 0) << notes();
  EXPECT_EQ(
      out(),
      "NAME      REGION   ROLE      GOAL      STATE     PRIORITY   QUORUM   TLI   LSN         "
      "LAG   HEALTHY\n"
      "paris-a   paris    primary   primary   primary   50         yes      1     0/3000148   "
      "0B    yes\n"
      "paris-b   paris    sync      standby   standby   50         yes      1     0/3000148   "
      "0B    yes\n"
      "paris-c   paris    sync      standby   standby   50         yes      1     0/3000148   "
      "0B    no\n");
  ASSERT_EQ(run({"get", "node", "paris-b", "--no-headers", "-f", "default"}), 0);
  EXPECT_TRUE(out().starts_with("paris-b   paris   sync"));
  EXPECT_EQ(run({"get", "nodes", "x"}), 1);
  EXPECT_EQ(notes(), "Error from server (NotFound): nodes \"x\" not found\n");
}

TEST_F(CommandLine, GetPrintsNamesAndDocuments) {
  ASSERT_EQ(run({"get", "formations", "-o", "name"}), 0);
  EXPECT_EQ(out(), "formation/default\n");
  ASSERT_EQ(run({"get", "formation", "default", "-o", "json"}), 0);
  EXPECT_EQ(nlohmann::json::parse(out()), object());
  ASSERT_EQ(run({"get", "formation", "-o", "yaml"}), 0);
  EXPECT_TRUE(out().starts_with("apiVersion: hactl/v1\nitems:\n")) << out();
}

TEST_F(CommandLine, NothingToShowIsNoError) {
  controller_.set(kList, list_answer(nlohmann::json::array()));
  EXPECT_EQ(run({"get", "formation"}), 0);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(notes(), "No resources found\n");
}

TEST_F(CommandLine, WhatDoesNotExistIsNamed) {
  EXPECT_EQ(run({"get", "formation", "x"}), 1);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(notes(), "Error from server (NotFound): formations \"default\" not found\n");
}

TEST_F(CommandLine, ApplySaysWhatHasHappened) {
  EXPECT_EQ(run({"apply", "-f", file_}), 0);
  EXPECT_EQ(out(), "formation/default unchanged\n");
  controller_.set(kPut, json_answer(object(ConditionStatus::no, 2)));
  EXPECT_EQ(run({"apply", "-f", directory_.path()}), 0);
  EXPECT_EQ(out(), "formation/default configured\n");
  controller_.set(kOne, {.status = 404, .body = R"({"reason":"NotFound","message":"no"})"});
  EXPECT_EQ(run({"apply", "-f", file_, "--dry-run=client"}), 0);
  EXPECT_EQ(out(), "formation/default created (dry run)\n");
  EXPECT_EQ(run({"apply", "-f", file_, "-o", "name"}), 0);
  EXPECT_EQ(out(), "formation/default\n");
}

TEST_F(CommandLine, ApplySendsThePasswordOfThePasswordFile) {
  std::ofstream(directory_.file("secret")) << "geheim\n";
  std::string text(kFormation);
  text.insert(text.find("  regions"), "  postgres: {password-file: secret}\n");
  std::ofstream(file_) << text;
  ASSERT_EQ(run({"apply", "-f", file_}), 0) << notes();
  const std::vector<std::string> bodies = controller_.bodies(kPut);
  ASSERT_EQ(bodies.size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(bodies[0])["credentials"]["password"], "geheim");
}

TEST_F(CommandLine, ApplyNamesTheFaultyPlace) {
  std::string text(kFormation);
  text.replace(text.find("10.11.1.8"), 9, "10.11.1.8, candidate-priority: 101");
  std::ofstream(file_) << text;
  EXPECT_EQ(run({"apply", "-f", file_}), 1);
  EXPECT_TRUE(notes().starts_with(
      file_ + ":11:64: spec.regions[0].nodes[1].candidate-priority: 101 is not between 0 and 100"))
      << notes();
  EXPECT_EQ(run({"diff", "-f", file_}), 2);
}

TEST_F(CommandLine, ApplyWaitEndsWhenConvergedOrTimeIsUp) {
  EXPECT_EQ(run({"apply", "-f", file_, "--wait"}), 0) << notes();
  controller_.set(kOne, json_answer(object(ConditionStatus::no)));
  EXPECT_EQ(run({"apply", "-f", file_, "--wait", "--timeout", "0"}), 1);
  EXPECT_EQ(notes(), "error: timed out waiting for the condition on formations/default\n");
}

TEST_F(CommandLine, DiffExitsWithOneWhenThereIsADifference) {
  EXPECT_EQ(run({"diff", "-f", file_}), 0) << out() << notes();
  EXPECT_EQ(out(), "");
  std::string text(kFormation);
  text.replace(text.find("standbys: 1"), 11, "standbys: 2");
  std::ofstream(file_) << text;
  EXPECT_EQ(run({"diff", "-f", file_}), 1);
  EXPECT_TRUE(out().starts_with("--- live/formation/default\n+++ file/formation/default\n@@ "));
  EXPECT_NE(out().find("\n-  number-sync-standbys: 1\n+  number-sync-standbys: 2\n"),
            std::string::npos)
      << out();
}

TEST_F(CommandLine, PlanPrintsNumberedSteps) {
  const std::string post = "POST /apis/hactl/v1/formations/default/plan";
  controller_.set(post, {.body = R"({"id": "p1", "converges": true, "blocked": "", "steps": [
               {"title": "move the primary to paris-b", "details": ["paris-a: demote"],
                "writes-pause": true, "restarts": ["paris-a"]}]})"});
  EXPECT_EQ(run({"plan"}), 1);
  EXPECT_EQ(out(),
            "formation/default: 1 step\n 1. move the primary to paris-b\n      paris-a: demote\n"
            "      writes pause\n      restarts: paris-a\nplan: p1\n");
  controller_.set(post, {.body = R"({"id": "p1", "steps": [], "blocked": ""})"});
  EXPECT_EQ(run({"plan", "-f", file_}), 0);
  EXPECT_EQ(out(), "formation/default: nothing to do\n");
}

TEST_F(CommandLine, WaitMeetsTimesOutAndMisses) {
  EXPECT_EQ(run({"wait", "formation", "default", "--for", "condition=Converged"}), 0);
  EXPECT_EQ(out(), "formation/default condition met\n");
  EXPECT_EQ(
      run({"wait", "formation", "default", "--for=condition=Converged=false", "--timeout=0s"}), 1);
  EXPECT_EQ(run({"wait", "formation", "gone", "--for", "delete"}), 0);
  EXPECT_EQ(run({"wait", "formation", "gone", "--for", "condition=Converged"}), 1);
  EXPECT_EQ(run({"wait", "formation", "default", "--for", "nonsense"}), 1);
}

TEST_F(CommandLine, DeleteWaitsUntilItIsGone) {
  controller_.set("DELETE /apis/hactl/v1/formations/gone", json_answer(object(), 202));
  EXPECT_EQ(run({"delete", "formation", "gone"}), 0) << notes();
  EXPECT_EQ(out(), "formation/gone deleted\n");
}

TEST_F(CommandLine, SwitchoverAsksForANodeOrARegion) {
  const std::string post = "POST /apis/hactl/v1/formations/default/switchover";
  controller_.set(post, json_answer(object(), 202));
  EXPECT_EQ(run({"switchover", "--to", "paris-a", "--wait"}), 0) << notes();
  EXPECT_EQ(out(), "formation/default switched over to paris-a\n");
  EXPECT_EQ(run({"switchover", "--to-region", "paris"}), 0);
  EXPECT_EQ(out(), "formation/default switchover requested\n");
  EXPECT_EQ(controller_.bodies(post),
            (std::vector<std::string>{R"({"to":"paris-a"})", R"({"to-region":"paris"})"}));
}

TEST_F(CommandLine, ARefusedFailoverSaysWhatItWouldCost) {
  const std::string post = "POST /apis/hactl/v1/formations/default/failover";
  controller_.set(post, json_answer(object(), 202));
  Event refused;
  refused.reason = "FailoverRefused";
  refused.object = "formation/default";
  refused.message = "up to 10 bytes of WAL may be lost";
  refused.number = 1'000'000;
  nlohmann::json item = to_json(refused);
  item["metadata"] = {{"resource-version", "1"}};
  const std::string events = std::string(kOne) + "/events";
  controller_.set(events, json_answer({{"items", nlohmann::json::array()}}));
  EXPECT_EQ(run({"failover", "--accept-data-loss", "many"}), 1);
  EXPECT_NE(notes().find("neither a size such as 16MB nor any"), std::string::npos) << notes();
  controller_.set_after(post, events, json_answer({{"items", {item}}}));
  EXPECT_EQ(run({"failover", "--accept-data-loss=4kB", "--assume-lost", "paris-b"}), 1);
  EXPECT_EQ(notes(), "error: formations/default: up to 10 bytes of WAL may be lost\n");
  EXPECT_EQ(controller_.bodies(post),
            std::vector<std::string>{R"({"accept-data-loss":4096,"assume-lost":["paris-b"]})"});
}

TEST_F(CommandLine, UriHasThePasswordOnlyWhenAsked) {
  controller_.set(std::string(kOne) + "/credentials", json_answer({{"password", "geheim"}}));
  EXPECT_EQ(run({"get", "uri"}), 0) << notes();
  EXPECT_TRUE(out().starts_with(
      "postgresql://ha-admin@10.11.1.6:5432,10.11.1.8:5432,10.11.1.5:5432/appdb?"));
  EXPECT_TRUE(controller_.bodies(std::string(kOne) + "/credentials").empty());
  EXPECT_EQ(run({"get", "uri", "--with-password"}), 0);
  EXPECT_TRUE(out().starts_with("postgresql://ha-admin:geheim@"));
}

TEST_F(CommandLine, DescribeShowsConditionsNodesAndEvents) {
  Event event;
  event.reason = "PrimaryChosen";
  event.object = "formation/default";
  event.message = "paris-a is the first primary";
  controller_.set(std::string(kOne) + "/events",
                  list_answer(nlohmann::json::array({to_json(event)})));
  ASSERT_EQ(run({"describe", "formation", "default"}), 0) << notes();
  for (const char* text :
       {"Name:                 default\n", "Commits Wait For:     ANY 1 (paris-b",
        "Conditions:\n  TYPE ", "Nodes:\n  NAME ", "PrimaryChosen"}) {
    EXPECT_NE(out().find(text), std::string::npos) << text << "\n" << out();
  }
}

TEST_F(CommandLine, UsageErrorsExitWithTwo) {
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"frobnicate"}), 2);
  EXPECT_EQ(run({"apply"}), 2);
  EXPECT_EQ(run({"get", "formation", "-o", "xml"}), 2);
  EXPECT_EQ(run({"apply", "-f", file_, "--timeout", "soon"}), 2);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(run({"--help"}), 0);
}

TEST_F(CommandLine, AnUnreachableControllerIsNamed) {
  Config config = controller_.config();
  config.contexts[0].controller = "https://127.0.0.1:1";
  ASSERT_TRUE(save_config(options_.config_file, config).ok());
  EXPECT_EQ(run({"get", "formation"}), 1);
  EXPECT_EQ(notes(),
            "The connection to the server https://127.0.0.1:1 was refused - did you specify the "
            "right host or port?\n");
}

TEST_F(CommandLine, ContextsAreAddedAndChosen) {
  ASSERT_EQ(run({"config", "set-context", "other", "--controller", "https://o:1"}), 0);
  EXPECT_EQ(out(), "Context \"other\" created.\n");
  ASSERT_EQ(run({"config", "use-context", "other"}), 0);
  EXPECT_EQ(out(), "Switched to context \"other\".\n");
  ASSERT_EQ(run({"config", "current-context"}), 0);
  EXPECT_EQ(out(), "other\n");
  EXPECT_EQ(run({"config", "use-context", "x"}), 1);
  EXPECT_EQ(notes(), "error: no context exists with the name: \"x\"\n");
  EXPECT_EQ(run({"--context", "fake", "get", "formation", "-o", "name"}), 0);
}

TEST_F(CommandLine, TheLabSaysWhatItHasNot) {
  const std::string lab = directory_.file("lab");
  EXPECT_EQ(run({"lab", "status", "--dir", lab}), 1);
  EXPECT_EQ(notes(), "error: there is no lab in " + lab + ": make one with `hactl lab up`\n");
  EXPECT_EQ(run({"lab", "up", "-f", file_, "--dir", lab, "--network", "clouds"}), 2);
  EXPECT_EQ(run({"lab", "down", "--dir", lab}), 0);
}

}  // namespace
}  // namespace hactl
