// The controller's loop over obedient agents: what it keeps of its decisions is asked for again.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "controller/formation_loop.h"
#include "tests/controller/manual_scheduler.h"
#include "tests/controller/memory_store.h"
#include "tests/planner/obedient_world.h"
#include "tests/why/same_answer.h"

namespace hactl::testing {
namespace {

/// Answers at once: whoever is dead refuses.
class Doorstep final : public Knocker {
 public:
  Doorstep(Scheduler& scheduler, const ObedientWorld& agents)
      : scheduler_(scheduler), agents_(agents) {}

  void knock(const KnockOrder& order, std::function<void(KnockAnswer)> answered) override {
    KnockAnswer answer = KnockAnswer::silent;
    for (const Member& member : agents_.spec.members()) {
      if (member.host != order.host) continue;
      answer = agents_.dead.contains(member.name) ? KnockAnswer::refused : KnockAnswer::answered;
    }
    scheduler_.post([answered = std::move(answered), answer] { answered(answer); });
  }

 private:
  Scheduler& scheduler_;
  const ObedientWorld& agents_;
};

class KeptDecisions : public ::testing::Test {
 protected:
  KeptDecisions() {
    ApplyRequest request;
    request.formation.name = name_;
    request.formation.spec = agents_.spec;
    request.first_password = "geheim";
    loop_.apply(std::move(request), [](const Result<Changed>&) {});
    scheduler_.run();
  }

  /// Agents obey and report until the length has passed.
  void live(Duration length) {
    constexpr Duration kRound{100};
    for (Duration passed{0}; passed < length; passed += kRound) {
      std::map<NodeName, Goal> goals;
      for (const Member& member : agents_.spec.members()) {
        const TaggedGoal* told = loop_.goal_for(member.name);
        if (told == nullptr) continue;
        goals[member.name] = told->goal;
        agents_.report(member.name.value).goal_tag = told->tag;
      }
      agents_.obey(goals);
      for (const auto& [node, seen] : agents_.observed.nodes) {
        if (agents_.dead.contains(node)) continue;
        NodeReport report = seen.report;
        report.formation = name_;
        report.process = 1;
        report.number = ++number_;
        loop_.report_received(report);
      }
      scheduler_.advance(kRound);
    }
  }

  /// Replays all that was kept, each once.
  void replay_all() {
    for (const auto& [version, decided] : store_.decisions) {
      SCOPED_TRACE("version " + std::to_string(version));
      EXPECT_EQ(decided.inputs.observed.password, "");
      expect_same_answer(decided);
    }
  }
  bool happened(const std::string& reason) {
    return std::ranges::find(store_.events, reason, &Event::reason) != store_.events.end();
  }
  const FormationRecord& record() { return loop_.stored().record; }
  const Event& last(const std::string& reason) {
    return *std::find_if(store_.events.rbegin(), store_.events.rend(),
                         [&](const Event& event) { return event.reason == reason; });
  }

  const FormationName name_{"default"};
  ObedientWorld agents_{three_nodes()};
  ManualScheduler scheduler_;
  MemoryStore store_{scheduler_};
  Doorstep knocker_{scheduler_, agents_};
  FormationLoop loop_{scheduler_, store_, knocker_, name_, {}};
  std::uint64_t number_ = 0;
};

TEST_F(KeptDecisions, OfABootstrapGiveTheSameAnswersAgain) {
  live(10s);
  ASSERT_EQ(record().primary, NodeName("a"));
  ASSERT_EQ(record().phase, Phase::stable);
  replay_all();
  // Every event that a rule has written has what it came of.
  for (const Event& event : store_.events) {
    EXPECT_EQ(store_.decisions.contains(event_version(event.number)), event.rule != 0)
        << event.reason;
  }
}

TEST_F(KeptDecisions, AreNotWrittenAtPeace) {
  live(10s);
  const std::size_t kept = store_.decisions.size();
  const int attempts = store_.attempts;
  live(60s);
  EXPECT_EQ(store_.decisions.size(), kept);
  EXPECT_EQ(store_.attempts, attempts);
}

TEST_F(KeptDecisions, OfAFailoverGiveTheSameAnswersAgain) {
  live(10s);
  agents_.kill("a");
  live(60s);
  ASSERT_EQ(record().primary, NodeName("b"));
  EXPECT_TRUE(happened("FailoverStarted"));
  EXPECT_FALSE(happened("Blocked"));
  replay_all();
  EXPECT_TRUE(last("FailoverStarted").involved.contains(NodeName("a")));
  EXPECT_TRUE(last("PrimaryOpened").involved.contains(NodeName("b")));
}

TEST_F(KeptDecisions, OfASwitchoverGiveTheSameAnswersAgain) {
  live(10s);
  loop_.move_requested({NodeName("c"), std::nullopt}, [](const Result<Changed>&) {});
  live(30s);
  ASSERT_EQ(record().primary, NodeName("c"));
  EXPECT_TRUE(happened("SwitchoverStarted"));
  replay_all();
}

TEST_F(KeptDecisions, OfAFormationThatIsBlockedSayWhy) {
  live(10s);
  agents_.kill("a");
  agents_.kill("b");
  live(60s);
  ASSERT_TRUE(happened("Blocked"));
  const Event& blocked = last("Blocked");
  EXPECT_TRUE(blocked.warning);
  EXPECT_EQ(blocked.rule, 313U);
  EXPECT_NE(blocked.message.find("a is lost"), std::string::npos) << blocked.message;
  EXPECT_FALSE(store_.decisions.at(event_version(blocked.number)).plan.record.has_value());
  replay_all();
  // Said once, however long it lasts, and again when it has been otherwise.
  const auto said = [&] { return std::ranges::count(store_.events, "Blocked", &Event::reason); };
  live(60s);
  EXPECT_EQ(said(), 1);
  agents_.revive("a");
  live(20s);
  EXPECT_EQ(record().primary, NodeName("a"));
  agents_.kill("c");
  live(10s);
  agents_.kill("a");
  live(60s);
  EXPECT_EQ(said(), 2);
  replay_all();
}

TEST_F(KeptDecisions, TellSinceWhenANodeHasItsGoalState) {
  live(10s);
  const std::optional<UtcTime> since = loop_.goal_for(NodeName("b"))->since;
  ASSERT_TRUE(since);
  EXPECT_LT(*since, scheduler_.utc());
  live(10s);
  EXPECT_EQ(loop_.goal_for(NodeName("b"))->since, since);
  FormationLoop next(scheduler_, store_, knocker_, name_, {});
  next.adopt(loop_.stored(), {});
  scheduler_.run();
  // When an earlier life gave it, is not known.
  EXPECT_EQ(next.goal_for(NodeName("b"))->since, std::nullopt);
}

}  // namespace
}  // namespace hactl::testing
