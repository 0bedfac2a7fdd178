#include "model/lsn.h"

#include <gtest/gtest.h>

namespace hactl {
namespace {

TEST(Lsn, IsWrittenAsPostgresWritesIt) {
  EXPECT_EQ(to_string(Lsn(0)), "0/0");
  EXPECT_EQ(to_string(Lsn(0x5000148)), "0/5000148");
  EXPECT_EQ(to_string(Lsn(0x16B374D848)), "16/B374D848");
  EXPECT_EQ(to_string(Lsn(~std::uint64_t{0})), "FFFFFFFF/FFFFFFFF");
}

TEST(Lsn, ComesBackAsItWas) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    const Lsn lsn(0xDEADBEEFCAFEF00DULL >> shift);
    EXPECT_EQ(parse_lsn(to_string(lsn)), lsn);
  }
  EXPECT_EQ(parse_lsn("16/b374d848"), Lsn(0x16B374D848));
}

TEST(Lsn, AnythingElseIsNone) {
  for (const auto* const text : {"", "/", "0/", "/0", "0", "0/0 ", " 0/0", "0/0/0", "-1/0", "0x1/0",
                                 "+1/0", "123456789/0", "0/123456789", "G/0"}) {
    EXPECT_EQ(parse_lsn(text), std::nullopt) << text;
  }
}

TEST(Lsn, DistanceIsNeverNegative) {
  EXPECT_EQ(distance(Lsn(10), Lsn(25)), WalBytes(15));
  EXPECT_EQ(distance(Lsn(25), Lsn(10)), WalBytes(0));
}

TEST(Lsn, ARecordEndsAlignedAndAfterThePageHeadersThatItCrosses) {
  constexpr std::uint64_t segment = 16 * 1024 * 1024;
  // A shutdown checkpoint's record of 114 bytes inside one page.
  EXPECT_EQ(wal_record_end(Lsn(0x5000028), 114, segment), Lsn(0x50000A0));
  EXPECT_EQ(wal_record_end(Lsn(0x5000028), 112, segment), Lsn(0x5000098));
  // Over a page's end: 24 bytes of header; over a segment's end: 40.
  EXPECT_EQ(wal_record_end(Lsn(0x5001FF0), 32, segment), Lsn(0x5002000 + 24 + 16));
  EXPECT_EQ(wal_record_end(Lsn(0x5FFFFF0), 32, segment), Lsn(0x6000000 + 40 + 16));
  // Up to a page's end exactly: the next record's page header is not part of it.
  EXPECT_EQ(wal_record_end(Lsn(0x5001FF0), 16, segment), Lsn(0x5002000));
}

TEST(Position, OrderIsByEpochBeforeLsn) {
  EXPECT_LT((Position{Epoch(2), Lsn(900)}), (Position{Epoch(3), Lsn(100)}));
  EXPECT_LT((Position{Epoch(3), Lsn(100)}), (Position{Epoch(3), Lsn(101)}));
  EXPECT_EQ(to_string(Position{Epoch(3), Lsn(0x5000148)}), "3:0/5000148");
}

}  // namespace
}  // namespace hactl
