#include "controller/sqlite_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "controller/event_number.h"
#include "controller/sqlite_revisions.h"
#include "controller/sqlite_statement.h"
#include "controller/stored_json.h"
#include "io/errno_error.h"
#include "model/limits.h"

namespace hactl {
namespace {

// "hact" in the file's header says whose it is.
constexpr int kApplicationId = 0x68616374;
constexpr int kSchemaVersion = 1;
// A copy or a check of the file by somebody else is over within this.
constexpr int kBusyTimeoutMs = 2'000;

constexpr const char* kSchema = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE formations(name TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL)
  WITHOUT ROWID;
CREATE TABLE events(formation TEXT NOT NULL, number INTEGER NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY(formation, number)) WITHOUT ROWID;
INSERT INTO meta VALUES('version', 0);
)";

// Beside the tables of version 1: a program that does not know them leaves them alone. Their keys
// are indexes of their own, so that looking for the oldest ones does not read them.
constexpr const char* kLaterSchema = R"(
CREATE TABLE IF NOT EXISTS decisions(formation TEXT NOT NULL, version INTEGER NOT NULL,
  document TEXT NOT NULL, PRIMARY KEY(formation, version));
CREATE TABLE IF NOT EXISTS revisions(formation TEXT NOT NULL, generation INTEGER NOT NULL,
  document TEXT NOT NULL, PRIMARY KEY(formation, generation));
)";

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

/// The single number that `sql` yields; 0 when it yields none.
Result<std::uint64_t> query_number(sqlite3* database, const char* sql) {
  Statement statement(database, sql);
  const std::uint64_t number = statement.step() ? statement.number(0) : 0;
  const Result<Done> finished = statement.finish();
  if (!finished.ok()) return finished.error();
  return number;
}

Result<Done> check_integrity(sqlite3* database) {
  Statement statement(database, "PRAGMA quick_check(1)");
  const std::string verdict = statement.step() ? statement.text(0) : std::string();
  const Result<Done> finished = statement.finish();
  if (!finished.ok()) return finished.error();
  if (verdict != "ok") return Error{ErrorCode::corrupt, verdict};
  return Done{};
}

Result<Done> make_schema(sqlite3* database) {
  Result<Done> made = execute(database, "BEGIN IMMEDIATE");
  if (made.ok()) made = execute(database, kSchema);
  const std::string marks = fmt::format("PRAGMA application_id={}; PRAGMA user_version={}",
                                        kApplicationId, kSchemaVersion);
  if (made.ok()) made = execute(database, marks.c_str());
  if (made.ok()) made = execute(database, "COMMIT");
  return made;
}

/// Makes sure that the file is ours, of this version and whole; makes the tables of a new one.
Result<Done> prepare(sqlite3* database) {
  const Result<std::uint64_t> tables = query_number(database, "SELECT count(*) FROM sqlite_master");
  if (!tables.ok()) return tables.error();
  const Result<std::uint64_t> owner = query_number(database, "PRAGMA application_id");
  if (!owner.ok()) return owner.error();
  if (*tables == 0 && *owner == 0) {
    const Result<Done> made = make_schema(database);
    return made.ok() ? execute(database, kLaterSchema) : made;
  }
  if (*owner != kApplicationId) {
    return Error{ErrorCode::corrupt, "it is an SQLite file of another program"};
  }
  const Result<std::uint64_t> version = query_number(database, "PRAGMA user_version");
  if (!version.ok()) return version.error();
  if (*version != kSchemaVersion) {
    return Error{ErrorCode::corrupt,
                 fmt::format("its schema version is {} and this program reads {}", *version,
                             kSchemaVersion)};
  }
  const Result<Done> whole = check_integrity(database);
  return whole.ok() ? execute(database, kLaterSchema) : whole;
}

Result<Database> open_database(const std::string& path) {
  // Made here and not by SQLite, so that nobody else can ever read it.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return errno_error("open", errno);
  ::close(descriptor);
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) return sqlite_error(raw, code);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  // The exclusive lock keeps a second controller away from the same file.
  Result<Done> ready = execute(raw,
                               "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                               "PRAGMA synchronous=FULL; PRAGMA cache_size=-1024;"
                               "PRAGMA trusted_schema=OFF; BEGIN EXCLUSIVE; COMMIT");
  if (ready.ok()) ready = prepare(raw);
  if (!ready.ok()) return ready.error();
  return database;
}

