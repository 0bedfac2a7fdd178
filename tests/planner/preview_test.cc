// What preview() foretells, and that it is what then happens.
#include "planner/preview.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/limits.h"
#include "tests/planner/obedient_world.h"

namespace hactl::testing {
namespace {

Preview preview_of(const ObedientWorld& world, const FormationSpec& running,
                   Generation generation) {
  return preview(world.spec, generation,
                 PreviewStart{&running, world.record, world.observed, world.now});
}

/// The tutorial's formation at work in Paris, and the edit that moves it to Amsterdam.
ObedientWorld migrating() {
  ObedientWorld world(three_regions());
  world.settle();
  world.events.clear();
  world.spec.regions[1].replication_quorum = true;
  world.spec.regions[1].candidate_priority = 65;
  world.spec.regions[0].replication_quorum = false;
  return world;
}

std::vector<std::string> titles_of(const Preview& shown) {
  std::vector<std::string> titles;
  for (const PreviewStep& step : shown.steps)
    titles.push_back(step.title);
  return titles;
}

TEST(Preview, TellsTheStepsOfAMigrationWithWhatEachWaitsFor) {
  const FormationSpec running = three_regions();
  const Preview shown = preview_of(migrating(), running, Generation(2));
  EXPECT_TRUE(shown.converges) << shown.blocked;
  ASSERT_EQ(shown.steps.size(), 3U);
  EXPECT_EQ(shown.steps[0].title,
            "commits are to wait for ANY 1 (amsterdam-a, amsterdam-b, amsterdam-c, paris-b, "
            "paris-c) instead of ANY 1 (paris-b, paris-c)");
  EXPECT_EQ(shown.steps[0].kind, StepKind::change);
  EXPECT_EQ(shown.steps[0].reloads, std::vector{NodeName("paris-a")});
  EXPECT_EQ(shown.steps[0].waits_for,
            "the primary to prove that commits wait for ANY 1 (amsterdam-a, amsterdam-b, "
            "amsterdam-c, paris-b, paris-c)");
  const PreviewStep& move = shown.steps[1];
  EXPECT_EQ(move.title,
            "the primary moves from paris-a to amsterdam-a: its candidate-priority 65 is higher "
            "than 50");
  EXPECT_EQ(move.kind, StepKind::move);
  EXPECT_TRUE(move.writes_pause);
  EXPECT_TRUE(move.no_way_back);
  EXPECT_EQ(move.disconnects, std::vector{NodeName("paris-a")});
  EXPECT_EQ(move.waits_for, "paris-a to stop, then amsterdam-a to take over");
  EXPECT_EQ(move.details.back(),
            "to follow amsterdam-a: amsterdam-c, dublin-a, paris-a, paris-b, paris-c");
  EXPECT_FALSE(shown.steps[2].writes_pause);
  EXPECT_TRUE(std::ranges::all_of(shown.steps,
                                  [](const PreviewStep& step) { return step.exposes.empty(); }));
}

TEST(Preview, ForetellsTheVeryDecisionsThatThenAreMade) {
  ObedientWorld world = migrating();
  world.generation = Generation(2);
  std::vector<std::string> foretold;
  for (const PreviewStep& step : preview_of(world, three_regions(), world.generation).steps)
    foretold.insert(foretold.end(), step.events.begin(), step.events.end());
  world.settle();
  EXPECT_EQ(foretold, world.events);
  EXPECT_EQ(world.record.primary, NodeName("amsterdam-a"));
}

TEST(Preview, TellsWhichParametersAreTakenAtOnceAndWhichNodesRestartForTheOthers) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.spec.postgres.parameters = {{"work_mem", "8MB"}, {"max_connections", "200"}};
  const Preview shown = preview_of(world, three_nodes(), Generation(2));
  EXPECT_TRUE(shown.converges) << shown.blocked;
  ASSERT_EQ(titles_of(shown),
            (std::vector<std::string>{
                "settings change on every node", "b restarts for changed parameters",
                "c restarts for changed parameters",
                "the primary moves from a to b: a must restart for changed parameters"}));
  EXPECT_EQ(shown.steps[0].details,
            (std::vector<std::string>{"at once: work_mem",
                                      "with a restart, one node after the other: "
                                      "max_connections"}));
  EXPECT_EQ(shown.steps[1].restarts, std::vector{NodeName("b")});
  EXPECT_EQ(shown.steps[1].waits_for, "b to stream again");
  world.spec.postgres.parameters = {{"work_mem", "8MB"}};
  EXPECT_EQ(titles_of(preview_of(world, three_nodes(), Generation(2))),
            std::vector<std::string>{"settings change on every node"});
}

TEST(Preview, SaysWhatCouldBeLostOnceCommitsWaitForNobody) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.spec.number_sync_standbys = 0;
  const Preview shown = preview_of(world, three_nodes(), Generation(2));
  ASSERT_EQ(shown.steps.size(), 1U);
  EXPECT_EQ(shown.steps[0].exposes,
            "commits wait for no standby: what only the primary has is lost with it");
}

