// `hactl rollout`, warnings, and fields that nobody knows, byte for byte.
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "hactl/spec_changes.h"
#include "hactl/warnings.h"
#include "tests/hactl/command_line_world.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

constexpr const char* kRevisions = "GET /apis/hactl/v1/formations/default/revisions";

class Rollout : public CommandLine {
 protected:
  Rollout() {
    const Json first = revision(1, 1, "");
    Json second = revision(2, 2, "two standbys, for the audit of the third quarter");
    second["spec"]["regions"][0]["nodes"][1]["candidate-priority"] = 65;
    second["metadata"]["annotations"]["hactl.io/cordoned.paris-b"] = "{}";
    controller_.set(kRevisions, list_answer({first, second, revision(4, 1, "back")}));
    controller_.set(kOne, json_answer(live()));
    controller_.set(kPut, json_answer(live()));
  }

  static Json revision(int number, int standbys, const std::string& cause) {
    Json json = formation_json(formation());
    json["kind"] = "Revision";
    json["metadata"] = {{"name", "default." + std::to_string(number)},
                        {"formation", "default"},
                        {"annotations", {{"owner", "dba"}}}};
    json["revision"] = number;
    json["spec"]["number-sync-standbys"] = standbys;
    json["spec"]["postgres"]["port"] = 5432 + number;
    if (number > 1) json["metadata"]["creation-timestamp"] = "2999-01-01T00:00:00Z";
    if (!cause.empty()) json["metadata"]["annotations"]["hactl.io/change-cause"] = cause;
    return json;
  }

  static Json live() {
    Json json = object(ConditionStatus::yes, 4);
    json["spec"] = revision(4, 1, "")["spec"];
    json["metadata"]["annotations"] = {{"owner", "me"}, {"hactl.io/change-cause", "back"}};
    return json;
  }

  // The formation as it is while a generation is carried out.
  static HttpResponse under_way(int observed, const std::string& reason, bool paused = false) {
    Json json = live();
    json["status"]["observed-generation"] = observed;
    for (Json& condition : json["status"]["conditions"]) {
      condition["observed-generation"] = observed;
      if (condition["type"] == "Converged") {
        condition["status"] = "False";
        condition["message"] = "paris-b must restart for changed parameters";
      }
      if (condition["type"] == "Progressing") condition["reason"] = reason;
    }
    if (paused) {
      Condition condition = hactl::condition("Paused", ConditionStatus::yes);
      condition.message = "generation 4 waits; generation 2 stays in force";
      json["status"]["conditions"].push_back(to_json(condition));
    }
    return json_answer(json);
  }
  static HttpResponse converged() {
    Json json = live();
    json["status"]["observed-generation"] = 4;
    for (Json& condition : json["status"]["conditions"])
      condition["observed-generation"] = 4;
    return json_answer(json);
  }
  Json last_put() { return Json::parse(controller_.bodies(kPut).back()); }
};

TEST_F(Rollout, HistoryTellsWhatEachRevisionChanged) {
  EXPECT_EQ(say({"rollout", "history", "formation/default"}), 0);
  EXPECT_EQ(say({"rollout", "history", "formation", "default", "--revision=2"}), 0);
  EXPECT_EQ(say({"rollout", "history", "formation/default", "--revision=1", "-o", "yaml"}), 0);
  EXPECT_EQ(say({"rollout", "history", "formation/default", "--revision=3"}), 1);
  EXPECT_EQ(say({"rollout", "history", "formation/gone"}), 1);
  EXPECT_EQ(say({"rollout", "history", "node/paris-a"}), 1);
  EXPECT_EQ(run({"rollout", "history", "formation/default", "-o", "json"}), 0);
  EXPECT_EQ(Json::parse(out())["items"].size(), 3U);
  expect_transcript("rollout_history");
}

TEST_F(Rollout, HistoryOfAFormationNeedsNoNameWhenThereIsOne) {
  EXPECT_EQ(run({"rollout", "history"}), 0) << notes();
  EXPECT_TRUE(out().starts_with("formation/default\nREVISION ")) << out();
}

