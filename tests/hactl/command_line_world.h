// CommandLineWorld: the whole program against a controller with canned answers, and what it printed
// as a transcript.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codec/messages.h"
#include "codec/spec_json.h"
#include "codec/spec_yaml.h"
#include "hactl/command_line.h"
#include "tests/hactl/fake_controller.h"
#include "tests/io/temporary_directory.h"

namespace hactl {

inline constexpr std::string_view kFormation = R"(apiVersion: hactl/v1
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
inline constexpr const char* kList = "GET /apis/hactl/v1/formations";
inline constexpr const char* kOne = "GET /apis/hactl/v1/formations/default";
inline constexpr const char* kPut = "PUT /apis/hactl/v1/formations/default";

inline Formation formation() {
  return parse_formation_yaml(kFormation, "f").formation;
}

inline Condition condition(const std::string& type, ConditionStatus status) {
  Condition result;
  result.type = type;
  result.status = status;
  result.reason = "Because";
  result.message = type + " is so";
  result.observed_generation = Generation(1);
  return result;
}

inline FormationStatus status(ConditionStatus converged) {
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
    node.lag_seconds = 0;
    node.healthy = member.name.value != "paris-c";
    node.heard_ms_ago = 12;
    node.rule = 120;
    node.message = "follow the primary";
    result.nodes.push_back(node);
  }
  return result;
}

inline nlohmann::json object(ConditionStatus converged = ConditionStatus::yes, int generation = 1) {
  nlohmann::json json = formation_json(formation());
  json["metadata"]["generation"] = generation;
  json["metadata"]["resource-version"] = "7.9";
  json["metadata"]["creation-timestamp"] = "2999-01-01T00:00:00Z";
  json["status"] = to_json(status(converged));
  return json;
}

inline HttpResponse json_answer(const nlohmann::json& json, int code = 200) {
  return {.status = code, .body = json.dump()};
}

inline HttpResponse list_answer(const nlohmann::json& items) {
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

  /// Runs it and adds what it printed to the transcript: standard error's lines begin with "! ".
  int say(const std::vector<std::string>& arguments) {
    const int code = run(arguments);
    transcript_ += "$ hactl";
    for (const std::string& argument : arguments) {
      const bool plain = !argument.empty() && argument.find_first_of(" {}\"*<>\n") == argument.npos;
      transcript_ += plain ? " " + argument : " '" + argument + "'";
    }
    transcript_ += "\n" + out();
    if (!out().empty() && out().back() != '\n') transcript_ += "(no line end)\n";
    std::istringstream lines(notes());
    for (std::string line; std::getline(lines, line);) {
      transcript_ += "! " + line + "\n";
    }
    if (code != 0) transcript_ += "exit " + std::to_string(code) + "\n";
    transcript_ += "\n";
    return code;
  }

  /// Compares the transcript with a file. HACTL_REWRITE=1 writes the file.
  void expect_transcript(const std::string& name) {
    std::string actual = transcript_;
    replace_all(actual, directory_.path(), "DIR");
    replace_all(actual, controller_.config().contexts[0].controller, "SERVER");
    const std::string path =
        std::string(HACTL_SOURCE_DIR) + "/tests/hactl/transcripts/" + name + ".txt";
    if (std::getenv("HACTL_REWRITE") != nullptr) std::ofstream(path) << actual;
    std::ifstream file(path);
    const std::string expected{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(expected, actual) << "HACTL_REWRITE=1 rewrites " << path << "; review the diff";
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
  static void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at)) {
      text.replace(at, from.size(), to);
    }
  }

  std::ostringstream out_;
  std::ostringstream notes_;
  std::string transcript_;
};

}  // namespace hactl
