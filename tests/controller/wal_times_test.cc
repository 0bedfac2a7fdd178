#include "controller/wal_times.h"

#include <gtest/gtest.h>

namespace hactl {
namespace {

const NodeName kPrimary("a");

Instant at(std::int64_t milliseconds) {
  return Instant{Duration{milliseconds}};
}

void hear(WalTimes& times, std::int64_t milliseconds, std::uint64_t lsn) {
  times.heard(kPrimary, {TimelineId(1), Lsn(lsn)}, at(milliseconds));
}

TEST(WalTimes, KnowsSinceWhenThePrimaryHasWhatAStandbyLacks) {
  WalTimes times;
  hear(times, 1'000, 100);
  hear(times, 2'000, 200);
  hear(times, 3'000, 300);
  EXPECT_EQ(times.beyond(Lsn(100)), at(2'000));
  EXPECT_EQ(times.beyond(Lsn(199)), at(2'000));
  EXPECT_EQ(times.beyond(Lsn(200)), at(3'000));
  EXPECT_EQ(times.beyond(Lsn(300)), std::nullopt) << "nothing is lacking";
}

TEST(WalTimes, CountsNoTimeInWhichThePrimaryWroteNothing) {
  WalTimes times;
  hear(times, 1'000, 100);
  for (std::int64_t second = 2; second < 600; ++second) {
    hear(times, 1'000 * second, 100);
  }
  hear(times, 600'000, 101);
  EXPECT_EQ(times.beyond(Lsn(100)), at(600'000));
}

TEST(WalTimes, DoesNotKnowOfWalFromBeforeThePrimaryWasHeard) {
  WalTimes times;
  EXPECT_EQ(times.beyond(Lsn(1)), std::nullopt);
  hear(times, 1'000, 100);
  hear(times, 2'000, 200);
  EXPECT_EQ(times.beyond(Lsn(99)), std::nullopt);
}

TEST(WalTimes, BeginsAnewWithAnotherPrimaryAndWithAnotherTimeline) {
  WalTimes times;
  hear(times, 1'000, 100);
  hear(times, 2'000, 200);
  times.heard(kPrimary, {TimelineId(2), Lsn(200)}, at(3'000));
  EXPECT_EQ(times.beyond(Lsn(150)), std::nullopt);
  hear(times, 4'000, 300);
  hear(times, 5'000, 400);
  EXPECT_EQ(times.beyond(Lsn(350)), at(5'000));
  times.heard(NodeName("b"), {TimelineId(1), Lsn(500)}, at(6'000));
  EXPECT_EQ(times.beyond(Lsn(350)), std::nullopt);
}

TEST(WalTimes, TakesAReportThatComesSoonForTheOneBefore) {
  WalTimes times;
  hear(times, 0, 50);
  hear(times, 1'000, 100);
  hear(times, 1'100, 110);
  hear(times, 1'249, 120);
  EXPECT_EQ(times.size(), 2U);
  EXPECT_EQ(times.beyond(Lsn(115)), at(1'000));
  hear(times, 1'250, 130);
  EXPECT_EQ(times.beyond(Lsn(119)), at(1'000));
  EXPECT_EQ(times.beyond(Lsn(120)), at(1'250));
}

// A day of writing, four times a second.
TEST(WalTimes, KeepsAFewPositionsThatReachFarBack) {
  WalTimes times;
  constexpr std::int64_t kQuarters = 4 * 24 * 3'600;
  for (std::int64_t i = 0; i <= kQuarters; ++i) {
    hear(times, 250 * i, 10 + static_cast<std::uint64_t>(i));
    ASSERT_LE(times.size(), kWalTimesMax);
  }
  const auto off = [&](std::int64_t quarter) {
    return at(250 * quarter) - times.beyond(Lsn(9 + static_cast<std::uint64_t>(quarter))).value();
  };
  // Exact to the sample for what is recent, to a fraction of its age for what is old.
  EXPECT_EQ(off(kQuarters), Duration{0});
  EXPECT_EQ(off(kQuarters - 4), Duration{0});
  for (std::int64_t ago = 1'000; ago < kQuarters; ago *= 2) {
    EXPECT_LE(off(kQuarters - ago), Duration{0}) << ago;
    EXPECT_GE(off(kQuarters - ago), -Duration{250 * ago / kWalTimesExactness}) << ago;
  }
}

}  // namespace
}  // namespace hactl
