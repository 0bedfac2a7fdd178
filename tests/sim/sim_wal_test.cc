#include "sim/sim_wal.h"

#include <gtest/gtest.h>

#include "converge/postgres_settings.h"

namespace hactl {
namespace {

// The simulation obeys the text that the agent really writes; this holds both ends together.
TEST(ParseSettings, ReadsBackWhatTheAgentWrites) {
  PostgresGoal postgres;
  postgres.data_directory = "/data";
  SettingsRole role;
  role.node = NodeName("paris-b");
  role.upstream = Upstream{NodeName("paris-a"), "10.0.0.1", 5433, Epoch(7)};
  role.epoch = Epoch(7);
  role.sync_names = sync_names_for_standby();
  role.paths.state_directory = "/state";
  const SettingsFiles files = render_settings(postgres, role);
  const ServerSettings settings = parse_settings(files.server);
  EXPECT_EQ(settings.config_id, files.id);
  EXPECT_EQ(settings.upstream_host, "10.0.0.1");
  EXPECT_EQ(settings.upstream_port, 5433);
  EXPECT_EQ(settings.application_name, "hactl_paris-b_e7");
  EXPECT_EQ(settings.credential, Epoch(7));
  EXPECT_EQ(settings.slot, "hactl_paris_b");
  EXPECT_TRUE(settings.read_only);
  EXPECT_EQ(parse_sync_names(settings.sync_names).names, std::vector<std::string>{"hactl_none"});
}

TEST(ParseSyncNames, GivesEachWalsenderItsPriority) {
  const SyncRule first = parse_sync_names("FIRST 1 (\"g5\", \"b\", \"c\")");
  EXPECT_EQ(first.priority_of("c"), 3);
  EXPECT_EQ(first.priority_of("d"), 0);
  const SyncRule any = parse_sync_names("ANY 2 (\"b\", \"c\")");
  EXPECT_EQ(any.required, 2);
  EXPECT_EQ(any.priority_of("c"), 1);
  EXPECT_EQ(parse_sync_names("").required, 0);
}

TEST(DataDirectory, KnowsTheHistoryOfATimeline) {
  DataDirectory disk;
  disk.history[TimelineId{3}] = Branch{TimelineId{1}, Lsn{500}};
  disk.history[TimelineId{2}] = Branch{TimelineId{1}, Lsn{}};
  const auto stretches = disk.ancestry(TimelineId{3});
  ASSERT_EQ(stretches.size(), 2U);
  EXPECT_EQ(stretches[0].timeline, TimelineId{1});
  EXPECT_EQ(stretches[0].end, Lsn{500});
  EXPECT_EQ(stretches[1].timeline, TimelineId{3});
}

}  // namespace
}  // namespace hactl
