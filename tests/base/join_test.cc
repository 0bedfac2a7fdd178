#include "base/join.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace hactl {
namespace {

TEST(Join, PutsTheTextsOfARangeInARowWithSomethingBetween) {
  EXPECT_EQ(join(std::vector<std::string>{}), "");
  EXPECT_EQ(join(std::set<std::string>{"b", "a"}), "a, b");
  EXPECT_EQ(join(std::vector<std::string>{"", "a", ""}, "/"), "/a/");
  const std::vector<std::pair<std::string, int>> pairs{{"x", 1}, {"y", 2}};
  EXPECT_EQ(join(pairs, " ", &std::pair<std::string, int>::first), "x y");
}

}  // namespace
}  // namespace hactl
