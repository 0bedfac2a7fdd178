#include "model/report.h"

#include <gtest/gtest.h>

namespace hactl {
namespace {

constexpr Epoch kEpoch{3};

NodeReport primary_with(Lsn end, Lsn replayed) {
  NodeReport report;
  report.state = NodeState::primary;
  report.position = WalPosition{TimelineId(4), end};
  PrimaryView view;
  view.epoch = kEpoch;
  view.timeline = TimelineId(4);
  view.senders.push_back(SenderView{NodeName("b"), kEpoch, true, replayed, replayed, 1, true});
  report.primary = view;
  return report;
}

TEST(CompletePosition, IsWhatAStandbyHasReplayed) {
  EXPECT_EQ(complete_position(primary_with(Lsn(500), Lsn(300))),
            (WalPosition{TimelineId(4), Lsn(300)}));
  EXPECT_EQ(complete_position(primary_with(Lsn(500), Lsn(0))), WalPosition{});
}

TEST(CompletePosition, IsNeverBeyondTheEndThatWasSeenAMomentBefore) {
  const NodeReport report = primary_with(Lsn(500), Lsn(800));
  EXPECT_EQ(complete_position(report), report.position);
}

}  // namespace
}  // namespace hactl
