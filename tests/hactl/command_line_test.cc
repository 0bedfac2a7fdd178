// The whole program against a controller with canned answers: outputs and exit codes.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/hactl/command_line_world.h"

namespace hactl {
namespace {

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

TEST_F(CommandLine, PlanTellsStepsBarriersPauseAndLoss) {
  const std::string post = "POST /apis/hactl/v1/formations/default/plan";
  std::ostringstream plan;
  plan << std::ifstream(std::string(HACTL_SOURCE_DIR) + "/tests/hactl/testdata/plan.json").rdbuf();
  controller_.set(post, {.body = plan.str()});
  EXPECT_EQ(run({"plan"}), 1);
  std::ostringstream golden;
  golden << std::ifstream(std::string(HACTL_SOURCE_DIR) + "/tests/hactl/testdata/plan.txt").rdbuf();
  EXPECT_EQ(out(), golden.str());
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
