#include "codec/warning_header.h"

#include <gtest/gtest.h>

namespace hactl {
namespace {

using Lines = std::vector<std::string>;

TEST(WarningHeader, ComesBackAsItWasSaid) {
  const Lines said{"HA001: spec: the loss of b stops writes", R"(say "no" to C:\, 299 - "x")", "ü"};
  EXPECT_EQ(warning_header({"plain"}), R"(299 - "plain")");
  EXPECT_EQ(warnings_in(warning_header(said)), said);
  EXPECT_EQ(warning_header({}), "");
  EXPECT_EQ(warnings_in(""), Lines{});
}

TEST(WarningHeader, HasNoControlCharacters) {
  EXPECT_EQ(warnings_in(warning_header({"a\r\nSet-Cookie: b\x7f"})), Lines{"a  Set-Cookie: b "});
  EXPECT_EQ(warnings_in("299 - \"\x1b[31mred\""), Lines{" [31mred"});
}

TEST(WarningHeader, IsBoundedOnBothSides) {
  const Lines many(kWarningsMax + 5, "w");
  const Lines shown = warnings_in(warning_header(many));
  ASSERT_EQ(shown.size(), kWarningsMax);
  EXPECT_EQ(shown.back(), "and 6 more warnings");
  const Lines longest = warnings_in(warning_header({std::string(10'000, 'x')}));
  EXPECT_EQ(longest.at(0).size(), kWarningBytesMax);
  EXPECT_TRUE(longest.at(0).ends_with("x..."));
  const Lines exact(kWarningsMax, "w");
  EXPECT_EQ(warnings_in(warning_header(exact)), exact);
}

TEST(WarningHeader, PassesOverWhatIsNone) {
  EXPECT_EQ(warnings_in("199 host \"other\""), Lines{});
  EXPECT_EQ(warnings_in("299 - \"open"), Lines{"open"});
  EXPECT_EQ(warnings_in("299 - \"open\\"), Lines{"open\\"});
}

}  // namespace
}  // namespace hactl
