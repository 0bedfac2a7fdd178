#include "hactl/json_path.h"

#include <gtest/gtest.h>

#include "hactl/selector.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

Json sample() {
  return Json::parse(R"({"kind": "List", "items": [
    {"name": "a", "n": 1, "tags": ["x", "y"], "labels": {"hactl.io/tier": "gold"}},
    {"name": "b", "n": 20, "ok": true},
    {"name": "c", "n": 3, "ok": false}]})");
}

std::string found(const std::string& path) {
  const Result<JsonPath> parsed = JsonPath::parse(path);
  return parsed.ok() ? parsed->text(sample()) : parsed.error().message;
}

TEST(JsonPath, FindsAsKubectlDoes) {
  EXPECT_EQ(found("{.kind}"), "List");
  EXPECT_EQ(found("{$.kind}"), "List");
  EXPECT_EQ(found(".kind"), "List");
  EXPECT_EQ(found("kind: {.kind}!"), "kind: List!");
  EXPECT_EQ(found("{.items[*].name}"), "a b c");
  EXPECT_EQ(found("{.items[0].name}{.items[-1].name}"), "ac");
  EXPECT_EQ(found("{.items[1:].name}"), "b c");
  EXPECT_EQ(found("{.items[0:2].name}"), "a b");
  EXPECT_EQ(found("{.items[::2].name}"), "a c");
  EXPECT_EQ(found("{.items[-2:].name}"), "b c");
  EXPECT_EQ(found("{.items[0]['name','n']}"), "a 1");
  EXPECT_EQ(found("{..name}"), "a b c");
  EXPECT_EQ(found("{.items[0].tags}"), R"(["x","y"])");
  EXPECT_EQ(found("{.items[0].tags[*]}"), "x y");
  EXPECT_EQ(found(R"({.items[0].labels.hactl\.io/tier})"), "gold");
  EXPECT_EQ(found(R"({.items[0].labels['hactl.io/tier']})"), "gold");
  EXPECT_EQ(found("{.nothing.at.all}"), "");
  EXPECT_EQ(found("{.items[9].name}"), "");
}

TEST(JsonPath, FiltersByComparisonsAndPresence) {
  EXPECT_EQ(found(R"({.items[?(@.name=="b")].n})"), "20");
  EXPECT_EQ(found(R"({.items[?(@.name=='b')].n})"), "20");
  EXPECT_EQ(found(R"({.items[?(@.name!="b")].n})"), "1 3");
  EXPECT_EQ(found("{.items[?(@.n>2)].name}"), "b c");
  EXPECT_EQ(found("{.items[?(@.n<=3)].name}"), "a c");
  EXPECT_EQ(found("{.items[?(@.ok)].name}"), "b c");
  EXPECT_EQ(found("{.items[?(@.ok==true)].name}"), "b");
}

TEST(JsonPath, RepeatsARangeForEachValue) {
  EXPECT_EQ(found(R"({range .items[*]}{.name}{"\t"}{.n}{"\n"}{end})"), "a\t1\nb\t20\nc\t3\n");
  EXPECT_EQ(found("{range .items[*]}{range .tags[*]}<{@}>{end}{end}"), "<x><y>");
}

TEST(JsonPath, SaysWhatItDoesNotUnderstand) {
  EXPECT_EQ(found("{.a"), "error parsing jsonpath {.a, unclosed action");
  EXPECT_EQ(found("{.a[x]}"), "error parsing jsonpath {.a[x]}, invalid array index x");
  EXPECT_EQ(found("{.a[}"), "error parsing jsonpath {.a[}, unterminated array");
  EXPECT_EQ(found("{range .a}x"),
            "error parsing jsonpath {range .a}x, unfinished range: {end} is missing");
  EXPECT_EQ(found("x{end}"), "error parsing jsonpath x{end}, unexpected {end}");
  EXPECT_EQ(found("{.a[?(@.b==)]}"), "error parsing jsonpath {.a[?(@.b==)]}, unterminated filter");
  EXPECT_EQ(found("{\"a}"), "error parsing jsonpath {\"a}, unclosed action");
  EXPECT_EQ(found("{.a[::0]}"), "error parsing jsonpath {.a[::0]}, step must be > 0");
  EXPECT_EQ(found("{%}"), "error parsing jsonpath {%}, unrecognized character in action: '%'");
  EXPECT_FALSE(JsonPath::parse_expression("{.a} and {.b}").ok());
  EXPECT_FALSE(JsonPath::parse(std::string(kJsonPathBytesMax + 1, 'x')).ok());
}

bool selects(const std::string& selector) {
  const Json object{{"metadata", {{"labels", {{"tier", "gold"}, {"env", "a"}}}}}, {"n", 5}};
  const Result<LabelSelector> parsed = LabelSelector::parse(selector);
  EXPECT_TRUE(parsed.ok()) << selector;
  return parsed.ok() && parsed->matches(object);
}

TEST(LabelSelector, AllRequirementsMustHold) {
  for (const char* yes :
       {"", "tier=gold", "tier==gold", "tier!=silver", "tier,env", "!old", "env in (a, b)",
        "env notin (c)", "old notin (c)", "old!=x", "tier=gold,env=a"}) {
    EXPECT_TRUE(selects(yes)) << yes;
  }
  for (const char* no : {"tier=silver", "tier!=gold", "old", "!tier", "env in (b,c)",
                         "env notin (a)", "old in (a)", "tier=gold,env=b"}) {
    EXPECT_FALSE(selects(no)) << no;
  }
  for (const char* wrong : {"a=b=c", "=a", "a in b", "!", "a b", ",", "a in ("}) {
    EXPECT_FALSE(LabelSelector::parse(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace hactl