TEST_F(Rollout, UndoPutsTheSpecBackWithWhatBelongsToIt) {
  EXPECT_EQ(say({"rollout", "undo", "formation/default"}), 0);
  EXPECT_EQ(last_put()["spec"]["number-sync-standbys"], 2);
  EXPECT_EQ(last_put()["metadata"]["resource-version"], "7.9");
  EXPECT_EQ(last_put()["metadata"]["annotations"],
            (Json{{"owner", "me"},
                  {"hactl.io/change-cause", "two standbys, for the audit of the third quarter"},
                  {"hactl.io/cordoned.paris-b", "{}"}}));
  EXPECT_EQ(say({"rollout", "undo", "formation/default", "--to-revision=1"}), 0);
  EXPECT_EQ(last_put()["spec"]["postgres"]["port"], 5433);
  EXPECT_EQ(last_put()["metadata"]["annotations"], (Json{{"owner", "me"}}));
  EXPECT_EQ(controller_.bodies(kPut).size(), 2U);
  EXPECT_EQ(say({"rollout", "undo", "formation/default", "--to-revision=4"}), 0);
  EXPECT_EQ(say({"rollout", "undo", "formation/default", "--to-revision=3"}), 1);
  EXPECT_EQ(say({"rollout", "undo", "formation/default", "--dry-run=client"}), 0);
  EXPECT_EQ(controller_.bodies(kPut).size(), 2U);
  EXPECT_EQ(say({"rollout", "undo", "formation/default", "--to-revision=soon"}), 2);
  controller_.set(kPut, {.status = 422,
                         .body = R"({"reason":"Invalid","message":"spec.postgres.version: no"})"});
  EXPECT_EQ(say({"rollout", "undo", "formation/default"}), 1);
  controller_.set(kRevisions, list_answer({revision(4, 1, "")}));
  EXPECT_EQ(say({"rollout", "undo", "formation/default"}), 1);
  expect_transcript("rollout_undo");
}

TEST_F(Rollout, StatusWaitsUntilItHasBeenCarriedOut) {
  controller_.answer_once(kOne, under_way(2, "Working"));
  controller_.answer_once(kOne, under_way(4, "Working"));
  controller_.answer_once(kOne, under_way(4, "Working"));
  controller_.set(kOne, converged());
  EXPECT_EQ(say({"rollout", "status", "formation/default"}), 0);
  EXPECT_EQ(say({"rollout", "status", "formation/default", "--revision=3"}), 1);
  controller_.set(kOne, under_way(4, "Working"));
  EXPECT_EQ(say({"rollout", "status", "formation/default", "--watch=false"}), 0);
  EXPECT_EQ(say({"rollout", "status", "formation/default", "--timeout=1ms"}), 1);
  controller_.set(kOne, under_way(2, "Working", true));
  EXPECT_EQ(say({"rollout", "status", "formation/default", "--timeout=1ms"}), 1);
  controller_.set(kOne, under_way(4, "Blocked"));
  EXPECT_EQ(say({"rollout", "status", "formation/default", "--watch=false"}), 1);
  EXPECT_EQ(say({"rollout", "status", "formation/default"}), 1);
  EXPECT_EQ(say({"rollout", "status", "formation/gone"}), 1);
  expect_transcript("rollout_status");
}

TEST_F(Rollout, PauseResumeAndRestartAreAskedFor) {
  const std::string post = "POST /apis/hactl/v1/formations/default/";
  for (const char* what : {"pause", "resume", "restart"})
    controller_.set(post + what, json_answer(live(), 202));
  EXPECT_EQ(say({"rollout", "pause", "formation/default"}), 0);
  EXPECT_EQ(say({"rollout", "resume", "formation/default"}), 1);
  EXPECT_EQ(say({"rollout", "restart", "formation", "default"}), 0);
  controller_.set(kOne, under_way(2, "Working", true));
  EXPECT_EQ(say({"rollout", "pause", "formation/default"}), 1);
  EXPECT_EQ(say({"rollout", "resume", "formation/default"}), 0);
  EXPECT_EQ(say({"rollout", "restart", "formation/default"}), 1);
  for (const char* what : {"pause", "resume", "restart"})
    EXPECT_EQ(controller_.bodies(post + what).size(), 1U) << what;
  EXPECT_EQ(say({"rollout"}), 2);
  expect_transcript("rollout_acts");
}

HttpResponse warning_answer(const std::string& header) {
  HttpResponse response = json_answer(object());
  response.headers["Warning"] = header;
  return response;
}

