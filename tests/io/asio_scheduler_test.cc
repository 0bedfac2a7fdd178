#include "io/asio_scheduler.h"

#include <csignal>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace hactl {
namespace {

TEST(AsioScheduler, RunsPostedTasksInTheirOrder) {
  AsioScheduler scheduler;
  std::string order;
  scheduler.post([&] { order += "a"; });
  scheduler.post([&] { order += "b"; });
  scheduler.post([&] { scheduler.stop(); });
  scheduler.run();
  EXPECT_EQ(order, "ab");
}

TEST(AsioScheduler, RunsTimersInTheOrderOfTheirInstantsAndNotEarly) {
  AsioScheduler scheduler;
  const Instant start = scheduler.now();
  std::string order;
  scheduler.at(start + 40ms, [&] {
    order += "c";
    EXPECT_GE(scheduler.now(), start + 40ms);
    scheduler.stop();
  });
  scheduler.at(start + 20ms, [&] { order += "a"; });
  scheduler.at(start + 20ms, [&] { order += "b"; });
  scheduler.run();
  EXPECT_EQ(order, "abc");
}

TEST(AsioScheduler, RunsATimerOfThePastSoon) {
  AsioScheduler scheduler;
  scheduler.at(Instant{}, [&] { scheduler.stop(); });
  scheduler.run();
}

TEST(AsioScheduler, DoesNotRunACancelledTimer) {
  AsioScheduler scheduler;
  const Instant start = scheduler.now();
  bool ran = false;
  const TimerId first = scheduler.at(start + 5ms, [&] { ran = true; });
  TimerId second;
  scheduler.at(start + 10ms, [&] { scheduler.cancel(second); });
  second = scheduler.at(start + 10ms, [&] { ran = true; });
  scheduler.at(start + 20ms, [&] { scheduler.stop(); });
  scheduler.cancel(first);
  scheduler.cancel(first);
  scheduler.cancel(TimerId());
  scheduler.run();
  EXPECT_FALSE(ran);
}

TEST(AsioScheduler, LetsPostedTasksRunBetweenTimersThatArmEachOther) {
  AsioScheduler scheduler;
  std::function<void()> again = [&] { scheduler.at(scheduler.now(), again); };
  again();
  scheduler.at(scheduler.now(), [&] { scheduler.post([&] { scheduler.stop(); }); });
  scheduler.run();
}

TEST(AsioScheduler, TakesTasksFromOtherThreads) {
  constexpr int kTasks = 1000;
  AsioScheduler scheduler;
  int ran = 0;
  std::thread other([&] {
    for (int i = 0; i < kTasks; ++i) {
      scheduler.post([&] {
        if (++ran == kTasks) scheduler.stop();
      });
    }
  });
  scheduler.run();
  other.join();
  EXPECT_EQ(ran, kTasks);
}

TEST(AsioScheduler, HearsSignalsMoreThanOnce) {
  AsioScheduler scheduler;
  std::string heard;
  scheduler.on_signal([&](int number) {
    heard += number == SIGTERM ? "T" : "I";
    if (heard.size() == 2) {
      scheduler.stop();
    } else {
      std::raise(SIGINT);
    }
  });
  scheduler.post([] { std::raise(SIGTERM); });
  scheduler.run();
  EXPECT_EQ(heard, "TI");
}

TEST(AsioScheduler, CanBeRunAgain) {
  AsioScheduler scheduler;
  scheduler.post([&] { scheduler.stop(); });
  scheduler.run();
  scheduler.post([&] { scheduler.stop(); });
  scheduler.run();
}

}  // namespace
}  // namespace hactl
