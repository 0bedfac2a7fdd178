#include "agent/agent_loop.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/limits.h"
#include "tests/controller/manual_scheduler.h"
#include "tests/converge/node_c.h"

namespace hactl {
namespace {

/// Shows the same whenever it is looked at, but for the settings it was given.
class StillPostgres final : public Postgres {
 public:
  explicit StillPostgres(Scheduler& scheduler) : scheduler_(scheduler) {}
  void observe(const PostgresGoal& /*postgres*/, std::function<void(PostgresView)> seen) override {
    ++looks;
    if (looks_hang) return;
    scheduler_.post([this, seen = std::move(seen)] { seen(view); });
  }
  void perform(const Action& action, std::function<void(Result<ActionOutcome>)> done) override {
    if (const auto* write = std::get_if<action::Configure>(&action)) {
      view.config_id_on_disk = write->files.id;
      if (view.sql) view.sql->config_id = write->files.id;
    }
    if (std::holds_alternative<action::SetSlots>(action)) ++slots_set;
    if (actions_hang) return;
    scheduler_.post([done = std::move(done)] { done(ActionOutcome{}); });
  }
  void on_exit(std::function<void()> /*changed*/) override {}

  PostgresView view;
  int looks = 0;
  int slots_set = 0;
  bool looks_hang = false;
  bool actions_hang = false;

 private:
  Scheduler& scheduler_;
};

class MemoryFile final : public StateFile {
 public:
  explicit MemoryFile(Scheduler& scheduler) : scheduler_(scheduler) {
    state.node = NodeName("a");
    state.promised = Epoch(1);
    state.node_incarnation = NodeIncarnation(1);
  }
  Result<std::optional<AgentState>> load() override { return std::optional(state); }
  void save(const AgentState& /*state*/, std::function<void(Result<Done>)> done) override {
    scheduler_.post([done = std::move(done)] { done(Done{}); });
  }

  AgentState state;

 private:
  Scheduler& scheduler_;
};

/// A controller that is reached or not, and that never answers the question for a goal.
class SilentController final : public Transport {
 public:
  explicit SilentController(Scheduler& scheduler) : scheduler_(scheduler) {}
  void send(const NodeReport& report, std::function<void(Result<Done>)> done) override {
    if (on_report) on_report(report);
    scheduler_.post([reached = reached, done = std::move(done)] {
      done(reached ? Result<Done>(Done{}) : Error{ErrorCode::unavailable, "not reached"});
    });
  }
  void receive(const std::string& /*known*/,
               std::function<void(Result<std::optional<Order>>)> received) override {
    ++questions;
    waiting = std::move(received);
  }
  void stop_receiving() override {
    scheduler_.post([received = std::exchange(waiting, nullptr)] {
      if (received) received(Error{ErrorCode::unavailable, "cancelled"});
    });
  }

  bool reached = true;
  int questions = 0;
  std::function<void(Result<std::optional<Order>>)> waiting;
  std::function<void(const NodeReport&)> on_report;

 private:
  Scheduler& scheduler_;
};

class AgentLoopTest : public ::testing::Test {
 protected:
  void start() {
    AgentIdentity identity;
    identity.node = file_.state.node;
    identity.say = [this](const std::string& line) { said_.push_back(line); };
    loop_.emplace(scheduler_, postgres_, file_, controller_, identity);
    ASSERT_TRUE(loop_->start().ok());
    scheduler_.run();
  }
  /// A standby whose PostgreSQL runs and lets nobody in yet.
  void order_to_follow() {
    Transport::Order order;
    order.tag = "1";
    order.goal.node = NodeName("a");
    order.goal.state = GoalState::standby;
    order.goal.epoch = Epoch(1);
    order.goal.upstream = Upstream{NodeName("b"), "10.0.0.2", 5432, Epoch(1)};
    postgres_.view.data = DataKind::cluster;
    postgres_.view.running = true;
    controller_.waiting(std::optional(order));
    scheduler_.run();
  }
  /// Node c, which streams from b as it was told to.
  void start_and_stream() {
    LocalState streaming = detached_standby(Lsn(0x3000));
    streaming.state.attached = Attachment{Epoch(2), NodeName("b")};
    streaming.state.timelines[TimelineId(3)] = Epoch(2);
    streaming.seen.sql->timeline = TimelineId(3);
    streaming.seen.sql->receiver = ReceiverView{NodeName("b"), Epoch(2), TimelineId(3), true};
    streaming.seen.credential = true;
    file_.state = streaming.state;
    postgres_.view = streaming.seen;
    start();
    Transport::Order order;
    order.tag = "1";
    order.goal = follow_b();
    controller_.waiting(std::optional(order));
    scheduler_.run();
  }
  int looks_within(Duration time) {
    const int before = postgres_.looks;
    scheduler_.advance(time);
    return postgres_.looks - before;
  }

