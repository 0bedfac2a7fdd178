#include "controller/sqlite_store.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "controller/event_number.h"
#include "io/asio_scheduler.h"
#include "model/limits.h"
#include "planner/plan.h"
#include "tests/controller/sample_formation.h"
#include "tests/io/temporary_directory.h"

namespace hactl {
namespace {

StoredFormation sample(const std::string& name = "default") {
  StoredFormation stored;
  stored.formation = sample_formation(name);
  stored.generation = Generation(3);
  stored.record = first_record(stored.formation.name, Incarnation(17));
  stored.record.revision = Revision(5);
  stored.uid = "uid-1";
  stored.created = UtcTime{1'763'890'000'123};
  stored.password = "a \"secret\"";
  Condition condition;
  condition.type = "Available";
  condition.reason = "Because";
  stored.conditions = {condition};
  return stored;
}

Event sample_event(const std::string& reason) {
  Event event;
  event.reason = reason;
  event.object = "formation/default";
  event.message = "it happened";
  return event;
}

class SqliteStoreTest : public ::testing::Test {
 protected:
  std::string path() const { return directory_.file("store.db"); }

  void open() {
    store_.reset();
    Result<std::unique_ptr<SqliteStore>> opened = SqliteStore::open(scheduler_, path());
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
  }
  std::string open_error() {
    store_.reset();
    const Result<std::unique_ptr<SqliteStore>> opened = SqliteStore::open(scheduler_, path());
    if (opened.ok()) return "opened";
    return std::string(to_string(opened.error().code)) + ": " + opened.error().message;
  }

  Result<std::uint64_t> write(const Store::Write& write) {
    std::optional<Result<std::uint64_t>> result;
    store_->write(write, [&](Result<std::uint64_t> written) {
      result = std::move(written);
      scheduler_.stop();
    });
    scheduler_.run();
    return *result;
  }
  Result<StoredWorld> load() {
    std::optional<Result<StoredWorld>> result;
    store_->load([&](Result<StoredWorld> loaded) {
      result = std::move(loaded);
      scheduler_.stop();
    });
    scheduler_.run();
    return *result;
  }
  Result<std::string> decided(std::uint64_t version, const std::string& formation = "default") {
    std::optional<Result<std::string>> result;
    store_->decided(FormationName(formation), version, [&](Result<std::string> found) {
      result = std::move(found);
      scheduler_.stop();
    });
    scheduler_.run();
    return *result;
  }
  std::vector<SpecRevision> revisions(const std::string& formation = "default") {
    std::optional<Result<std::vector<SpecRevision>>> result;
    store_->revisions(FormationName(formation), [&](Result<std::vector<SpecRevision>> found) {
      result = std::move(found);
      scheduler_.stop();
    });
    scheduler_.run();
    return std::move(*result).value();
  }
  std::vector<std::uint64_t> revision_numbers() {
    std::vector<std::uint64_t> numbers;
    for (const SpecRevision& revision : revisions())
      numbers.push_back(revision.generation.value);
    return numbers;
  }
  /// A write that applies a spec, which a priority tells from others.
  static Store::Write applied(std::uint64_t generation, int priority, std::uint64_t expected) {
    StoredFormation stored = sample();
    stored.generation = Generation(generation);
    stored.formation.spec.regions[0].nodes[1].candidate_priority = priority;
    Store::Write write = put(std::move(stored), expected);
    const UtcTime time{static_cast<std::int64_t>(1'763'890'000'000 + generation)};
    write.revision = SpecRevision{Generation(generation), time, write.formation.formation};
    return write;
  }
  static std::optional<int> priority_in(const SpecRevision& revision) {
    return revision.formation.spec.regions[0].nodes[1].candidate_priority;
  }
  void run_sql(const char* sql) {
    store_.reset();
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql;
    sqlite3_close(database);
  }
  /// A write with a decision that its generation tells from others.
  static Store::Write decision(std::uint64_t expected) {
    Store::Write write = put(sample(), expected);
    write.events = {sample_event("Decided")};
    Decided decided;
    decided.inputs.spec = sample().formation.spec;
    decided.inputs.generation = Generation(expected + 100);
    decided.inputs.record = sample().record;
    write.decided = decided;
    return write;
  }
  static Store::Write put(StoredFormation stored, std::uint64_t expected) {
    Store::Write write;
    write.formation = std::move(stored);
    write.expected_version = expected;
    return write;
  }

