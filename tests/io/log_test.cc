#include "io/log.h"

#include <regex>

#include <gtest/gtest.h>

namespace hactl {
namespace {

TEST(Log, EscapesWhatCouldForgeALine) {
  EXPECT_EQ(escape_for_log("plain, ümläut, 日本"), "plain, ümläut, 日本");
  EXPECT_EQ(escape_for_log("a\nb\r\tc\\d"), "a\\nb\\r\\tc\\\\d");
  EXPECT_EQ(escape_for_log("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(escape_for_log(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(escape_for_log("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(escape_for_log("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(escape_for_log("\xc0\xaf\xed\xa0\x80"), "\\xc0\\xaf\\xed\\xa0\\x80");
}

TEST(Log, WritesOneLineAMessage) {
  init_log("agent paris-a", LogLevel::info);
  testing::internal::CaptureStderr();
  log_debug("not {}", "written");
  log_info("text {}", 1);
  log_warning("two\nlines");
  log_error("last");
  const std::string written = testing::internal::GetCapturedStderr();
  const std::regex expected(
      "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z info  \\[agent paris-a\\] text 1\n"
      "\\S+ warn  \\[agent paris-a\\] two\\\\nlines\n"
      "\\S+ error \\[agent paris-a\\] last\n");
  EXPECT_TRUE(std::regex_match(written, expected)) << written;
}

}  // namespace
}  // namespace hactl
