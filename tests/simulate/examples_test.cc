// Every example says in a comment what it survives, and survives exactly that.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/join.h"
#include "codec/spec_yaml.h"

#include "simulate/simulate.h"

namespace hactl {
namespace {

constexpr std::string_view kSurvives = "# Survives: ";

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// What stands in the line "# Survives: …."; empty: there is no such line.
std::string said_in(const std::string& text) {
  const std::size_t at = text.find(kSurvives);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + kSurvives.size();
  return text.substr(begin, text.find(".\n", begin) - begin);
}

/// Every set of so many nodes, or of so many regions.
std::vector<std::vector<Loss>> losses_of(const FormationSpec& spec, Loss::Kind kind,
                                         std::size_t size) {
  std::vector<std::vector<Loss>> all = every_loss(spec, static_cast<int>(size), 1'000);
  std::erase_if(all, [&](const std::vector<Loss>& losses) {
    return losses.size() != size ||
           !std::ranges::all_of(losses, [&](const Loss& loss) { return loss.kind == kind; });
  });
  return all;
}

/// Whether writes go on after each of the losses; that no commit is lost is expected of all.
bool survives_each(const FormationSpec& spec, const std::vector<std::vector<Loss>>& all) {
  bool each = !all.empty();
  for (const std::vector<Loss>& losses : all) {
    const Result<Outcome> outcome = simulate(spec, losses);
    EXPECT_TRUE(outcome.ok());
    if (!outcome.ok()) return false;
    const std::string names = join(losses, " ", [](const Loss& loss) { return to_string(loss); });
    EXPECT_FALSE(outcome->loses_commits()) << names;
    each = each && outcome->survives();
  }
  return each;
}

std::string survived_by(const FormationSpec& spec) {
  std::vector<std::string> what;
  if (survives_each(spec, losses_of(spec, Loss::Kind::node, 1))) what.emplace_back("any one node");
  if (survives_each(spec, losses_of(spec, Loss::Kind::node, 2))) what.emplace_back("any two nodes");
  if (survives_each(spec, losses_of(spec, Loss::Kind::region, 1))) {
    what.emplace_back("any one region");
  }
  return what.empty() ? "nothing" : join(what);
}

class Example : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Example, SurvivesWhatItsCommentSaysAndNothingElse) {
  const std::string text = read(GetParam());
  const ParsedFormation parsed = parse_formation_yaml(text, GetParam().filename().string());
  ASSERT_TRUE(parsed.ok()) << to_string(parsed.problems);
  EXPECT_EQ(said_in(text), survived_by(parsed.formation.spec));
}

std::vector<std::filesystem::path> examples() {
  std::vector<std::filesystem::path> paths;
  const auto folder = std::filesystem::path(HACTL_SOURCE_DIR) / "examples";
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

std::string title_of(const testing::TestParamInfo<std::filesystem::path>& info) {
  std::string title = info.param.stem().string();
  std::erase(title, '-');
  return title;
}

INSTANTIATE_TEST_SUITE_P(Examples, Example, testing::ValuesIn(examples()), title_of);

/// Seven nodes as in the example, with a copy more: what its comment says of that.
TEST(DurableExample, SurvivesAnyTwoNodesToo) {
  const auto path = std::filesystem::path(HACTL_SOURCE_DIR) / "examples/three-regions-durable.yaml";
  FormationSpec spec = parse_formation_yaml(read(path), "f").formation.spec;
  ASSERT_EQ(spec.durability.regions, 2);
  spec.durability.nodes = 3;
  EXPECT_EQ(survived_by(spec), "any one node, any two nodes, any one region");
}

}  // namespace
}  // namespace hactl