  TemporaryDirectory directory_;
  AsioScheduler scheduler_;
  std::unique_ptr<SqliteStore> store_;
};

TEST_F(SqliteStoreTest, KeepsEverythingOverARestart) {
  open();
  Store::Write first = put(sample(), 0);
  first.formation.deleting_since = UtcTime{1'763'890'001'000};
  first.events = {sample_event("First"), sample_event("Second")};
  ASSERT_EQ(write(first).value(), 1U);
  open();
  const StoredWorld world = load().value();
  EXPECT_EQ(world.version, 1U);
  ASSERT_EQ(world.formations.size(), 1U);
  const StoredFormation& stored = world.formations[0];
  EXPECT_EQ(stored.formation, first.formation.formation);
  EXPECT_EQ(stored.generation, Generation(3));
  EXPECT_EQ(stored.record, first.formation.record);
  EXPECT_EQ(stored.uid, "uid-1");
  EXPECT_EQ(stored.created, first.formation.created);
  EXPECT_EQ(stored.deleting_since, first.formation.deleting_since);
  EXPECT_EQ(stored.password, "a \"secret\"");
  EXPECT_EQ(stored.conditions, first.formation.conditions);
  EXPECT_EQ(stored.version, 1U);
  ASSERT_EQ(world.events.size(), 2U);
  EXPECT_EQ(world.events[1].second.reason, "Second");
  EXPECT_EQ(world.events[1].second.number, event_number(1, 1));
}

TEST_F(SqliteStoreTest, RefusesAWriteOnAnotherVersionAndWritesNothing) {
  open();
  EXPECT_EQ(write(put(sample(), 4)).error().code, ErrorCode::conflict);
  ASSERT_EQ(write(put(sample(), 0)).value(), 1U);
  EXPECT_EQ(write(put(sample(), 0)).error().code, ErrorCode::conflict);
  ASSERT_EQ(write(put(sample("other"), 0)).value(), 2U);
  StoredFormation changed = sample();
  changed.generation = Generation(4);
  Store::Write stale = put(changed, 2);
  stale.events = {sample_event("Never")};
  EXPECT_EQ(write(stale).error().code, ErrorCode::conflict);
  ASSERT_EQ(write(put(changed, 1)).value(), 3U);
  const StoredWorld world = load().value();
  EXPECT_TRUE(world.events.empty());
  EXPECT_EQ(world.formations[0].version, 3U);
  EXPECT_EQ(world.formations[0].generation, Generation(4));
}

TEST_F(SqliteStoreTest, AnswersEachOfManyWritesOfOneCommitForItself) {
  open();
  int ok = 0;
  int conflicts = 0;
  constexpr int kWrites = 100;
  for (int i = 0; i < kWrites; ++i) {
    store_->write(put(sample("f" + std::to_string(i % 50)), 0), [&](Result<std::uint64_t> written) {
      ++(written.ok() ? ok : conflicts);
      if (ok + conflicts == kWrites) scheduler_.stop();
    });
  }
  scheduler_.run();
  EXPECT_EQ(ok, 50);
  EXPECT_EQ(conflicts, 50);
  EXPECT_EQ(load().value().version, 50U);
}

TEST_F(SqliteStoreTest, ForgetsAFormationWithItsEvents) {
  open();
  Store::Write first = put(sample(), 0);
  first.events = {sample_event("First")};
  ASSERT_TRUE(write(first).ok());
  Store::Write removal = put(sample(), 1);
  removal.remove = true;
  EXPECT_EQ(write(removal).value(), 2U);
  const StoredWorld world = load().value();
  EXPECT_TRUE(world.formations.empty());
  EXPECT_TRUE(world.events.empty());
  EXPECT_EQ(world.version, 2U);
}

TEST_F(SqliteStoreTest, KeepsOnlyTheLastEvents) {
  open();
  std::uint64_t version = 0;
  constexpr std::size_t kEach = 400;
  for (int i = 0; i < 3; ++i) {
    Store::Write next = put(sample(), version);
    next.events.assign(kEach, sample_event("Round" + std::to_string(i)));
    version = write(next).value();
  }
  const StoredWorld world = load().value();
  ASSERT_EQ(world.events.size(), kEventsMax);
  EXPECT_EQ(world.events.front().second.number, event_number(1, 3 * kEach - kEventsMax));
  EXPECT_EQ(world.events.back().second.number, event_number(3, kEach - 1));
}

TEST_F(SqliteStoreTest, KeepsWhatAWriteWasDecidedFrom) {
  open();
  ASSERT_EQ(write(decision(0)).value(), 1U);
  ASSERT_EQ(write(put(sample(), 1)).value(), 2U);
  open();
  const Result<std::string> kept = decided(1);
  ASSERT_TRUE(kept.ok()) << kept.error().message;
  EXPECT_NE(kept->find("\"generation\":100"), std::string::npos) << *kept;
  EXPECT_EQ(decided(2).error().code, ErrorCode::not_found);
  EXPECT_EQ(decided(1, "other").error().code, ErrorCode::not_found);
}

TEST_F(SqliteStoreTest, KeepsOnlyTheLastDecisions) {
  open();
  for (std::uint64_t version = 0; version < kDecisionsMax + 1; ++version) {
    store_->write(decision(version),
                  [](const Result<std::uint64_t>& written) { EXPECT_TRUE(written.ok()); });
  }
  ASSERT_TRUE(write(decision(kDecisionsMax + 1)).ok());
  EXPECT_FALSE(decided(2).ok());
  EXPECT_TRUE(decided(3).ok());
  Store::Write gone = put(sample(), kDecisionsMax + 2);
  gone.remove = true;
  ASSERT_TRUE(write(gone).ok());
  EXPECT_FALSE(decided(3).ok());
}

TEST_F(SqliteStoreTest, KeepsDecisionsInAFileThatHadNone) {
  open();
  ASSERT_EQ(write(put(sample(), 0)).value(), 1U);
  store_.reset();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "DROP TABLE decisions", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  open();
  ASSERT_EQ(write(decision(1)).value(), 2U);
  EXPECT_TRUE(decided(2).ok());
}

TEST_F(SqliteStoreTest, KeepsWhatIsInForceWhilePaused) {
  open();
  Store::Write paused = put(sample(), 0);
  HeldSpec held{paused.formation.formation.spec, Generation(2)};
  held.spec.number_sync_standbys = 2;
  paused.formation.held = held;
  ASSERT_EQ(write(paused).value(), 1U);
  open();
  const StoredFormation stored = load().value().formations.at(0);
  EXPECT_EQ(stored.held, held);
  EXPECT_EQ(stored.spec_in_force(), held.spec);
  EXPECT_EQ(stored.generation, Generation(3));
}

using Numbers = std::vector<std::uint64_t>;

TEST_F(SqliteStoreTest, KeepsTheLastRevisionsOverARestart) {
  open();
  EXPECT_TRUE(revisions().empty());
  for (std::uint64_t i = 1; i <= kRevisionsMax + 2; ++i) {
    ASSERT_EQ(write(applied(i, static_cast<int>(i), i - 1)).value(), i);
  }
  open();
  const std::vector<SpecRevision> kept = revisions();
  ASSERT_EQ(kept.size(), kRevisionsMax);
  EXPECT_EQ(kept.front().generation, Generation(3));
  EXPECT_EQ(kept.back().generation, Generation(kRevisionsMax + 2));
  EXPECT_EQ(priority_in(kept.front()), 3);
  EXPECT_EQ(kept.front().time, (UtcTime{1'763'890'000'003}));
  EXPECT_TRUE(revisions("other").empty());
}

TEST_F(SqliteStoreTest, ASpecThatComesBackIsTheSameRevisionUnderANewNumber) {
  open();
  ASSERT_TRUE(write(applied(1, 1, 0)).ok());
  ASSERT_TRUE(write(applied(2, 2, 1)).ok());
  ASSERT_TRUE(write(applied(3, 1, 2)).ok());
  EXPECT_EQ(revision_numbers(), (Numbers{2, 3}));
  // A note of later leaves the time at which it was applied.
  Store::Write noted = applied(3, 1, 3);
  noted.revision->time = UtcTime{1'999'999'999'999};
  noted.revision->formation.annotations["hactl.io/change-cause"] = "why";
  ASSERT_TRUE(write(noted).ok());
  EXPECT_EQ(revision_numbers(), (Numbers{2, 3}));
  EXPECT_EQ(revisions().back().time, (UtcTime{1'763'890'000'003}));
  EXPECT_EQ(revisions().back().formation.annotations.size(), 1U);
}

TEST_F(SqliteStoreTest, ARefusedWriteAddsNoRevision) {
  open();
  ASSERT_TRUE(write(applied(1, 1, 0)).ok());
  EXPECT_EQ(write(applied(2, 2, 7)).error().code, ErrorCode::conflict);
  EXPECT_EQ(revision_numbers(), Numbers{1});
}

TEST_F(SqliteStoreTest, KeepsWhatWasAppliedBeforeThereWereRevisions) {
  open();
  ASSERT_TRUE(write(put(applied(4, 1, 0).formation, 0)).ok());
  run_sql("DROP TABLE revisions");
  open();
  EXPECT_EQ(revision_numbers(), Numbers{4});
  EXPECT_EQ(revisions().at(0).time, std::nullopt);
  ASSERT_TRUE(write(applied(5, 2, 1)).ok());
  EXPECT_EQ(revision_numbers(), (Numbers{4, 5}));
  EXPECT_EQ(priority_in(revisions().at(0)), 1);
}

TEST_F(SqliteStoreTest, AnUnreadableRevisionHindersNobodysChange) {
  open();
  ASSERT_TRUE(write(applied(1, 1, 0)).ok());
  run_sql("UPDATE revisions SET document='{}'");
  open();
  EXPECT_TRUE(write(applied(2, 2, 1)).ok());
}

TEST_F(SqliteStoreTest, ForgetsTheRevisionsOfAFormationThatIsGone) {
  open();
  ASSERT_TRUE(write(applied(1, 1, 0)).ok());
  Store::Write gone = put(sample(), 1);
  gone.remove = true;
  ASSERT_TRUE(write(gone).ok());
  EXPECT_TRUE(revisions().empty());
}

TEST_F(SqliteStoreTest, IsReadableByItsOwnerOnly) {
  open();
  ASSERT_TRUE(write(put(sample(), 0)).ok());
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    struct stat status {};
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << entry.path();
  }
}

TEST_F(SqliteStoreTest, IsHeldByOneControllerAtATime) {
  open();
  const Result<std::unique_ptr<SqliteStore>> second = SqliteStore::open(scheduler_, path());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  EXPECT_EQ(second.error().message, "open store " + path() + ": it is in use by another process");
}

TEST_F(SqliteStoreTest, SaysThatAFileIsNoStore) {
  std::ofstream(path()) << std::string(8'192, 'x');
  EXPECT_EQ(open_error(), "corrupt: open store " + path() + ": file is not a database");
}

TEST_F(SqliteStoreTest, SaysThatAFileIsAnotherProgramsStore) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE t(x)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_EQ(open_error(),
            "corrupt: open store " + path() + ": it is an SQLite file of another program");
}

TEST_F(SqliteStoreTest, SaysThatAFileIsTorn) {
  open();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(write(put(sample("f" + std::to_string(i)), 0)).ok());
  }
  store_.reset();
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) / 2);
  const std::string error = open_error();
  EXPECT_TRUE(error.starts_with("corrupt: open store " + path())) << error;
}

TEST_F(SqliteStoreTest, SaysWhichFormationCannotBeRead) {
  open();
  ASSERT_TRUE(write(put(sample(), 0)).ok());
  store_.reset();
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &raw), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(raw, "UPDATE formations SET document='{}'", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(raw);
  open();
  const Result<StoredWorld> world = load();
  ASSERT_FALSE(world.ok());
  EXPECT_EQ(world.error().code, ErrorCode::corrupt);
  EXPECT_TRUE(
      world.error().message.starts_with("use store " + path() + ": formation \"default\": "))
      << world.error().message;
}

TEST_F(SqliteStoreTest, SaysThatADirectoryIsMissing) {
  const Result<std::unique_ptr<SqliteStore>> opened =
      SqliteStore::open(scheduler_, directory_.file("missing/store.db"));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace hactl
