#include "io/file.h"

#include <sys/stat.h>

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/io/temporary_directory.h"

namespace hactl {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

std::size_t entries_in(const std::string& directory) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory))
    ++count;
  return count;
}

TEST(File, IsReadBackAsWritten) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("goal.json");
  const std::string content(200'000, 'x');
  ASSERT_TRUE(write_file_atomically(path, content, 0600).ok());
  EXPECT_EQ(read_file(path, content.size()).value(), content);
  EXPECT_EQ(mode_of(path), 0600U);
  ASSERT_TRUE(write_file_atomically(path, "", 0644).ok());
  EXPECT_EQ(read_file(path, 0).value(), "");
  EXPECT_EQ(mode_of(path), 0644U);
  EXPECT_EQ(entries_in(directory.path()), 1U);
}

TEST(File, IsOverwrittenWhereItIs) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("slot");
  ASSERT_TRUE(overwrite_file(path, "longer than the next", 0600).ok());
  EXPECT_EQ(mode_of(path), 0600U);
  struct stat before {};
  ASSERT_EQ(stat(path.c_str(), &before), 0);
  ASSERT_TRUE(overwrite_file(path, "short", 0600).ok());
  struct stat after {};
  ASSERT_EQ(stat(path.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(read_file(path, 100).value(), "short");
  EXPECT_TRUE(sync_file(path).ok());
  EXPECT_EQ(entries_in(directory.path()), 1U);
}

TEST(File, ThatIsMissingIsNotSynced) {
  EXPECT_EQ(sync_file("/nonexistent/file").error().code, ErrorCode::not_found);
}

TEST(File, LongerThanAllowedIsNotRead) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("long");
  ASSERT_TRUE(write_file_atomically(path, "12345", 0600).ok());
  const Result<std::string> content = read_file(path, 4);
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code, ErrorCode::invalid);
  EXPECT_EQ(content.error().message, "read " + path + ": longer than 4 bytes");
}

TEST(File, ThatIsMissingIsNotFound) {
  const Result<std::string> content = read_file("/nonexistent/file", 10);
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code, ErrorCode::not_found);
  EXPECT_EQ(content.error().message, "read /nonexistent/file: no such file or directory");
}

TEST(File, KeepsItsContentWhenItCannotBeReplaced) {
  const TemporaryDirectory directory;
  // A directory of that name cannot be replaced by rename().
  const std::string path = directory.file("taken");
  ASSERT_TRUE(make_directories(path + "/below", 0700).ok());
  const Result<Done> written = write_file_atomically(path, "content", 0600);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().message, "write " + path + ": is a directory");
  EXPECT_EQ(entries_in(directory.path()), 1U) << "a temporary file is left behind";
}

TEST(File, IsRemovedAndMayBeMissing) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("gone");
  ASSERT_TRUE(write_file_atomically(path, "content", 0600).ok());
  EXPECT_TRUE(remove_file(path).ok());
  EXPECT_TRUE(remove_file(path).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(File, DirectoriesAreMadeWithTheirMode) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a/b/c");
  ASSERT_TRUE(make_directories(path, 0750).ok());
  EXPECT_EQ(mode_of(directory.file("a")), 0750U);
  EXPECT_EQ(mode_of(path), 0750U);
  EXPECT_TRUE(make_directories(path, 0700).ok());
  EXPECT_EQ(mode_of(path), 0750U);
  ASSERT_TRUE(write_file_atomically(path + "/file", "content", 0600).ok());
  EXPECT_FALSE(make_directories(path + "/file", 0700).ok());
  EXPECT_FALSE(make_directories(path + "/file/below", 0700).ok());
}

}  // namespace
}  // namespace hactl