  std::vector<std::string> said_;
  ManualScheduler scheduler_;
  StillPostgres postgres_{scheduler_};
  MemoryFile file_{scheduler_};
  SilentController controller_{scheduler_};
  std::optional<AgentLoop> loop_;
};

TEST_F(AgentLoopTest, LooksLessOftenAtWhatItHasWaitedForLong) {
  start();
  order_to_follow();
  EXPECT_EQ(loop_->last_report().doing, "starting");
  const int at_first = looks_within(Duration{100});
  EXPECT_GE(at_first, 25);
  scheduler_.advance(Duration{9'900});
  const int later = looks_within(Duration{1'000});
  EXPECT_LE(later, 6);
  EXPECT_GE(later, 3);
}

TEST_F(AgentLoopTest, WhatIsDoneAllTheTimeIsNotWhatItIsAt) {
  start_and_stream();
  scheduler_.advance(Duration{1'000});
  ASSERT_EQ(loop_->last_report().doing, "");
  const int before = postgres_.slots_set;
  std::set<std::string> said;
  controller_.on_report = [&](const NodeReport& report) { said.insert(report.doing); };
  scheduler_.advance(Duration{30'000});
  EXPECT_GE(postgres_.slots_set, before + 2);
  EXPECT_EQ(said, std::set<std::string>{""});
}

// What it has seen before says nothing about how far it is with a goal that came later.
TEST_F(AgentLoopTest, ItsReportAnswersTheGoalThatItHadWhenItLooked) {
  start_and_stream();
  scheduler_.advance(Duration{1'000});
  std::string answered;
  controller_.on_report = [&](const NodeReport& report) { answered = report.goal_tag; };
  scheduler_.advance(kReportEvery);
  ASSERT_EQ(answered, "1");
  postgres_.looks_hang = true;
  Transport::Order order;
  order.tag = "2";
  order.goal = follow_b();
  order.goal.postgres.parameters["work_mem"] = "8MB";
  controller_.waiting(std::optional(order));
  scheduler_.advance(2 * kReportEvery);
  EXPECT_EQ(answered, "1");
}

TEST_F(AgentLoopTest, SaysWhatItIsToDoWhileWhatIsDoneAllTheTimeIsUnderWay) {
  start_and_stream();
  scheduler_.advance(Duration{1'000});
  ASSERT_EQ(loop_->last_report().doing, "");
  postgres_.actions_hang = true;
  const int before = postgres_.slots_set;
  scheduler_.advance(Duration{30'000});
  ASSERT_EQ(postgres_.slots_set, before + 1) << "it is at it";
  ASSERT_EQ(loop_->last_report().doing, "");
  Transport::Order order;
  order.tag = "2";
  order.goal = follow_b();
  order.goal.postgres.parameters["work_mem"] = "8MB";
  controller_.waiting(std::optional(order));
  scheduler_.run();
  EXPECT_EQ(loop_->last_report().goal_tag, "2");
  EXPECT_NE(loop_->last_report().doing, "");
}

TEST_F(AgentLoopTest, AsksForItsGoalAnewWhenTheControllerIsReachedAgain) {
  start();
  scheduler_.advance(Duration{5'000});
  EXPECT_EQ(controller_.questions, 1);
  controller_.reached = false;
  scheduler_.advance(Duration{5'000});
  EXPECT_EQ(controller_.questions, 1);
  controller_.reached = true;
  scheduler_.advance(2 * kReportEvery);
  EXPECT_EQ(controller_.questions, 2);
  scheduler_.advance(Duration{5'000});
  EXPECT_EQ(controller_.questions, 2);
}

TEST_F(AgentLoopTest, SaysOnceWhyTheControllerDoesNotTakeItsReports) {
  start();
  scheduler_.advance(Duration{3'000});
  EXPECT_TRUE(said_.empty());
  controller_.reached = false;
  scheduler_.advance(Duration{10'000});
  controller_.reached = true;
  scheduler_.advance(Duration{10'000});
  const std::vector<std::string> expected{
      "the controller does not take this node's reports: not reached",
      "the controller is reached again"};
  EXPECT_EQ(said_, expected);
}

}  // namespace
}  // namespace hactl