Result<StoredWorld> read_world(sqlite3* database) {
  StoredWorld world;
  Result<std::uint64_t> version =
      query_number(database, "SELECT value FROM meta WHERE key='version'");
  if (!version.ok()) return version.error();
  world.version = *version;
  Statement formations(database, "SELECT name, version, document FROM formations ORDER BY name");
  while (formations.step()) {
    const std::string name = formations.text(0);
    Result<StoredFormation> stored = parse_stored_formation(formations.text(2));
    if (!stored.ok()) return stored.error().within("formation \"" + name + "\"");
    stored->version = formations.number(1);
    world.formations.push_back(std::move(*stored));
  }
  if (const Result<Done> done = formations.finish(); !done.ok()) return done.error();
  Statement events(database, "SELECT formation, document FROM events ORDER BY formation, number");
  while (events.step()) {
    Result<Event> event = parse_stored_event(events.text(1));
    if (!event.ok())
      return event.error().within("an event of formation \"" + events.text(0) + "\"");
    world.events.emplace_back(FormationName(events.text(0)), std::move(*event));
  }
  if (const Result<Done> done = events.finish(); !done.ok()) return done.error();
  return world;
}

Result<Done> write_events(sqlite3* database, const Store::Write& write, std::uint64_t version) {
  const std::string& name = write.formation.formation.name.value;
  for (std::size_t i = 0; i < write.events.size(); ++i) {
    Event event = write.events[i];
    event.number = event_number(version, i);
    Statement insert(database, "INSERT OR REPLACE INTO events VALUES(?, ?, ?)");
    insert.bind(name).bind(event.number).bind(stored_event_text(event));
    if (const Result<Done> done = insert.finish(); !done.ok()) return done.error();
  }
  if (write.events.empty()) return Done{};
  Statement trim(database,
                 "DELETE FROM events WHERE formation=?1 AND number <= (SELECT number FROM events "
                 "WHERE formation=?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)");
  trim.bind(name).bind(std::uint64_t{kEventsMax});
  return trim.finish();
}

Result<Done> write_decision(sqlite3* database, const Store::Write& write, std::uint64_t version) {
  if (!write.decided) return Done{};
  const std::string& name = write.formation.formation.name.value;
  Statement insert(database, "INSERT OR REPLACE INTO decisions VALUES(?, ?, ?)");
  insert.bind(name).bind(version).bind(stored_decision_text(*write.decided));
  if (const Result<Done> done = insert.finish(); !done.ok()) return done.error();
  Statement trim(database,
                 "DELETE FROM decisions WHERE formation=?1 AND version <= (SELECT version FROM "
                 "decisions WHERE formation=?1 ORDER BY version DESC LIMIT 1 OFFSET ?2)");
  trim.bind(name).bind(std::uint64_t{kDecisionsMax});
  return trim.finish();
}

Result<std::string> read_decision(sqlite3* database, const FormationName& formation,
                                  std::uint64_t version) {
  Statement statement(database, "SELECT document FROM decisions WHERE formation=? AND version=?");
  statement.bind(formation.value).bind(version);
  const bool kept = statement.step();
  std::string document = kept ? statement.text(0) : std::string();
  if (const Result<Done> done = statement.finish(); !done.ok()) return done.error();
  if (!kept) return Error{ErrorCode::not_found, "no decision is kept with that event"};
  return document;
}

Result<Done> remove_rows(sqlite3* database, const std::string& name) {
  for (const char* sql :
       {"DELETE FROM events WHERE formation=?", "DELETE FROM decisions WHERE formation=?",
        "DELETE FROM revisions WHERE formation=?"}) {
    Statement rows(database, sql);
    if (const Result<Done> done = rows.bind(name).finish(); !done.ok()) return done.error();
  }
  Statement formation(database, "DELETE FROM formations WHERE name=?");
  return formation.bind(name).finish();
}

/// Carries out one write of the open transaction. `conflict` leaves the transaction as it was.
Result<std::uint64_t> write_one(sqlite3* database, const Store::Write& write) {
  const std::string& name = write.formation.formation.name.value;
  Statement current(database, "SELECT version FROM formations WHERE name=?");
  current.bind(name);
  const std::uint64_t found = current.step() ? current.number(0) : 0;
  if (const Result<Done> done = current.finish(); !done.ok()) return done.error();
  if (found != write.expected_version) {
    return Error{ErrorCode::conflict, fmt::format("version {} was expected and {} is stored",
                                                  write.expected_version, found)};
  }
  Result<Done> done = execute(database, "UPDATE meta SET value=value+1 WHERE key='version'");
  if (!done.ok()) return done.error();
  Result<std::uint64_t> version =
      query_number(database, "SELECT value FROM meta WHERE key='version'");
  if (!version.ok()) return version;
  if (write.remove) {
    done = remove_rows(database, name);
  } else {
    // Before the formation: it looks at what that was.
    if (write.revision) done = write_revision(database, *write.revision);
    if (!done.ok()) return done.error();
    Statement put(database, "INSERT OR REPLACE INTO formations VALUES(?, ?, ?)");
    done = put.bind(name).bind(*version).bind(stored_formation_text(write.formation)).finish();
    if (done.ok()) done = write_events(database, write, *version);
    if (done.ok()) done = write_decision(database, write, *version);
  }
  if (!done.ok()) return done.error();
  return version;
}

}  // namespace

