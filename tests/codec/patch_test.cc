#include "codec/patch.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/limits.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

TEST(Patch, MergesAndTakesNullsAway) {
  const Json document{{"a", 1}, {"b", {{"c", 2}, {"d", 3}}}};
  const Json patch{{"a", nullptr}, {"b", {{"c", 5}}}};
  EXPECT_EQ(*patched(document, PatchType::merge, patch), (Json{{"b", {{"c", 5}, {"d", 3}}}}));
  EXPECT_EQ(patched(document, PatchType::merge, Json::array()).error().message,
            "a merge patch is an object");
}

TEST(Patch, DoesOperationsInTheirOrder) {
  const Json patch = Json::parse(R"([{"op":"add","path":"/b","value":1},
                                     {"op":"test","path":"/b","value":1},
                                     {"op":"remove","path":"/a"}])");
  EXPECT_EQ(*patched(Json{{"a", 1}}, PatchType::json, patch), (Json{{"b", 1}}));
}

TEST(Patch, RefusesWhatCannotBeDone) {
  const auto refusal = [](const char* patch) {
    const Result<Json> result = patched(Json{{"a", 1}}, PatchType::json, Json::parse(patch));
    return result.ok() ? "none" : result.error().message;
  };
  for (const char* patch :
       {R"([{"op":"remove","path":"/x"}])", R"([{"op":"test","path":"/a","value":2}])",
        R"([{"op":"fly","path":"/a"}])", R"([{"path":"/a"}])", "[1]",
        R"([{"op":"add","path":"a","value":1}])"}) {
    EXPECT_TRUE(refusal(patch).starts_with("the patch cannot be applied: ")) << patch;
  }
  EXPECT_EQ(refusal("{}"), "a JSON patch is a list of operations");
}

TEST(Patch, CopiesOfCopiesEndBeforeTheyFillTheMemory) {
  Json patch = Json::array();
  for (int i = 0; i < 60; ++i) {
    patch.push_back({{"op", "copy"}, {"from", ""}, {"path", "/x" + std::to_string(i)}});
  }
  const Result<Json> result = patched(Json{{"a", std::string(1000, 'a')}}, PatchType::json, patch);
  EXPECT_EQ(result.error().message,
            "the patched document is larger than " + std::to_string(kSpecBytesMax) + " bytes");
  patch = Json::array();
  for (std::size_t i = 0; i <= kPatchOperationsMax; ++i) {
    patch.push_back({{"op", "test"}, {"path", "/a"}, {"value", 1}});
  }
  EXPECT_FALSE(patched(Json{{"a", 1}}, PatchType::json, patch).ok());
}

TEST(Patch, KnowsItsMediaTypesAndNoOthers) {
  EXPECT_EQ(patch_type("application/json-patch+json; charset=utf-8"), PatchType::json);
  EXPECT_EQ(patch_type(media_type(PatchType::merge)), PatchType::merge);
  EXPECT_FALSE(patch_type("application/json").has_value());
  EXPECT_FALSE(patch_type("").has_value());
}

}  // namespace
}  // namespace hactl
