// Verbs that change a formation: what they send, what they say, and what they do about others'
// changes.
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/hactl/command_line_world.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

constexpr const char* kPatch = "PATCH /apis/hactl/v1/formations/default";
constexpr const char* kDelete = "DELETE /apis/hactl/v1/formations/default";

HttpResponse conflict() {
  const Json status{{"reason", "Conflict"},
                    {"code", 409},
                    {"message",
                     "Operation cannot be fulfilled on formations \"default\": the object has been "
                     "modified; please apply your changes to the latest version and try again"}};
  return json_answer(status, 409);
}

class Change : public CommandLine {
 protected:
  Json last_put() { return Json::parse(controller_.bodies(kPut).back()); }
  Json node(std::size_t at) { return last_put()["spec"]["regions"][0]["nodes"][at]; }

  // The object with its first node changed, as the server would answer.
  static Json with(const std::string& key, const Json& value) {
    Json changed = object();
    changed["spec"]["regions"][0]["nodes"][0][key] = value;
    return changed;
  }
};

TEST_F(Change, SetChangesFieldsOfNodesRegionsAndFormations) {
  controller_.set(kPut, json_answer(with("candidate-priority", 65)));
  say({"set", "node", "paris-a", "candidate-priority=65", "replication-quorum=false"});
  EXPECT_EQ(node(0), (Json{{"name", "paris-a"},
                           {"host", "10.11.1.6"},
                           {"candidate-priority", 65},
                           {"replication-quorum", false}}));
  EXPECT_EQ(last_put()["metadata"]["resource-version"], "7.9");
  EXPECT_FALSE(last_put().contains("status"));
  say({"set", "region/paris", "candidate-priority=20", "location-"});
  EXPECT_EQ(last_put()["spec"]["regions"][0]["candidate-priority"], 20);
  say({"set", "formation", "default", "when-short=degrade"});
  EXPECT_EQ(last_put()["spec"]["when-short"], "degrade");
  const std::size_t sent = controller_.bodies(kPut).size();
  say({"set", "node", "paris-b", "candidate-priority=1", "--dry-run=client"});
  say({"set", "node", "paris-b", "host=10.11.1.8"});
  say({"set", "node", "x", "candidate-priority=1"});
  say({"set", "node", "paris-a"});
  say({"set", "node", "a=1"});
  say({"set", "event", "1", "a=1"});
  say({"set", "node", "paris-a", "a=1", "a=2"});
  say({"set", "node", "paris-a", "a=1", "paris-b"});
  EXPECT_EQ(controller_.bodies(kPut).size(), sent);
  expect_transcript("set");
}

TEST_F(Change, SetIsMadeAgainWhenSomebodyWasFaster) {
  controller_.set(kPut, json_answer(with("candidate-priority", 65)));
  controller_.answer_once(kPut, conflict());
  EXPECT_EQ(say({"set", "node", "paris-a", "candidate-priority=65"}), 0);
  EXPECT_EQ(controller_.bodies(kPut).size(), 2U);
  controller_.set(kPut, conflict());
  EXPECT_EQ(say({"set", "node", "paris-a", "candidate-priority=65"}), 1);
  EXPECT_EQ(controller_.bodies(kPut).size(), 7U);
  expect_transcript("set_conflict");
}

TEST_F(Change, PatchSendsAFormationsPatchAndMakesANodesItself) {
  controller_.set(kPatch, json_answer(with("candidate-priority", 65)));
  say({"patch", "formation", "default", "-p", R"({"spec":{"when-short":"degrade"}})"});
  say({"patch", "formation/default", "--type=json", "-p",
       R"([{"op":"add","path":"/spec/failback","value":"never"}])"});
  EXPECT_EQ(controller_.bodies(kPatch).back(),
            R"([{"op":"add","path":"/spec/failback","value":"never"}])");
  controller_.set(kPatch, json_answer(object()));
  say({"patch", "formation", "default", "-p", "{}"});
  say({"patch", "node", "paris-b", "-p", R"({"candidate-priority":7})"});
  EXPECT_EQ(node(1)["candidate-priority"], 7);
  say({"patch", "formation", "default", "-p", R"({"spec":null})", "--dry-run=client"});
  say({"patch", "formation", "default", "-p", "{", "-o", "name"});
  say({"patch", "formation", "default", "--type=strategic", "-p", "{}"});
  say({"patch", "formation", "default"});
  say({"patch", "node", "paris-b", "--type=json", "-p", R"([{"op":"remove","path":"/nothing"}])"});
  say({"patch", "formation", "default", "--patch-file", "/nowhere"});
  expect_transcript("patch");
}