TEST_F(CommandLine, WarningsOfTheServerAreToldOnceAndMayCountAsErrors) {
  controller_.set(kPut, warning_answer(R"(299 - "one \"a\"", 299 - "two", 299 - "two")"));
  EXPECT_EQ(say({"apply", "-f", file_}), 0);
  EXPECT_EQ(say({"apply", "-f", file_, "--warnings-as-errors", "-o", "name"}), 1);
  EXPECT_EQ(say({"--warnings-as-errors", "set", "node", "paris-a", "candidate-priority=65"}), 1);
  controller_.set(kPut, warning_answer(R"(299 - "one")"));
  EXPECT_EQ(say({"apply", "-f", file_, "--warnings-as-errors"}), 1);
  controller_.set(kPut, json_answer(object()));
  EXPECT_EQ(say({"apply", "-f", file_, "--warnings-as-errors"}), 0);
  expect_transcript("warnings");
}

TEST_F(CommandLine, FieldsThatNobodyKnowsAreRefusedNamedOrPassedOver) {
  std::string text(kFormation);
  text.replace(text.find("  number-sync"), 2, "  failbak: never\n  number-sync-standbys: 2\n  ");
  std::ofstream(file_) << text;
  EXPECT_EQ(say({"apply", "-f", file_}), 1);
  EXPECT_EQ(say({"apply", "-f", file_, "--validate=true"}), 1);
  EXPECT_TRUE(controller_.bodies(kPut).empty());
  EXPECT_EQ(say({"apply", "-f", file_, "--validate=warn"}), 0);
  EXPECT_EQ(Json::parse(controller_.bodies(kPut).back())["spec"]["number-sync-standbys"], 1)
      << "of two the last one counts";
  EXPECT_EQ(say({"apply", "-f", file_, "--validate=warn", "--warnings-as-errors"}), 1);
  EXPECT_EQ(say({"apply", "-f", file_, "--validate=ignore"}), 0);
  EXPECT_EQ(say({"apply", "-f", file_, "--validate=never"}), 2);
  text.replace(text.find("standbys: 1"), 11, "standbys: x");
  std::ofstream(file_) << text;
  EXPECT_EQ(say({"apply", "-f", file_, "--validate=ignore"}), 1);
  expect_transcript("validate");
}

TEST(WarningsPrinted, AreYellowOnATerminalAndBounded) {
  std::ostringstream out;
  std::ostringstream notes;
  Terminal terminal(out, notes, Terminal::Colour::never);
  Warnings plain(terminal);
  for (std::size_t i = 0; i < 2 * kWarningsPrintedMax; ++i)
    plain.add(std::to_string(i));
  EXPECT_EQ(plain.count(), 2 * kWarningsPrintedMax);
  const std::string text = notes.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'),
            static_cast<std::ptrdiff_t>(kWarningsPrintedMax));
  notes.str("");
  terminal.allow_colour_of_notes();
  Warnings(terminal).add("x");
  EXPECT_EQ(notes.str(), "\033[33;1mWarning:\033[0m x\n");
  EXPECT_EQ(out.str(), "");
}

TEST(SpecChanges, NameFieldsNodesAndRegions) {
  const FormationSpec before = formation().spec;
  FormationSpec after = before;
  EXPECT_TRUE(spec_changes(before, after).empty());
  after.number_sync_standbys.reset();
  after.postgres.parameters["work_mem"] = "8MB";
  after.postgres.hba.emplace_back();
  after.regions[0].nodes[0].candidate_priority = 65;
  after.regions[0].nodes.pop_back();
  after.regions.push_back(after.regions[0]);
  after.regions[1].name = RegionName("oslo");
  EXPECT_EQ(
      spec_changes(before, after),
      (std::vector<std::string>{"number-sync-standbys: 1 -> unset", "postgres.hba changed",
                                "work_mem: unset -> 8MB", "paris-a.candidate-priority: unset -> 65",
                                "node paris-c removed", "region oslo added"}));
  FormationSpec other = before;
  std::swap(other.regions[0].nodes[0], other.regions[0].nodes[1]);
  EXPECT_EQ(spec_changes(before, other), std::vector<std::string>{"the order of nodes changed"});
}

TEST(CutShort, CutsBetweenCharacters) {
  EXPECT_EQ(cut_short("abc", 3), "abc");
  EXPECT_EQ(cut_short("abcdef", 5), "ab...");
  EXPECT_EQ(cut_short("üüüüüü", 5), "üü...");
}

}  // namespace
}  // namespace hactl
