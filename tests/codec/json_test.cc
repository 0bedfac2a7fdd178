#include "codec/json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hactl {
namespace {

std::string error_of(const std::string& text) {
  const Result<nlohmann::json> parsed = parse_json(text);
  return parsed.ok() ? "" : parsed.error().message;
}

TEST(Json, RefusesWhatIsTooDeep) {
  const std::string deep(kDocumentDepthMax, '[');
  EXPECT_EQ(error_of(deep + std::string(kDocumentDepthMax, ']')), "");
  EXPECT_EQ(error_of("[" + deep + std::string(kDocumentDepthMax, ']') + "]"),
            "JSON refused: nested deeper than 32");
  EXPECT_EQ(error_of(std::string(100'000, '[')), "JSON refused: nested deeper than 32");
}

TEST(Json, RefusesAKeyTwice) {
  EXPECT_EQ(error_of(R"({"a":{"b":1},"b":2})"), "");
  EXPECT_EQ(error_of(R"({"a":1,"b":2,"a":3})"),
            R"(JSON refused: the key "a" occurs twice in one object)");
  EXPECT_EQ(error_of(R"({"x":[{"a":1,"\u0061":3}]})"),
            R"(JSON refused: the key "a" occurs twice in one object)");
}

TEST(Json, SaysWhereItIsNotJson) {
  EXPECT_TRUE(error_of("{\n  \"a\": }")
                  .starts_with("not valid JSON: parse error at line 2, column 8: syntax error"));
  EXPECT_NE(error_of(""), "");
  EXPECT_NE(error_of("{} {}"), "");
  EXPECT_NE(error_of("\"\xFF\""), "");
}

TEST(Json, RefusesWhatIsTooLong) {
  EXPECT_EQ(parse_json("[1,2]", 4).error().message,
            "the JSON text is 5 bytes long; at most 4 are accepted");
}

TEST(Json, WritesTextThatIsNotUtf8) {
  EXPECT_EQ(dump_json({{"a", "x\xFFy"}}), "{\"a\":\"x\xEF\xBF\xBDy\"}");
}

}  // namespace
}  // namespace hactl
