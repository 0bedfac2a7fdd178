#include "agent/local_postgres.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "agent/data_directory.h"
#include "agent/pg_programs.h"
#include "agent/postmaster.h"
#include "io/file.h"
#include "tests/agent/postgres_node.h"
#include "tests/io/temporary_directory.h"

namespace hactl {
namespace {

constexpr Epoch kEpoch{1};
/// How often a state that must not change is looked at.
constexpr int kLooks = 30;
constexpr int kSilentClients = 20;

/// Two nodes that know each other.
struct Pair {
  PostgresNode primary;
  PostgresNode standby;

  Pair(const std::string& directory, const PemPair& authority)
      : primary(directory, authority, "paris-a"), standby(directory, authority, "rome-b") {
    PostgresNode::introduce(primary, standby);
  }
  /// Makes one a primary on timeline 2, from which the other streams in kEpoch.
  bool stream() {
    return primary.become_primary(TimelineId(2)) && standby.become_standby_of(primary, kEpoch);
  }
};

class LocalPostgresTest : public testing::Test {
 protected:
  void SetUp() override {
    // scripts/packages installs it, and its user.
    ASSERT_NE(geteuid(), 0U) << "there is no user postgres to run PostgreSQL as";
    ASSERT_TRUE(std::filesystem::exists(std::string(kTestBinDirectory) + "/initdb"))
        << "PostgreSQL 15 is not installed";
  }