TEST_F(Change, LabelsAndAnnotationsAreSetAndTakenAway) {
  Json labelled = object();
  labelled["metadata"]["labels"] = {{"tier", "gold"}};
  controller_.set(kPut, json_answer(labelled));
  say({"label", "formation", "default", "tier=gold"});
  EXPECT_EQ(last_put()["metadata"]["labels"], (Json{{"tier", "gold"}}));
  controller_.set(kOne, json_answer(labelled));
  say({"label", "formation", "default", "tier=gold"});
  say({"label", "formation", "default", "tier=silver"});
  say({"label", "formation", "default", "--list"});
  controller_.set(kPut, json_answer(object()));
  say({"label", "formation/default", "tier=silver", "--overwrite"});
  EXPECT_EQ(last_put()["metadata"]["labels"], (Json{{"tier", "silver"}}));
  say({"label", "formation/default", "tier-", "other-"});
  EXPECT_FALSE(last_put()["metadata"].contains("labels"));
  say({"annotate", "formation", "default", "note=two words"});
  EXPECT_EQ(last_put()["metadata"]["annotations"], (Json{{"note", "two words"}}));
  say({"annotate", "formation", "default", "note=x", "--dry-run=client"});
  say({"label", "formation", "default"});
  say({"label", "node", "paris-a", "a=b"});
  say({"label", "a=b"});
  expect_transcript("label");
}

TEST_F(Change, CordonIsRememberedUntilUncordon) {
  controller_.set(kPut, json_answer(with("candidate-priority", 0)));
  say({"cordon", "node", "paris-b"});
  EXPECT_EQ(node(1)["candidate-priority"], 0);
  EXPECT_EQ(last_put()["metadata"]["annotations"], (Json{{"hactl.io/cordoned.paris-b", "{}"}}));
  Json cordoned = last_put();
  cordoned["metadata"]["resource-version"] = "8.1";
  controller_.set(kOne, json_answer(cordoned));
  say({"cordon", "node/paris-b"});
  controller_.set(kPut, json_answer(object()));
  say({"uncordon", "node/paris-b"});
  EXPECT_EQ(last_put()["spec"], object()["spec"]);
  EXPECT_FALSE(last_put()["metadata"].contains("annotations"));
  controller_.set(kOne, json_answer(with("candidate-priority", 65)));
  say({"cordon", "region", "paris"});
  EXPECT_EQ(last_put()["metadata"]["annotations"]["hactl.io/cordoned.paris-a"],
            R"({"candidate-priority":65})");
  say({"cordon", "node", "x"});
  say({"cordon", "formation", "default"});
  say({"cordon", "node"});
  expect_transcript("cordon");
}

TEST_F(Change, DrainWaitsUntilThePrimaryHasMoved) {
  EXPECT_EQ(say({"drain", "node", "paris-b"}), 0);
  EXPECT_EQ(node(1)["maintenance"], true);
  Json drained = last_put();
  drained["metadata"]["resource-version"] = "8.1";
  EXPECT_EQ(say({"drain", "node", "paris-a", "--timeout=0"}), 1);
  controller_.set(kOne, json_answer(drained));
  EXPECT_EQ(say({"uncordon", "node", "paris-b"}), 0);
  EXPECT_FALSE(node(1).contains("maintenance"));
  expect_transcript("drain");
}

TEST_F(Change, DeleteEndsWhenTheFormationIsGone) {
  controller_.set(kDelete, json_answer(object(), 202));
  EXPECT_EQ(say({"delete", "formation", "default", "--timeout=0"}), 1);
  EXPECT_EQ(say({"delete", "formation", "default", "--wait=false"}), 0);
  EXPECT_EQ(say({"delete", "formation/default", "--dry-run=client"}), 0);
  EXPECT_EQ(say({"delete", "formation/default", "--dry-run=server", "-o", "name"}), 0);
  EXPECT_EQ(controller_.bodies(kDelete).size(), 2U);
  controller_.set_after(kDelete, kOne, {.status = 404, .body = R"({"reason":"NotFound"})"});
  EXPECT_EQ(say({"delete", "-f", file_}), 0);
  EXPECT_EQ(say({"delete", "formation", "gone"}), 1);
  EXPECT_EQ(say({"delete", "formation", "gone", "--ignore-not-found"}), 0);
  EXPECT_EQ(say({"delete", "node", "paris-a"}), 1);
  EXPECT_EQ(say({"delete", "formation"}), 1);
  EXPECT_EQ(say({"delete", "formation", "default", "-f", file_}), 1);
  const std::string with_data = std::string(kDelete) + "?data=delete";
  controller_.set(with_data, json_answer(object(), 202));
  EXPECT_EQ(say({"delete", "formation/default", "--delete-data", "--wait=false"}), 0);
  EXPECT_EQ(controller_.bodies(with_data).size(), 1U);
  expect_transcript("delete");
}

