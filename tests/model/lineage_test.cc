#include "model/lineage.h"

#include <gtest/gtest.h>

namespace hactl {
namespace {

Promotion promoted(Epoch epoch, TimelineId timeline, TimelineId parent, Lsn start) {
  return {epoch, NodeName("n"), timeline, parent, start, true};
}

// 1 ── 100 ──> 2 ── 200 ──> 4
//               └── 150 ──> 3      (a promotion that lost)
Lineage forked() {
  return {promoted(Epoch(1), TimelineId(1), TimelineId(0), Lsn(0)),
          promoted(Epoch(3), TimelineId(2), TimelineId(1), Lsn(100)),
          promoted(Epoch(5), TimelineId(3), TimelineId(2), Lsn(150)),
          promoted(Epoch(8), TimelineId(4), TimelineId(2), Lsn(200))};
}

std::vector<std::uint32_t> timelines(const Lineage& lineage) {
  std::vector<std::uint32_t> result;
  for (const Promotion& promotion : lineage)
    result.push_back(promotion.timeline.value);
  return result;
}

TEST(Lineage, AncestryLeavesOutSideBranches) {
  EXPECT_EQ(timelines(ancestry(forked(), TimelineId(4))), (std::vector<std::uint32_t>{1, 2, 4}));
  EXPECT_EQ(timelines(ancestry(forked(), TimelineId(3))), (std::vector<std::uint32_t>{1, 2, 3}));
  EXPECT_TRUE(ancestry(forked(), TimelineId(9)).empty());
}

TEST(Lineage, ACircleEnds) {
  const Lineage circle{promoted(Epoch(1), TimelineId(1), TimelineId(2), Lsn(0)),
                       promoted(Epoch(2), TimelineId(2), TimelineId(1), Lsn(0))};
  EXPECT_LE(ancestry(circle, TimelineId(1)).size(), 3U);
}

TEST(Lineage, LocatesByWhoWroteTheTimeline) {
  EXPECT_EQ(locate(forked(), {TimelineId(3), Lsn(170)}), (Position{Epoch(5), Lsn(170)}));
  EXPECT_EQ(locate(forked(), {TimelineId(7), Lsn(170)}), std::nullopt);
}

TEST(Lineage, WalFromBeforeATimelineBeginsIsOfTheOneThatItGrewFrom) {
  EXPECT_EQ(locate(forked(), {TimelineId(3), Lsn(151)}), (Position{Epoch(5), Lsn(151)}));
  EXPECT_EQ(locate(forked(), {TimelineId(3), Lsn(150)}), (Position{Epoch(3), Lsn(150)}));
  EXPECT_EQ(locate(forked(), {TimelineId(3), Lsn(90)}), (Position{Epoch(1), Lsn(90)}));
  const Lineage lost{promoted(Epoch(5), TimelineId(3), TimelineId(2), Lsn(150))};
  EXPECT_EQ(locate(lost, {TimelineId(3), Lsn(90)}), (Position{Epoch(5), Lsn(90)}));
}

TEST(Lineage, OnlyWalThatThePrimaryHasIsAPrefix) {
  const Lineage chain = ancestry(forked(), TimelineId(4));
  EXPECT_TRUE(is_prefix(chain, {TimelineId(4), Lsn(999)}));
  EXPECT_TRUE(is_prefix(chain, {TimelineId(2), Lsn(200)}));
  EXPECT_FALSE(is_prefix(chain, {TimelineId(2), Lsn(201)}));
  EXPECT_TRUE(is_prefix(chain, {TimelineId(1), Lsn(100)}));
  EXPECT_FALSE(is_prefix(chain, {TimelineId(1), Lsn(101)}));
  EXPECT_FALSE(is_prefix(chain, {TimelineId(3), Lsn(150)}));
  EXPECT_FALSE(is_prefix({}, {TimelineId(1), Lsn(1)}));
}

}  // namespace
}  // namespace hactl
