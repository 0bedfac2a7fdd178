#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "agent/data_directory.h"
#include "io/file.h"
#include "tests/io/temporary_directory.h"

namespace hactl {
namespace {

namespace fs = std::filesystem;

class TimelineReaderTest : public testing::Test {
 protected:
  TimelineReaderTest() { fs::create_directories(temporary_.file("pg_wal")); }

  std::string path(const std::string& name) const { return temporary_.file("pg_wal/" + name); }
  void write(const std::string& name, const std::string& content) const {
    EXPECT_TRUE(write_file_atomically(path(name), content, 0600).ok());
  }
  const TimelineFamily& read() { return reader_.read(temporary_.path()); }

  TemporaryDirectory temporary_;
  TimelineReader reader_;
};

TEST_F(TimelineReaderTest, EveryLookShowsTheSameAsLongAsNothingChanges) {
  write("00000002.history", "1\t0/1000\tpromoted\n");
  write("0000000A.history", "1\t0/1000\tpromoted\n2\t0/2000\tpromoted\n");
  for (int look = 0; look < 2; ++look) {
    const TimelineFamily& family = read();
    ASSERT_EQ(family.starts.size(), 2U);
    EXPECT_EQ(family.starts.at(TimelineId(2)), Lsn(0x1000));
    EXPECT_EQ(family.starts.at(TimelineId(10)), Lsn(0x2000));
    EXPECT_EQ(family.parents.at(TimelineId(10)), TimelineId(2));
  }
}

TEST_F(TimelineReaderTest, AFileThatTookAnothersPlaceIsReadAnew) {
  write("00000003.history", "1\t0/1000\tpromoted\n");
  ASSERT_EQ(read().starts.at(TimelineId(3)), Lsn(0x1000));
  write("00000003.history", "2\t0/3000\tpromoted\n");
  EXPECT_EQ(read().starts.at(TimelineId(3)), Lsn(0x3000));
  EXPECT_EQ(read().parents.at(TimelineId(3)), TimelineId(2));
}

TEST_F(TimelineReaderTest, AFileThatHasGoneIsForgotten) {
  write("00000003.history", "1\t0/1000\tpromoted\n");
  ASSERT_EQ(read().starts.size(), 1U);
  fs::remove(path("00000003.history"));
  EXPECT_TRUE(read().starts.empty());
  EXPECT_TRUE(read().parents.empty());
}

TEST_F(TimelineReaderTest, AReservationIsNoTimelineUntilOneIsWrittenInItsPlace) {
  ASSERT_TRUE(reserve_timelines(temporary_.path(), TimelineId(3)).ok());
  ASSERT_TRUE(fs::exists(path("00000002.history")));
  EXPECT_TRUE(read().starts.empty());
  write("00000002.history", "1\t0/1000\tpromoted\n");
  EXPECT_EQ(read().starts.at(TimelineId(2)), Lsn(0x1000));
}

}  // namespace
}  // namespace hactl
