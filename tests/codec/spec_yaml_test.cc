#include "codec/spec_yaml.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "codec/spec_json.h"
#include "tests/codec/random_model.h"

namespace hactl {
namespace {

const std::filesystem::path kSource(HACTL_SOURCE_DIR);

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> yaml_files(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

class BadFile : public testing::TestWithParam<std::string> {};

TEST_P(BadFile, IsRefusedWithTheseMessages) {
  const auto folder = kSource / "tests/codec/testdata";
  const std::string text = read_file(folder / (GetParam() + ".yaml"));
  const ParsedFormation parsed = parse_formation_yaml(text, "formation.yaml");
  EXPECT_FALSE(parsed.ok());
  std::string actual;
  for (const SpecProblem& problem : parsed.problems) {
    actual += to_string(problem) + "\n" + source_excerpt(text, problem);
  }
  const auto golden = folder / (GetParam() + ".txt");
  if (std::getenv("HACTL_REWRITE") != nullptr) std::ofstream(golden) << actual;
  EXPECT_EQ(read_file(golden), actual) << "HACTL_REWRITE=1 rewrites the file; review the diff";
}

INSTANTIATE_TEST_SUITE_P(SpecYaml, BadFile,
                         testing::ValuesIn(yaml_files(kSource / "tests/codec/testdata")),
                         [](const auto& file) {
                           std::string name = file.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

class Example : public testing::TestWithParam<std::string> {};

TEST_P(Example, IsValidAndComesBackAsItWas) {
  const std::string text = read_file(kSource / "examples" / (GetParam() + ".yaml"));
  const ParsedFormation parsed = parse_formation_yaml(text, "example.yaml");
  ASSERT_EQ(to_string(parsed.problems), "");
  const ParsedFormation again = parse_formation_yaml(formation_yaml(parsed.formation), "again");
  ASSERT_EQ(to_string(again.problems), "");
  EXPECT_EQ(again.formation, parsed.formation);
}

INSTANTIATE_TEST_SUITE_P(SpecYaml, Example, testing::ValuesIn(yaml_files(kSource / "examples")),
                         [](const auto& file) {
                           std::string name = file.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(SpecYaml, AnyFormationComesBackAsItWas) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const Formation formation = RandomModel(seed).formation();
    const std::string text = formation_yaml(formation);
    const ParsedFormation yaml = parse_formation_yaml(text, "f");
    ASSERT_EQ(to_string(yaml.problems), "") << "seed " << seed << "\n" << text;
    ASSERT_EQ(yaml.formation, formation) << "seed " << seed << "\n" << text;
    const Result<nlohmann::json> json = parse_json(dump_json(formation_json(formation)));
    ASSERT_TRUE(json.ok());
    const ParsedFormation read = formation_from_json(*json);
    ASSERT_EQ(to_string(read.problems), "") << "seed " << seed;
    ASSERT_EQ(read.formation, formation) << "seed " << seed;
    ASSERT_EQ(parse_formation_yaml(yaml_text(*json), "f").formation, formation) << "seed " << seed;
  }
}

TEST(SpecYaml, JsonIsCheckedByTheSameRules) {
  const std::string text = read_file(kSource / "examples/three-regions.yaml");
  nlohmann::json json = formation_json(parse_formation_yaml(text, "f").formation);
  json["spec"]["regions"][0]["nodes"][1]["candidate-priority"] = 101;
  json["spec"]["postgres"]["port"] = "5432";
  json["status"] = {{"anything", 1}};
  json["metadata"]["resource-version"] = "17";
  EXPECT_EQ(to_string(formation_from_json(json).problems),
            "spec.postgres.port: \"5432\" is a string; write it without quotes\n"
            "spec.regions[0].nodes[1].candidate-priority: 101 is not between 0 and 100");
  EXPECT_FALSE(formation_from_json(nullptr).ok());
  EXPECT_FALSE(formation_from_json(nlohmann::json::array()).ok());
}

TEST(SpecYaml, FindsEveryFormationOfAFile) {
  const std::string one = read_file(kSource / "examples/one-node.yaml");
  const std::string three = read_file(kSource / "examples/three-nodes.yaml");
  const ParsedFormations two = parse_formations_yaml(one + "---\n---\n" + three, "f");
  ASSERT_EQ(to_string(two.problems), "");
  ASSERT_EQ(two.formations.size(), 2U);
  EXPECT_EQ(two.formations[1].name.value, "small");
  EXPECT_FALSE(parse_formation_yaml(one + "---\n" + three, "f").ok());
  EXPECT_EQ(to_string(parse_formations_yaml(one + "---\n" + one, "f").problems),
            "f:32:9: metadata.name: formation \"single\" is already on line 9");
  EXPECT_EQ(to_string(parse_formations_yaml("# nothing\n", "f").problems), "f: holds no formation");

  nlohmann::json list = {{"apiVersion", "hactl/v1"}, {"kind", "List"}};
  for (const Formation& formation : two.formations)
    list["items"].push_back(formation_json(formation));
  EXPECT_EQ(parse_formations_yaml(yaml_text(list), "f").formations, two.formations);
}

TEST(SpecYaml, HostileTextIsRefusedAtOnce) {
  const auto refusal = [](const std::string& text) {
    return to_string(parse_formations_yaml(text, "f").problems);
  };
  EXPECT_EQ(refusal(std::string(100'000, '[')), "f:1:1: a list or map cannot be a key");
  EXPECT_EQ(refusal(std::string(100'000, '{')), "f:1:1: a list or map cannot be a key");
  EXPECT_EQ(refusal("a: " + std::string(100'000, '[') + std::string(100'000, ']')),
            "f:1:35: nested deeper than 32");
  std::string dashes;
  for (int i = 0; i < 50'000; ++i)
    dashes += "- ";
  EXPECT_EQ(refusal(dashes), "f:1:65: nested deeper than 32");
  std::string questions;
  for (int i = 0; i < 50'000; ++i)
    questions += "? ";
  EXPECT_EQ(refusal(questions), "f:1:3: a list or map cannot be a key");
  EXPECT_EQ(refusal(std::string(1024 * 1024, 'a')),
            "f: the file is 1048576 bytes long; at most 262144 are accepted");
  EXPECT_EQ(refusal("a: &x [*x]\n"),
            "f:1:4: anchors (&name) are not accepted; write the value out");
  EXPECT_EQ(refusal("a: *x\n"), "f:1:4: not valid YAML: the referenced anchor is not defined");
  EXPECT_EQ(refusal("a: b\x01\n"), "f:1:5: the control character U+0001 is not accepted");
  EXPECT_EQ(refusal("a: \"\\0\"\n"), "f:1:4: a value has a control character");
  EXPECT_EQ(refusal(std::string("a: \0b", 5)),
            "f:1:4: the control character U+0000 is not accepted");
  EXPECT_EQ(refusal("a: \xC3\x28\n"), "f:1:4: the file is not UTF-8");
  EXPECT_EQ(refusal("a: \xED\xA0\x80\n"), "f:1:4: the file is not UTF-8");
  std::string many;
  for (int i = 0; i < 30'000; ++i)
    many += "- a\n";
  EXPECT_EQ(refusal(many), "f:20000:3: more than 20000 values");
  std::string documents;
  for (int i = 0; i < 300; ++i)
    documents += "--- a\n";
  EXPECT_EQ(refusal(documents), "f:257:5: more than 256 documents");
}

TEST(SpecYaml, WordsAreNotTakenForSomethingElse) {
  std::string text = read_file(kSource / "examples/one-node.yaml");
  text.replace(text.find("- name: local"), 13, "- name: \"no\"\n      location: no");
  const ParsedFormation parsed = parse_formation_yaml(text, "f");
  ASSERT_EQ(to_string(parsed.problems), "");
  EXPECT_EQ(parsed.formation.spec.regions[0].location, "no");
}

TEST(SpecYaml, AnyChangedByteIsAProblemOrAFormation) {
  const std::string good = read_file(kSource / "examples/three-regions.yaml");
  Prng random(3);
  for (int round = 0; round < 300; ++round) {
    std::string text = good;
    for (int i = 0; i < 3; ++i) {
      const auto at =
          static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(text.size()) - 1));
      text[at] = "\n -:[]{}#&*!|>'\"%@`?,x0"[static_cast<std::size_t>(random.between(0, 22))];
    }
    const ParsedFormation parsed = parse_formation_yaml(text, "f");
    if (parsed.ok()) {
      EXPECT_EQ(parse_formation_yaml(formation_yaml(parsed.formation), "g").formation,
                parsed.formation);
    }
  }
}

TEST(SpecYaml, ALenientReaderPassesOverUnknownAndDuplicateFields) {
  const std::string text = R"(apiVersion: hactl/v1
kind: Formation
metadata: {name: default, owner: me}
spec:
  failback: never
  failback: automatic
  regions:
    - name: paris
      nodes:
        - {name: a, host: 10.0.0.1, priority: 3}
        - {name: b, host: 10.0.0.2}
)";
  EXPECT_EQ(parse_formations_yaml(text, "f").problems.size(), 1U) << "the duplicate ends it";
  const ParsedFormations lenient = parse_formations_yaml(text, "f", Strictness::lenient);
  ASSERT_TRUE(lenient.ok()) << to_string(lenient.problems);
  EXPECT_EQ(to_string(lenient.ignored),
            "f:6:3: spec.failback: is already on line 5\n"
            "f:3:27: metadata.owner: unknown field; known here are name, labels, annotations\n"
            "f:10:37: spec.regions[0].nodes[0].priority: unknown field; known here are name, host, "
            "candidate-priority, replication-quorum, port, data-directory, maintenance");
  EXPECT_EQ(lenient.formations.at(0).spec.failback, Failback::automatic);
  const ParsedFormations faulty =
      parse_formations_yaml(text + "  when-short: maybe\n", "f", Strictness::lenient);
  EXPECT_EQ(faulty.problems.size(), 1U) << "a value that is none stays a problem";
}

}  // namespace
}  // namespace hactl
