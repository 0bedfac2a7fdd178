// What a loop shows of its formation while nodes obey it: steps that come and go, and lags.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controller/formation_loop.h"
#include "tests/controller/manual_scheduler.h"
#include "tests/controller/memory_store.h"
#include "tests/controller/no_knocker.h"
#include "tests/controller/sample_formation.h"
#include "tests/planner/obedient_world.h"

namespace hactl {
namespace {

class FormationStatusTest : public ::testing::Test {
 protected:
  FormationStatusTest() {
    apply(sample_formation());
    converge();
  }

  void apply(const Formation& formation) {
    ApplyRequest request;
    request.formation = formation;
    request.first_uid = "uid";
    request.first_password = "made up";
    bool stored = false;
    loop_.apply(std::move(request), [&](const Result<Changed>& changed) { stored = changed.ok(); });
    scheduler_.run();
    ASSERT_TRUE(stored);
  }

  /// Every node does what it is told, and says so. Time passes.
  void round() {
    std::map<NodeName, Goal> goals;
    for (const auto& [name, node] : nodes_.observed.nodes) {
      if (const TaggedGoal* goal = loop_.goal_for(name)) goals[name] = goal->goal;
    }
    nodes_.obey(goals);
    ++number_;
    for (const auto& [name, node] : nodes_.observed.nodes) {
      say(node.report);
    }
    scheduler_.advance(kReportEvery);
  }
  void say(NodeReport report) {
    report.formation = FormationName("default");
    report.process = 1;
    report.number = number_;
    report.sequence = AgentSeq(1);
    if (const TaggedGoal* goal = loop_.goal_for(report.node)) report.goal_tag = goal->tag;
    loop_.report_received(std::move(report));
    scheduler_.run();
  }
  void converge() {
    constexpr int kRounds = 300;
    for (int i = 0; i < kRounds && !is_converged(); ++i)
      round();
    ASSERT_TRUE(is_converged());
  }
  bool is_converged() const { return is_true(loop_.status().conditions, "Converged"); }

  NodeStatus row(const std::string& name) const {
    const FormationStatus status = loop_.status();
    return *std::ranges::find(status.nodes, NodeName(name), &NodeStatus::name);
  }
  /// The primary writes up to `lsn`; b has flushed up to `flushed`, c everything.
  void write(std::uint64_t lsn, std::uint64_t flushed) {
    NodeReport report = nodes_.report("a");
    report.position.lsn = Lsn(lsn);
    for (SenderView& sender : report.primary->senders) {
      sender.flushed = Lsn(sender.node == NodeName("b") ? flushed : lsn);
    }
    ++number_;
    for (const char* standby : {"b", "c"})
      say(nodes_.report(standby));
    say(report);
  }

