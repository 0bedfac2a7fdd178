// `hactl explain durability`, byte for byte: of files, and of formations that run.
#include <fstream>
#include <iterator>
#include <string>

#include "codec/spec_yaml.h"
#include "tests/hactl/command_line_world.h"

namespace hactl {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ExplainDurability : public CommandLine {
 protected:
  /// The example, or it with another durability.
  std::string example(const std::string& durability = "{regions: 2}") {
    std::string text =
        text_of(std::string(HACTL_SOURCE_DIR) + "/examples/three-regions-durable.yaml");
    const std::string asked = "durability: {regions: 2}";
    const std::size_t at = text.find(asked);
    EXPECT_NE(at, std::string::npos);
    text.replace(at, asked.size(), "durability: " + durability);
    const std::string path = directory_.file("asked.yaml");
    std::ofstream(path) << text;
    return path;
  }

  /// The controller runs the example's formation.
  void runs(const std::string& sync, const std::string& primary, ConditionStatus durable,
            const std::string& message) {
    const Formation formation = parse_formation_yaml(text_of(example()), "f").formation;
    FormationStatus now = status(ConditionStatus::yes);
    now.primary = NodeName(primary);
    now.sync = sync;
    now.conditions[1].status = durable;
    now.conditions[1].message = message;
    nlohmann::json json = object();
    json["spec"] = formation_json(formation)["spec"];
    json["status"] = to_json(now);
    controller_.set(kOne, json_answer(json));
    controller_.set(kList, list_answer(nlohmann::json::array({json})));
  }
};

TEST_F(ExplainDurability, PrintsTheAlgebraOfAFile) {
  EXPECT_EQ(say({"explain", "durability", "-f", example()}), 0);
  EXPECT_EQ(say({"explain", "durability", "-f", example("{regions: 2, nodes: 3}")}), 0);
  EXPECT_EQ(say({"explain", "durability", "-f", example("{regions: 3}")}), 0);
  EXPECT_EQ(say({"explain", "durability", "-f", file_}), 0);
  expect_transcript("explain_durability_files");
}

TEST_F(ExplainDurability, PrintsWhatARunningFormationHas) {
  runs("ANY 1 (amsterdam-a, amsterdam-b, amsterdam-c, dublin-a)", "paris-a", ConditionStatus::yes,
       "");
  EXPECT_EQ(say({"explain", "durability", "formation/default"}), 0);
  runs("ANY 1 (paris-b, paris-c)", "paris-a", ConditionStatus::no,
       "commits wait for ANY 1 (paris-b, paris-c), by which they need not be in 2 regions yet");
  EXPECT_EQ(say({"explain", "durability"}), 1);
  runs("none", "paris-a", ConditionStatus::no, "commits wait for 0 of the 1 standbys");
  EXPECT_EQ(say({"explain", "durability", "fo/default"}), 1);
  expect_transcript("explain_durability_running");
}

TEST_F(ExplainDurability, SaysInALineWhatItCannotExplain) {
  EXPECT_EQ(say({"explain", "durability", "-f", example("{regions: 4}")}), 1);
  EXPECT_EQ(say({"explain", "durability", "node/paris-a"}), 1);
  EXPECT_EQ(say({"explain", "HA002", "formation/default"}), 1);
  EXPECT_EQ(say({"explain", "durability", "formation/default", "-f", file_}), 2);
  runs("none", "rome-a", ConditionStatus::no, "");
  EXPECT_EQ(say({"explain", "durability"}), 1);
  expect_transcript("explain_durability_errors");
}

TEST_F(ExplainDurability, LinesFitIntoEightyColumns) {
  for (const char* asked : {"{regions: 2}", "{regions: 3, nodes: 4}", "{nodes: 3}"}) {
    run({"explain", "durability", "-f", example(asked)});
    std::istringstream lines(out());
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(line.size(), 80U) << line;
  }
}

}  // namespace
}  // namespace hactl