  TemporaryDirectory directory_;
  const PemPair authority_ = create_authority("test").value();
};

std::string message_of(const Result<ActionOutcome>& outcome) {
  return outcome.ok() ? "" : outcome.error().message;
}

TEST_F(LocalPostgresTest, ANewClusterBecomesAPrimaryOnTheReservedTimeline) {
  PostgresNode node(directory_.path(), authority_, "paris-a");
  EXPECT_EQ(node.observe().data, DataKind::absent);
  ASSERT_EQ(message_of(node.perform(action::InitDatabase{node.goal})), "");
  PostgresView view = node.observe();
  EXPECT_EQ(view.data, DataKind::cluster);
  EXPECT_TRUE(view.standby_signal);
  ASSERT_TRUE(view.control);
  EXPECT_EQ(view.control->version, 15);
  EXPECT_TRUE(view.control->clean_shutdown);
  EXPECT_EQ(view.control->primary_settings.at("max_connections"), 100);
  const std::string settings =
      read_file(node.goal.data_directory + "/postgresql.conf", 1 << 20).value();
  EXPECT_NE(settings.find("lc_messages = "), std::string::npos) << settings;
  EXPECT_FALSE(settings.starts_with('#') || settings.find("\n#") != std::string::npos) << settings;

  ASSERT_TRUE(node.configure([](SettingsRole&) {}));
  ASSERT_EQ(message_of(node.perform(action::StartStandby{node.goal})), "");
  EXPECT_TRUE(node.reaches([](const PostgresView& seen) {
    return seen.sql && seen.sql->in_recovery && seen.sql->replay_at_end;
  }));
  ASSERT_EQ(message_of(node.perform(action::Promote{TimelineId(4)})), "");
  ASSERT_TRUE(
      node.reaches([](const PostgresView& seen) { return seen.sql && !seen.sql->in_recovery; }));
  ASSERT_EQ(message_of(node.perform(action::PrepareDatabase{node.goal})), "");
  ASSERT_EQ(message_of(node.perform(action::PrepareDatabase{node.goal})), "");
  const Result<ActionOutcome> barrier = node.perform(action::WriteBarrier{kEpoch, TimelineId(4)});
  ASSERT_EQ(message_of(barrier), "");
  // Standbys say how far they are when there is WAL, and that lets waiting commits go.
  const Result<ActionOutcome> second = node.perform(action::WriteBarrier{kEpoch, TimelineId(4)});
  ASSERT_EQ(message_of(second), "");
  EXPECT_GT(second->lsn, barrier->lsn);

  view = node.observe();
  ASSERT_TRUE(view.sql);
  EXPECT_EQ(view.sql->timeline, TimelineId(4));
  EXPECT_EQ(view.sql->timeline_start, view.history.at(TimelineId(4)));
  EXPECT_EQ(view.history.size(), 1U);
  EXPECT_TRUE(view.sql->database_ready);
  EXPECT_TRUE(view.sql->lineage_ready);
  EXPECT_TRUE(view.sql->read_only);
  EXPECT_GE(view.sql->flushed, barrier->lsn);
  EXPECT_TRUE(view.standby_signal);
  EXPECT_EQ(node.sql("SELECT node || ':' || timeline FROM hactl.lineage").value(), "paris-a:4");
}

TEST_F(LocalPostgresTest, TheGateLetsClientsInOnlyWhenItIsOpen) {
  PostgresNode node(directory_.path(), authority_, "paris-a");
  ASSERT_TRUE(node.become_primary(TimelineId(2)));
  Result<PgSession> client = node.connect_as_client();
  ASSERT_TRUE(client.ok()) << client.error().message;
  ASSERT_TRUE(client->run("CREATE TABLE t (x int)", kTestDeadline).ok());

  ASSERT_TRUE(node.configure([](SettingsRole& role) { role.sync_names = ""; }));
  EXPECT_FALSE(client->run("INSERT INTO t VALUES (1)", kTestDeadline).ok());
  EXPECT_FALSE(node.connect_as_client().ok());
}

TEST_F(LocalPostgresTest, ABarrierThatIsRefusedLeavesTheNextOneToBeWritten) {
  PostgresNode node(directory_.path(), authority_, "paris-a");
  ASSERT_TRUE(node.become_primary(TimelineId(2)));
  const action::WriteBarrier barrier{Epoch(2), TimelineId(2)};
  ASSERT_TRUE(node.sql("ALTER TABLE hactl.lineage RENAME TO elsewhere").ok());
  EXPECT_NE(message_of(node.perform(barrier)), "");
  ASSERT_TRUE(node.sql("ALTER TABLE hactl.elsewhere RENAME TO lineage").ok());
  EXPECT_EQ(message_of(node.perform(barrier)), "");
}

TEST_F(LocalPostgresTest, APromotionEndsTheSessionsThatTheStandbyHad) {
  Pair pair(directory_.path(), authority_);
  auto& [primary, standby] = pair;
  ASSERT_TRUE(pair.stream());
  ASSERT_TRUE(standby.configure([&](SettingsRole& role) {
    role.upstream = primary.as_upstream(kEpoch);
    role.epoch = kEpoch;
    role.gate = Gate::open;
  }));
  Result<PgSession> client = standby.connect_as_client();
  ASSERT_TRUE(client.ok()) << client.error().message;
  ASSERT_EQ(message_of(standby.perform(action::Promote{TimelineId(3)})), "");
  ASSERT_TRUE(standby.reaches([](const PostgresView& seen) {
    return seen.sql && !seen.sql->in_recovery && seen.sql->timeline == TimelineId(3);
  }));
  EXPECT_FALSE(client->run("SELECT 1", kTestDeadline).ok());
  // Ordered again, it is there already.
  EXPECT_EQ(message_of(standby.perform(action::Promote{TimelineId(3)})), "");
  EXPECT_NE(message_of(standby.perform(action::Promote{TimelineId(4)})), "");
}

TEST_F(LocalPostgresTest, AStandbyThatSleepsAsksItsUpstreamWhenItIsWoken) {
  Pair pair(directory_.path(), authority_);
  auto& [primary, standby] = pair;
  ASSERT_TRUE(pair.stream());
  const std::string& data = standby.goal.data_directory;
  std::string settings = read_file(data + "/hactl.conf", 1 << 20).value();
  const std::size_t at = settings.find("'250ms'");
  ASSERT_NE(at, std::string::npos);
  settings.replace(at, 7, "'1h'");
  ASSERT_TRUE(write_file_atomically(data + "/hactl.conf", settings, 0600).ok());
  ASSERT_TRUE(reload_postmaster(data).ok());
  ASSERT_EQ(message_of(primary.perform(action::Stop{action::Stop::Mode::immediate})), "");
  const auto attempts = [&] {
    const std::string log =
        read_file(standby.paths.state_directory + "/postgres.log", 1 << 24).value();
    std::size_t count = 0;
    for (std::size_t i = log.find("could not connect"); i != std::string::npos;
         i = log.find("could not connect", i + 1))
      ++count;
    return count;
  };
  // One may be under way by itself, and no more than one.
  for (int wakes = 0; wakes < 3; ++wakes) {
    ASSERT_TRUE(standby.reaches([](const PostgresView& seen) {
      return seen.sql && seen.sql->replay_at_end && !seen.sql->receiver;
    }));
    const std::size_t before = attempts();
    wake_replay(data);
    EXPECT_TRUE(standby.reaches([&](const PostgresView&) { return attempts() > before; }));
  }
}

TEST_F(LocalPostgresTest, AStandbyIsClonedOverTlsAndStreamsUnderItsEpochsName) {
  Pair pair(directory_.path(), authority_);
  auto& [primary, standby] = pair;
  ASSERT_TRUE(primary.become_primary(TimelineId(2)));
  ASSERT_EQ(message_of(primary.perform(action::SetSlots{{"hactl_rome_b"}, false})), "");
  EXPECT_EQ(message_of(standby.perform(action::Clone{primary.as_upstream(kEpoch), standby.goal})),
            "");
  ASSERT_TRUE(standby.follow(primary, kEpoch));

  const PostgresView view = standby.observe();
  EXPECT_TRUE(view.credential);
  EXPECT_EQ(view.sql->receiver->upstream, primary.name);
  EXPECT_EQ(view.sql->receiver->epoch, kEpoch);
  EXPECT_EQ(view.sql->timeline, TimelineId(2));
  EXPECT_TRUE(primary.reaches([&](const PostgresView& seen) {
    return seen.sql && seen.sql->senders.size() == 1 && seen.sql->senders[0].streaming &&
           seen.sql->senders[0].node == standby.name && seen.sql->senders[0].epoch == kEpoch;
  }));
  EXPECT_EQ(primary.observe().sql->slots, std::set<std::string>{"hactl_rome_b"});
  EXPECT_EQ(message_of(primary.perform(action::ProveCheckpointer{})), "");
}

TEST_F(LocalPostgresTest, ADetachedStandbyTakesNoMoreWal) {
  Pair pair(directory_.path(), authority_);
  auto& [primary, standby] = pair;
  ASSERT_TRUE(pair.stream());

  // It does take WAL before: otherwise what follows would show nothing.
  const Lsn at_first = standby.observe().sql->received;
  ASSERT_TRUE(primary.sql("CREATE TABLE t (x int)").ok());
  ASSERT_TRUE(standby.reaches(
      [&](const PostgresView& view) { return view.sql && view.sql->received > at_first; }));

  // The settings still name the upstream: without the credential that is of no use.
  ASSERT_EQ(message_of(standby.perform(action::Detach{})), "");
  const PostgresView before = standby.observe();
  EXPECT_FALSE(before.credential);
  ASSERT_TRUE(primary.sql("INSERT INTO t VALUES (1)").ok());
  ASSERT_GT(primary.observe().sql->flushed, before.sql->received);
  for (int look = 0; look < kLooks; ++look) {
    const PostgresView view = standby.observe();
    ASSERT_TRUE(view.sql);
    EXPECT_EQ(view.sql->received, before.sql->received);
    EXPECT_EQ(view.sql->timeline, TimelineId(2));
    EXPECT_FALSE(view.sql->receiver && view.sql->receiver->streaming);
  }
  ASSERT_TRUE(standby.follow(primary, Epoch(2)));
  EXPECT_GT(standby.observe().sql->received, before.sql->received);
}

TEST_F(LocalPostgresTest, AReceiverThatItsUpstreamRefusesDoesNotCountAsStreaming) {
  Pair pair(directory_.path(), authority_);
  auto& [primary, standby] = pair;
  ASSERT_TRUE(pair.stream());
  ASSERT_EQ(message_of(standby.perform(action::Stop{})), "");
  ASSERT_TRUE(primary.reaches(
      [](const PostgresView& view) { return view.sql && view.sql->senders.empty(); }));
  ASSERT_EQ(message_of(primary.perform(action::SetSlots{{}, false})), "");
  ASSERT_EQ(message_of(standby.perform(action::StartStandby{standby.goal})), "");

  // PostgreSQL itself calls the receiver streaming until it has been refused, again and again.
  for (int look = 0; look < kLooks; ++look) {
    const PostgresView view = standby.observe();
    ASSERT_TRUE(view.sql);
    EXPECT_FALSE(view.sql->receiver && view.sql->receiver->streaming);
  }
  ASSERT_EQ(message_of(primary.perform(action::SetSlots{{"hactl_rome_b"}, false})), "");
  EXPECT_TRUE(standby.reaches([](const PostgresView& view) {
    return view.sql && view.sql->receiver && view.sql->receiver->streaming;
  }));
}

/// Clients that come while a server stops: it waits for them at its very end.
class LateClients {
 public:
  explicit LateClients(const PostgresNode& node)
      : node_(node), earlier_(server_processes(node.goal.data_directory)) {}
  LateClients(const LateClients&) = delete;
  LateClients& operator=(const LateClients&) = delete;
  ~LateClients() {
    for (const int descriptor : descriptors_)
      close(descriptor);
  }
  /// One that says nothing.
  void knock() {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(node_.goal.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    static_cast<void>(
        connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    descriptors_.push_back(descriptor);
  }
  /// One whose process stands still.
  void come() {
    knock();
    for (const pid_t pid : server_processes(node_.goal.data_directory)) {
      if (std::ranges::find(earlier_, pid) == earlier_.end()) kill(pid, SIGSTOP);
    }
  }

 private:
  const PostgresNode& node_;
  std::vector<pid_t> earlier_;
  std::vector<int> descriptors_{};
};

TEST_F(LocalPostgresTest, AServerThatEndsShowsThatItsLastWalIsWrittenAndItsStandbyGetsIt) {
  Pair pair(directory_.path(), authority_);
  auto& [primary, standby] = pair;
  ASSERT_TRUE(pair.stream());
  LateClients clients(primary);
  const std::optional<RunningPostmaster> server = find_postmaster(primary.goal.data_directory);
  ASSERT_TRUE(server);
  ASSERT_EQ(kill(server->pid, SIGINT), 0);
  const auto has_shut_down = [&](const PostgresView& view) {
    clients.come();
    return view.stopping && view.control->clean_shutdown;
  };
  ASSERT_TRUE(primary.reaches(has_shut_down));
  const PostgresView view = primary.observe();
  EXPECT_TRUE(view.running);
  EXPECT_TRUE(standby.reaches([&](const PostgresView& left) {
    return left.sql && std::max(left.sql->received, left.sql->replayed) == view.control->end;
  }));
}

TEST_F(LocalPostgresTest, AnOrderlyStopIsOverWhenAllIsWrittenThoughSilentClientsKnock) {
  Pair pair(directory_.path(), authority_);
  auto& [primary, standby] = pair;
  ASSERT_TRUE(pair.stream());
  LateClients clients(primary);
  std::atomic<bool> stopped = false;
  std::thread knocking([&] {
    const auto stops = [&] {
      const std::optional<RunningPostmaster> server = find_postmaster(primary.goal.data_directory);
      return !server || server->stopping;
    };
    while (!stopped && !stops())
      std::this_thread::yield();
    for (int client = 0; client < kSilentClients; ++client)
      clients.knock();
  });
  const auto began = std::chrono::steady_clock::now();
  const Result<ActionOutcome> done = primary.perform(action::Stop{});
  const auto took = std::chrono::steady_clock::now() - began;
  stopped = true;
  knocking.join();
  ASSERT_EQ(message_of(done), "");
  // PostgreSQL waits a minute for such a client; the agent would end it in bad order by then.
  EXPECT_LT(took, kFastStopTime);
  const PostgresView view = primary.observe();
  EXPECT_FALSE(view.running);
  EXPECT_TRUE(view.control->clean_shutdown);
  EXPECT_TRUE(standby.reaches([&](const PostgresView& left) {
    return left.sql && std::max(left.sql->received, left.sql->replayed) == view.control->end;
  }));
}

TEST_F(LocalPostgresTest, AfterAnOrderlyStopTheWalEndsWhereTheStandbyIs) {
  Pair pair(directory_.path(), authority_);
  auto& [primary, standby] = pair;
  ASSERT_TRUE(pair.stream());
  const Lsn flushed = primary.observe().sql->flushed;
  ASSERT_TRUE(standby.reaches(
      [&](const PostgresView& seen) { return seen.sql && seen.sql->received >= flushed; }));

  ASSERT_EQ(message_of(primary.perform(action::Stop{})), "");
  PostgresView view = primary.observe();
  EXPECT_FALSE(view.running);
  EXPECT_FALSE(view.leftovers);
  EXPECT_TRUE(view.standby_signal);
  ASSERT_TRUE(view.control);
  EXPECT_TRUE(view.control->clean_shutdown);
  EXPECT_TRUE(view.control->was_primary);
  const SqlView left = *standby.observe().sql;
  EXPECT_EQ(std::max(left.received, left.replayed), view.control->end);

  ASSERT_TRUE(primary.configure([](SettingsRole& role) { role.sync_names = ""; }));
  const Result<ActionOutcome> resumed = primary.perform(action::ResumeGated{primary.goal});
  ASSERT_EQ(message_of(resumed), "");
  const Result<ActionOutcome> asked = primary.perform(action::AskToOpen{});
  ASSERT_EQ(message_of(asked), "");
  EXPECT_NE(asked->start_nonce, 0U);
  view = primary.observe();
  ASSERT_TRUE(view.sql);
  EXPECT_FALSE(view.sql->in_recovery);
  EXPECT_EQ(view.sql->timeline, TimelineId(2));
  EXPECT_TRUE(view.standby_signal);
  EXPECT_FALSE(primary.connect_as_client().ok());
}

TEST_F(LocalPostgresTest, ADivergedPrimaryIsRewoundAndItsWalIsKept) {
  Pair pair(directory_.path(), authority_);
  auto& [old, fresh] = pair;
  ASSERT_TRUE(pair.stream());
  ASSERT_EQ(message_of(fresh.perform(action::Detach{})), "");
  ASSERT_TRUE(old.sql("CREATE TABLE lost (x int)").ok());
  ASSERT_EQ(message_of(old.perform(action::Stop{.mode = action::Stop::Mode::immediate})), "");

  ASSERT_TRUE(fresh.configure([](SettingsRole& role) { role.sync_names = ""; }));
  ASSERT_EQ(message_of(fresh.perform(action::Promote{TimelineId(4)})), "");
  ASSERT_TRUE(fresh.reaches([](const PostgresView& view) {
    return view.sql && !view.sql->in_recovery && view.sql->timeline == TimelineId(4);
  }));
  ASSERT_EQ(message_of(fresh.perform(action::Checkpoint{Epoch(2), 0})), "");
  ASSERT_EQ(
      message_of(old.perform(action::Rewind{fresh.as_upstream(Epoch(2)), TimelineId(4), old.goal})),
      "");
  EXPECT_FALSE(std::filesystem::is_empty(old.paths.state_directory + "/diverged"));
  ASSERT_TRUE(old.follow(fresh, Epoch(2)));
  ASSERT_TRUE(fresh.sql("CREATE TABLE kept (x int)").ok());
  EXPECT_TRUE(old.reaches([&](const PostgresView&) {
    const auto count = old.sql("SELECT count(*) FROM pg_class WHERE relname = 'kept'");
    return count.ok() && *count == "1";
  }));
  EXPECT_EQ(old.observe().sql->timeline, TimelineId(4));
  EXPECT_EQ(old.sql("SELECT count(*) FROM pg_class WHERE relname = 'lost'").value(), "0");
}

TEST_F(LocalPostgresTest, AStandbyThatDiedInItsPromotionFollowsAgainAfterARewind) {
  Pair pair(directory_.path(), authority_);
  auto& [primary, standby] = pair;
  ASSERT_TRUE(pair.stream());
  ASSERT_TRUE(primary.sql("CREATE TABLE early (x int)").ok());
  ASSERT_TRUE(standby.reaches([&](const PostgresView&) {
    const auto count = standby.sql("SELECT count(*) FROM pg_class WHERE relname = 'early'");
    return count.ok() && *count == "1";
  }));
  ASSERT_EQ(message_of(standby.perform(action::Detach{})), "");
  const SqlView last = *standby.observe().sql;
  const Lsn end = std::max(last.received, last.replayed);
  ASSERT_EQ(message_of(standby.perform(action::Stop{})), "");
  // What a promotion writes first: the history file, and its copy of the last segment.
  const std::string wal = standby.goal.data_directory + "/pg_wal/";
  constexpr std::uint64_t kSegmentBytes = std::uint64_t{kWalSegmentMegabytes} << 20U;
  std::filesystem::copy_file(wal + segment_name({TimelineId(2), end}, kSegmentBytes),
                             wal + segment_name({TimelineId(3), end}, kSegmentBytes));
  const std::string earlier = read_file(wal + "00000002.history", 1'024).value();
  ASSERT_TRUE(write_file_atomically(wal + "00000003.history",
                                    earlier + "2\t" + to_string(end) + "\tpromoted\n", 0600)
                  .ok());
  ASSERT_EQ(message_of(standby.perform(action::StartStandby{standby.goal})), "");
  ASSERT_EQ(message_of(standby.perform(action::Stop{})), "");

  ASSERT_TRUE(primary.sql("CREATE TABLE kept (x int)").ok());
  ASSERT_EQ(message_of(primary.perform(action::Stop{})), "");
  ASSERT_EQ(message_of(primary.perform(action::StartStandby{primary.goal})), "");
  ASSERT_EQ(message_of(primary.perform(action::Promote{TimelineId(4)})), "");
  ASSERT_TRUE(primary.reaches([](const PostgresView& view) {
    return view.sql && !view.sql->in_recovery && view.sql->timeline == TimelineId(4);
  }));
  ASSERT_EQ(message_of(primary.perform(action::Checkpoint{Epoch(2), 0})), "");
  ASSERT_EQ(message_of(standby.perform(
                action::Rewind{primary.as_upstream(Epoch(2)), TimelineId(4), standby.goal})),
            "");
  ASSERT_TRUE(standby.follow(primary, Epoch(2)));
  EXPECT_TRUE(standby.reaches([&](const PostgresView& view) {
    const auto count = standby.sql("SELECT count(*) FROM pg_class WHERE relname = 'kept'");
    return view.sql && view.sql->timeline == TimelineId(4) && count.ok() && *count == "1";
  }));
}

TEST_F(LocalPostgresTest, ANewAgentFindsTheRunningServerAndHearsOfItsEnd) {
  PostgresNode node(directory_.path(), authority_, "paris-a");
  ASSERT_TRUE(node.become_primary(TimelineId(2)));
  const auto before = find_postmaster(node.goal.data_directory);
  node.restart_agent();
  const auto after = find_postmaster(node.goal.data_directory);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->pid, after->pid);
  EXPECT_TRUE(node.observe().sql);
  ASSERT_EQ(message_of(node.perform(action::StartStandby{node.goal})), "");
  ASSERT_EQ(message_of(node.perform(action::Stop{})), "");
  EXPECT_TRUE(node.reaches([&](const PostgresView&) { return node.exits > 0; }));
  EXPECT_TRUE(server_processes(node.goal.data_directory).empty());
}

TEST_F(LocalPostgresTest, ErrorsSayInOneLineWhatIsWrong) {
  PostgresNode node(directory_.path(), authority_, "paris-a");
  const std::string data = node.goal.data_directory;
  ASSERT_TRUE(make_directories(data, 0700).ok());
  ASSERT_TRUE(write_file_atomically(data + "/letter.txt", "dear", 0600).ok());
  EXPECT_EQ(node.observe().data, DataKind::foreign);
  EXPECT_EQ(message_of(node.perform(action::InitDatabase{node.goal})),
            "data directory " + data +
                " can't be read or holds files that are not PostgreSQL's: empty it or choose"
                " another");
  ASSERT_TRUE(remove_file(data + "/letter.txt").ok());
  PostgresGoal other = node.goal;
  other.version = 14;
  EXPECT_EQ(message_of(node.perform(action::InitDatabase{other})),
            "PostgreSQL in " + std::string(kTestBinDirectory) + " is version 15, wanted is 14");

  ASSERT_EQ(message_of(node.perform(action::InitDatabase{node.goal})), "");
  ASSERT_TRUE(node.configure([](SettingsRole&) {}));
  const int taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(node.goal.port);
  ASSERT_EQ(bind(taken, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  EXPECT_NE(message_of(node.perform(action::StartStandby{node.goal}))
                .find("another program uses its port"),
            std::string::npos);
  close(taken);
  EXPECT_EQ(message_of(node.perform(action::StartStandby{node.goal})), "");
}

}  // namespace
}  // namespace hactl