  ManualScheduler scheduler_;
  MemoryStore store_{scheduler_};
  testing::NoKnocker knocker_;
  FormationLoop loop_{scheduler_, store_, knocker_, FormationName("default"), {}};
  testing::ObedientWorld nodes_{sample_formation().spec};
  std::uint64_t number_ = 0;
};

TEST_F(FormationStatusTest, AMoveIsUnderWayAndThenDoneUntilAllIsAsTheSpecSays) {
  ASSERT_EQ(loop_.status().primary, NodeName("a"));
  EXPECT_TRUE(loop_.status().steps.empty());
  Formation wanted = sample_formation();
  wanted.spec.regions[0].nodes[1].candidate_priority = 65;
  wanted.spec.number_sync_standbys = 2;
  apply(wanted);
  std::vector<std::string> seen;
  bool was_half_done = false;
  for (int turn = 0; turn < 100 && !is_converged(); ++turn) {
    const FormationStatus status = loop_.status();
    // What was under way is done in the same order and under the same names.
    for (std::size_t i = 0; i < std::min(seen.size(), status.done_steps.size()); ++i)
      EXPECT_EQ(status.done_steps[i], seen[i]);
    was_half_done = was_half_done || (status.done_steps.size() == 1 && status.steps.size() == 1);
    if (!status.steps.empty() && (seen.empty() || seen.back() != status.steps.front()))
      seen.push_back(status.steps.front());
    ASSERT_FALSE(status.steps.empty() && status.done_steps.empty());
    round();
  }
  EXPECT_EQ(loop_.status().primary, NodeName("b"));
  EXPECT_TRUE(was_half_done);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_NE(seen[0].find("ANY 2 (b, c)"), std::string::npos) << seen[0];
  EXPECT_NE(seen[1].find("the primary moves from a to b"), std::string::npos) << seen[1];
  EXPECT_TRUE(loop_.status().done_steps.empty());
  EXPECT_TRUE(loop_.status().steps.empty());
}

// Making the list keeps a processor busy for tens of milliseconds, while clients may wait.
TEST_F(FormationStatusTest, NoStepsAreLookedForRightAfterAChangeOfPhase) {
  Formation wanted = sample_formation();
  wanted.spec.regions[0].nodes[1].candidate_priority = 65;
  wanted.spec.number_sync_standbys = 2;
  apply(wanted);
  ASSERT_EQ(loop_.status().phase, "reconfigure");
  EXPECT_EQ(loop_.status().steps.size(), 1U) << "the one that is under way";
  scheduler_.advance(kStepsSettle);
  EXPECT_EQ(loop_.status().steps.size(), 2U);
}

TEST_F(FormationStatusTest, ALagIsAsLongAsThePrimaryHasHadWhatIsLacking) {
  write(1'000, 1'000);
  EXPECT_EQ(row("a").lag_seconds, 0);
  EXPECT_EQ(row("b").lag_seconds, 0);
  scheduler_.advance(2s);
  write(1'500, 1'000);
  scheduler_.advance(1s);
  write(2'000, 1'200);
  EXPECT_EQ(row("b").lag_bytes, 800U);
  EXPECT_EQ(row("b").lag_seconds, 1);
  EXPECT_EQ(row("c").lag_seconds, 0);
  scheduler_.advance(1s);
  write(2'000, 1'500);
  EXPECT_EQ(row("b").lag_seconds, 1) << "it has what the primary had two seconds ago";
  write(2'000, 2'000);
  EXPECT_EQ(row("b").lag_seconds, 0);
}

TEST_F(FormationStatusTest, ALagGoesOnWhenTheStreamHasComeToAHalt) {
  write(1'000, 1'000);
  nodes_.report("b").position.lsn = Lsn(1'000);
  std::erase_if(nodes_.report("a").primary->senders,
                [](const SenderView& sender) { return sender.node == NodeName("b"); });
  for (std::uint64_t i = 1; i <= 4; ++i) {
    scheduler_.advance(1s);
    write(1'000 + 100 * i, 0);
  }
  EXPECT_EQ(row("b").lag_bytes, 400U);
  EXPECT_EQ(row("b").lag_seconds, 3);
  nodes_.report("b").position.timeline = TimelineId(99);
  write(2'000, 0);
  EXPECT_EQ(row("b").lag_bytes, std::nullopt) << "of another history there is no lag";
}

TEST_F(FormationStatusTest, ALagIsUnknownWhileThePrimaryIsNotHeard) {
  write(1'000, 1'000);
  scheduler_.advance(1s);
  write(2'000, 1'000);
  ASSERT_TRUE(row("b").lag_seconds.has_value());
  scheduler_.advance(kSilentAfter + 1s);
  EXPECT_EQ(row("b").lag_bytes, std::nullopt);
  EXPECT_EQ(row("b").lag_seconds, std::nullopt);
}

TEST_F(FormationStatusTest, NoLagIsWrittenToTheStore) {
  const int attempts = store_.attempts;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    write(1'000 * i, 100 * i);
    scheduler_.advance(500ms);
  }
  EXPECT_GT(row("b").lag_seconds.value_or(0), 5);
  EXPECT_EQ(store_.attempts, attempts);
}

}  // namespace
}  // namespace hactl
