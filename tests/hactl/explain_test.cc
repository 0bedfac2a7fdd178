#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "hactl/explain_text.h"
#include "hactl/formation_schema.h"

namespace hactl {
namespace {

std::string explained(const std::string& path, Recursive recursive = Recursive::no) {
  const Result<nlohmann::json> schema = parse_json(formation_schema());
  EXPECT_TRUE(schema.ok());
  const Result<std::string> text = explain_field(*schema, path, recursive);
  return text.ok() ? *text : text.error().message;
}

TEST(Explain, ShowsAFieldWithItsTypeAndLimits) {
  EXPECT_EQ(explained("formation.spec.when-short"),
            "KIND:       Formation\n"
            "VERSION:    hactl/v1\n"
            "\n"
            "FIELD: when-short <string>\n"
            "\n"
            "DESCRIPTION:\n"
            "    What commits do when too few quorum standbys are left: block waits; degrade\n"
            "    lowers the number while standbys are missing, as a recorded change with a\n"
            "    condition.\n"
            "    One of: block, degrade. Default: block.\n");
}

TEST(Explain, ListsTheFieldsOfAList) {
  const std::string text = explained("spec.regions[0].nodes");
  EXPECT_NE(text.find("FIELD: nodes <[]Object>"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  host <string> -required-\n    "), std::string::npos) << text;
}

TEST(Explain, ListsEveryFieldBelowWhenAskedTo) {
  const std::string text = explained("formation", Recursive::yes);
  EXPECT_NE(text.find("\n  spec <Object> -required-\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n      nodes <[]Object>"), std::string::npos) << text;
  EXPECT_NE(text.find("\n        candidate-priority <integer>\n"), std::string::npos) << text;
}

TEST(Explain, SaysWhatMayHaveBeenMeant) {
  EXPECT_EQ(explained("formation.spec.region"),
            "error: field \"region\" does not exist in spec: did you mean \"regions\"?");
  EXPECT_EQ(explained("formation.xyzzy"), "error: field \"xyzzy\" does not exist in formation");
}

TEST(Explain, ShowsThePageOfALintRule) {
  const Result<std::string> page = explain_lint_rule("ha003");
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->starts_with("HA003: a region can't take over\n\nA node with"));
  EXPECT_EQ(explain_lint_rule("HA999").error().message,
            "error: there is no rule HA999: they are HA001 to HA017");
}

TEST(Explain, LinesFitIntoEightyColumns) {
  const std::string text = explained("formation.spec.postgres");
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 80U) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

}  // namespace
}  // namespace hactl