struct SqliteStore::Impl {
  /// A write, or a look at what is there.
  struct Job {
    Write write{};
    std::function<void(Result<std::uint64_t>)> written{};
    /// Something to be read, and told.
    std::function<void(sqlite3*)> read{};
  };

  Impl(Scheduler& the_scheduler, std::string the_path, Database the_database)
      : scheduler(the_scheduler), path(std::move(the_path)), database(std::move(the_database)) {}

  void enqueue(Job job) {
    const std::lock_guard lock(mutex);
    queue.push_back(std::move(job));
    arrived.notify_one();
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      arrived.wait(lock, [this] { return ending || !queue.empty(); });
      if (queue.empty()) return;
      std::vector<Job> batch;
      while (!queue.empty() && batch.size() < kStoreBatchMax) {
        batch.push_back(std::move(queue.front()));
        queue.pop_front();
      }
      lock.unlock();
      carry_out(batch);
      lock.lock();
    }
  }

  void carry_out(std::vector<Job>& batch) {
    std::vector<Job*> writes;
    for (Job& job : batch) {
      if (job.read) {
        // It sees the writes that were queued before it.
        commit(std::exchange(writes, {}));
        job.read(database.get());
      } else {
        writes.push_back(&job);
      }
    }
    commit(writes);
  }

  void commit(const std::vector<Job*>& writes) {
    if (writes.empty()) return;
    std::vector<Result<std::uint64_t>> results;
    Result<Done> state = execute(database.get(), "BEGIN IMMEDIATE");
    for (const Job* job : writes) {
      if (!state.ok()) break;
      results.push_back(write_one(database.get(), job->write));
      const bool broken =
          !results.back().ok() && results.back().error().code != ErrorCode::conflict;
      if (broken) state = results.back().error();
    }
    if (state.ok()) state = execute(database.get(), "COMMIT");
    if (!state.ok() && sqlite3_get_autocommit(database.get()) == 0) {
      // A rollback that fails leaves the transaction open, and the next BEGIN will say so.
      static_cast<void>(execute(database.get(), "ROLLBACK"));
    }
    for (std::size_t i = 0; i < writes.size(); ++i) {
      answer(writes[i]->written, state.ok() ? results[i] : Result<std::uint64_t>(state.error()));
    }
  }

  template <typename T>
  void answer(const std::function<void(Result<T>)>& callback, Result<T> result) {
    const bool expected = result.ok() || result.error().code == ErrorCode::conflict ||
                          result.error().code == ErrorCode::not_found;
    if (!expected) {
      result = result.error().within("use store " + path);
    }
    scheduler.post([callback, result = std::move(result)] { callback(result); });
  }

  Scheduler& scheduler;
  std::string path;
  Database database;  // Used by the thread only, once it runs.
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<Job> queue;
  bool ending = false;
  std::thread thread;
};

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(Scheduler& scheduler,
                                                       const std::string& path) {
  Result<Database> database = open_database(path);
  if (!database.ok()) return database.error().within("open store " + path);
  auto impl = std::make_unique<Impl>(scheduler, path, std::move(*database));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
}

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->thread = std::thread([this] { impl_->run(); });
}

SqliteStore::~SqliteStore() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
    impl_->arrived.notify_one();
  }
  impl_->thread.join();
}

void SqliteStore::load(std::function<void(Result<StoredWorld>)> loaded) {
  impl_->enqueue({.read = [impl = impl_.get(), loaded = std::move(loaded)](sqlite3* database) {
    impl->answer(loaded, read_world(database));
  }});
}

void SqliteStore::write(const Write& write, std::function<void(Result<std::uint64_t>)> written) {
  impl_->enqueue({.write = write, .written = std::move(written)});
}

void SqliteStore::decided(const FormationName& formation, std::uint64_t version,
                          std::function<void(Result<std::string>)> found) {
  impl_->enqueue({.read = [impl = impl_.get(), formation, version,
                           found = std::move(found)](sqlite3* database) {
    impl->answer(found, read_decision(database, formation, version));
  }});
}

void SqliteStore::revisions(const FormationName& formation,
                            std::function<void(Result<std::vector<SpecRevision>>)> found) {
  impl_->enqueue(
      {.read = [impl = impl_.get(), formation, found = std::move(found)](sqlite3* database) {
        impl->answer(found, read_revisions(database, formation.value));
      }});
}

}  // namespace hactl
