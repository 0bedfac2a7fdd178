#include "hactl/text_diff.h"

#include <string>

#include <gtest/gtest.h>

namespace hactl {
namespace {

std::string diff(std::string_view a, std::string_view b) {
  return unified_diff({"a", a}, {"b", b});
}

TEST(UnifiedDiff, EqualTextsGiveNothing) {
  EXPECT_EQ(diff("x\ny\n", "x\ny\n"), "");
}

TEST(UnifiedDiff, ShowsAChangeWithItsContext) {
  EXPECT_EQ(diff("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nfive\n6\n7\n8\n"),
            "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(UnifiedDiff, ANewTextIsAddedWhole) {
  EXPECT_EQ(diff("", "x\ny\n"), "--- a\n+++ b\n@@ -0,0 +1,2 @@\n+x\n+y\n");
}

TEST(UnifiedDiff, DistantChangesAreHunksOfTheirOwn) {
  EXPECT_EQ(diff("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n"),
            "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
            "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

TEST(UnifiedDiff, CloseChangesShareAHunk) {
  EXPECT_EQ(diff("a\n1\n2\n3\n4\nb\n", "A\n1\n2\n3\n4\nB\n"),
            "--- a\n+++ b\n@@ -1,6 +1,6 @@\n-a\n+A\n 1\n 2\n 3\n 4\n-b\n+B\n");
}

TEST(UnifiedDiff, KeepsTheLongestCommonPart) {
  EXPECT_EQ(diff("x\na\nb\nc\n", "a\nb\nnew\nc\n"),
            "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-x\n a\n b\n+new\n c\n");
}

TEST(UnifiedDiff, WhatIsTooLongToCompareIsReplacedWhole) {
  std::string before = "first\n";
  std::string after = "other\n";
  for (int i = 0; i < 3'000; ++i) {
    before += "a" + std::to_string(i) + "\n";
    after += "b" + std::to_string(i) + "\n";
  }
  const std::string text = diff(before, after);
  EXPECT_TRUE(text.starts_with("--- a\n+++ b\n@@ -1,3001 +1,3001 @@\n-first\n-a0\n"));
}

}  // namespace
}  // namespace hactl
