#include "hactl/config.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "hactl/duration_text.h"
#include "tests/io/temporary_directory.h"

namespace hactl {
namespace {

Config two_contexts() {
  return Config{"here",
                {{"here", "https://127.0.0.1:8443", "/a/ca.crt", "/a/admin.crt", "/a/admin.key"},
                 {"far away", "https://far:8443", "/b c/ca.crt", "/b/admin.crt", "/b/admin.key"}}};
}

TEST(Config, WhatIsWrittenIsRead) {
  const Result<Config> read = parse_config(config_text(two_contexts()), "config");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, two_contexts());
}

TEST(Config, ReadsQuotesCommentsAndListsWithoutIndentation) {
  const Result<Config> read = parse_config(
      "# mine\ncurrent-context: default\ncontexts:\n- name: default   # the first\n"
      "  controller: \"https://h:1\"\n  ca: 'x y'\n",
      "config");
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->contexts.size(), 1U);
  EXPECT_EQ(read->contexts[0].name, "default");
  EXPECT_EQ(read->contexts[0].controller, "https://h:1");
  EXPECT_EQ(read->contexts[0].ca, "x y");
}

TEST(Config, SaysWhichLineIsNotUnderstood) {
  EXPECT_EQ(parse_config("contexts:\n  - name: a\n    colour: red\n", "f").error().message,
            "f:3: not understood: colour: red");
}

TEST(Config, FilesAreRelativeToTheConfiguration) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("deep/config");
  ASSERT_TRUE(save_config(file, Config{"a", {{"a", "https://h:1", "ca.crt", "", ""}}}).ok());
  const Result<Config> read = load_config(file);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->contexts[0].ca, directory.file("deep/ca.crt"));
  struct stat info {};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(Config, AnUnknownContextIsNotFound) {
  EXPECT_EQ(choose_context(two_contexts(), "x").error().message,
            "no context exists with the name: \"x\"");
  EXPECT_EQ(choose_context(two_contexts(), "")->name, "here");
}

TEST(DurationText, ReadsUnitsAndPlainSeconds) {
  EXPECT_EQ(parse_duration("500ms"), Duration{500});
  EXPECT_EQ(parse_duration("1m30s"), Duration{90'000});
  EXPECT_EQ(parse_duration("30"), Duration{30'000});
  EXPECT_EQ(parse_duration("0"), Duration{0});
  for (const char* wrong : {"", "s", "5x", "1m30", "-1s", "99999999999999h", "8d"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace hactl