class Edit : public Change {
 protected:
  int edit(const std::string& editor, std::vector<std::string> more = {}) {
    options_.editor = editor;
    more.insert(more.begin(), {"edit", "formation", "default"});
    return say(more);
  }
  Edit() {
    const std::string files = directory_.file("temporary");
    std::filesystem::create_directory(files);
    setenv("TMPDIR", files.c_str(), 1);
  }
  ~Edit() override { unsetenv("TMPDIR"); }

  // Where edited text is kept; empty: nothing is.
  [[nodiscard]] std::string kept() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory_.file("temporary"))) {
      return entry.path().string();
    }
    return "";
  }
};

constexpr const char* kTwoStandbys = "sed -i 's/standbys: 1/standbys: 2/'";

TEST_F(Edit, WritesWhatWasEdited) {
  EXPECT_EQ(edit(kTwoStandbys), 0);
  EXPECT_EQ(last_put()["spec"]["number-sync-standbys"], 2);
  EXPECT_EQ(last_put()["metadata"]["resource-version"], "7.9");
  Json changed = object();
  changed["spec"]["number-sync-standbys"] = 2;
  controller_.set(kPut, json_answer(changed));
  EXPECT_EQ(edit(kTwoStandbys, {"--output-patch"}), 0);
  EXPECT_EQ(kept(), "");
  expect_transcript("edit");
}

TEST_F(Edit, WithoutChangesDoesNothing) {
  EXPECT_EQ(edit("true"), 0);
  EXPECT_EQ(edit("truncate -s 0"), 0);
  EXPECT_TRUE(controller_.bodies(kPut).empty());
  EXPECT_EQ(kept(), "");
  EXPECT_EQ(edit("false"), 1);
  EXPECT_EQ(say({"edit", "node", "paris-a"}), 1);
  EXPECT_EQ(say({"edit", "formation", "gone"}), 1);
  std::filesystem::remove(kept());
}

TEST_F(Edit, GoesOnWhenOnlyTheControllerHasWritten) {
  Json later = object();
  later["metadata"]["resource-version"] = "9.1";
  controller_.answer_once(kPut, conflict());
  controller_.answer_once(kOne, json_answer(object()));
  controller_.set(kOne, json_answer(later));
  EXPECT_EQ(edit(kTwoStandbys), 0) << notes();
  EXPECT_EQ(last_put()["metadata"]["resource-version"], "9.1");
}

TEST_F(Edit, KeepsWhatMetSomebodyElsesChange) {
  controller_.set(kPut, conflict());
  controller_.answer_once(kOne, json_answer(object()));
  controller_.set(kOne, json_answer(with("candidate-priority", 1)));
  EXPECT_EQ(edit(kTwoStandbys), 1);
  const std::string file = kept();
  EXPECT_EQ(out(), "");
  EXPECT_EQ(notes(), "A copy of your changes has been stored to \"" + file +
                         "\"\nError from server (Conflict): Operation cannot be fulfilled on "
                         "formations \"default\": the object has been modified; please apply your "
                         "changes to the latest version and try again\n");
  std::ifstream text(file);
  const std::string content{std::istreambuf_iterator<char>(text), {}};
  EXPECT_NE(content.find("number-sync-standbys: 2"), std::string::npos) << content;
}

TEST_F(Edit, OpensAFaultyFileAgainWithItsFaults) {
  const std::string script = directory_.file("editor");
  std::ofstream(script) << "grep '^# \\*' \"$1\" > " + directory_.file("seen") +
                               "; sed -i 's/standbys: 1/standbys: 99/' \"$1\"\n";
  EXPECT_EQ(edit("sh " + script), 1);
  std::ifstream seen(directory_.file("seen"));
  const std::string faults{std::istreambuf_iterator<char>(seen), {}};
  EXPECT_NE(faults.find("spec.number-sync-standbys: "), std::string::npos) << faults;
  EXPECT_EQ(notes(), "A copy of your changes has been stored to \"" + kept() +
                         "\"\nerror: Edit cancelled, no valid changes were saved.\n");
  EXPECT_TRUE(controller_.bodies(kPut).empty());
}

}  // namespace
}  // namespace hactl