TEST(Preview, SaysWhoIsLetGo) {
  ObedientWorld world(three_regions());
  world.settle();
  world.spec.regions[1].nodes.pop_back();
  const Preview shown = preview_of(world, three_regions(), Generation(2));
  ASSERT_FALSE(shown.steps.empty());
  EXPECT_EQ(shown.steps[0].details, std::vector<std::string>{"to leave: amsterdam-c"});
  EXPECT_EQ(shown.steps.back().title, "amsterdam-c has left the formation");
}

TEST(Preview, ForetellsThePauseByWhatTheFormationMeasuredOrElseByTheDefaults) {
  FormationRecord record = fresh_record();
  EXPECT_EQ(predicted_pause(record), (PausePrediction{kPauseUsual, kPauseWorst, 0}));
  record.pauses_ms = {300, 900, 200};
  EXPECT_EQ(predicted_pause(record), (PausePrediction{Duration{300}, Duration{900}, 3}));
}

// From when the old primary began to stop until the new one was seen open; a few are kept.
TEST(Preview, EveryMoveIsAMeasurementForTheNextOne) {
  ObedientWorld world(three_nodes());
  world.settle();
  world.after_decision = [&](const FormationRecord& now) {
    if (now.phase == Phase::promote) world.observed.writes_stopped_at = world.now;
    if (now.phase == Phase::promote) world.now += Duration{250};
    if (now.phase == Phase::stable) world.observed.writes_stopped_at.reset();
  };
  for (std::size_t i = 0; i < kPausesKept + 2; ++i) {
    world.record.request =
        MoveRequest{NodeName(world.record.primary == NodeName("a") ? "b" : "a"), std::nullopt};
    world.settle();
  }
  EXPECT_EQ(world.record.pauses_ms, std::vector<std::uint64_t>(kPausesKept, 250));
}

TEST(Preview, OfAFormationThatIsAsSpecifiedIsEmptyThoughAStandbyWasHeardLaterThanThePrimary) {
  ObedientWorld world(three_nodes());
  world.settle();
  ObservedNode& standby = world.observed.nodes[NodeName("b")];
  standby.report.position.lsn = Lsn(standby.report.position.lsn.value + 100);
  standby.complete_seen = standby.report.position;
  const Preview shown = preview(world.spec, world.generation,
                                PreviewStart{&world.spec, world.record, world.observed, world.now});
  EXPECT_TRUE(shown.converges);
  EXPECT_TRUE(shown.steps.empty());
}

TEST(Preview, OfANewFormationConverges) {
  const FormationSpec spec = three_regions();
  const Preview shown =
      preview(spec, Generation(1), PreviewStart{nullptr, fresh_record(), Observed{}, at(1'000)});
  EXPECT_TRUE(shown.converges) << shown.blocked;
}

}  // namespace
}  // namespace hactl::testing
