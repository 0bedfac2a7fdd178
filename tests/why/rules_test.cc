#include "why/rules.h"

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace hactl {
namespace {

/// The numbers of rules that the planner's sources give.
std::set<std::uint32_t> rules_in_sources() {
  std::set<std::uint32_t> rules;
  const auto folder = std::filesystem::path(HACTL_SOURCE_DIR) / "planner";
  const std::regex number(R"((?:hold\(|done\(\s*|id = |facts, |, |there \? |: )([234]\d\d)[,)])");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".cc") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator each(source.begin(), source.end(), number), end; each != end;
         ++each) {
      rules.insert(static_cast<std::uint32_t>(std::stoul((*each)[1])));
    }
  }
  return rules;
}

TEST(Rules, EveryRuleOfThePlannerHasItsTextAndNoOtherHas) {
  std::set<std::uint32_t> told;
  for (const RuleText& rule : all_rules())
    told.insert(rule.id);
  std::set<std::uint32_t> given = rules_in_sources();
  given.insert(321);  // Chosen between two in one call.
  given.insert(302);
  EXPECT_EQ(told, given);
}

TEST(Rules, RiseAndAreFoundByNumber) {
  std::uint32_t last = 0;
  for (const RuleText& rule : all_rules()) {
    EXPECT_GT(rule.id, last);
    last = rule.id;
    EXPECT_EQ(rule_text(rule.id), &rule);
    EXPECT_FALSE(rule.name.empty());
    EXPECT_FALSE(rule.meaning.empty());
  }
  EXPECT_EQ(rule_text(1), nullptr);
  EXPECT_EQ(rule_title(385), "385 WordsMissing");
  EXPECT_EQ(rule_title(999), "999");
}

}  // namespace
}  // namespace hactl
