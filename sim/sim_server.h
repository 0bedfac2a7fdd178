// SimServer: a simulated PostgreSQL on a simulated machine, with the habits that a real one has
// where it matters: settings reach each of its processes at a time of their own, a commit is
// released by a walsender that may still follow an old setting, a receiver outlives a reload, and a
// crash loses what was not flushed. Single-threaded, in the world's virtual time.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.h"
#include "model/action.h"
#include "model/ids.h"
#include "model/local.h"
#include "sim/sim_scheduler.h"
#include "sim/sim_wal.h"

namespace hactl {

class SimCluster;
class SimServer;

/// Hears of the facts that the properties are about, at the moment they become true.
class FactObserver {
 public:
  FactObserver() = default;
  FactObserver(const FactObserver&) = delete;
  FactObserver& operator=(const FactObserver&) = delete;
  virtual ~FactObserver() = default;

  /// A primary lets clients write from now on.
  virtual void gate_opened(const SimServer& server) = 0;
  /// A client was told that its commit is durable.
  virtual void acknowledged(const SimServer& server, const WalRecord& record) = 0;
  /// `server` writes `timeline` from now on, after a promotion or a restart.
  virtual void writes_timeline(const SimServer& server, TimelineId timeline) = 0;
  /// PostgreSQL was started, on whatever lies in the data directory.
  virtual void started(const SimServer& server) = 0;
  /// Some process of `server` has taken other settings into use, or a walsender was born.
  virtual void settings_taken(const SimServer& server) = 0;
  /// A standby has received WAL by the word of `epoch`: its name there said so.
  virtual void received(const SimServer& server, Epoch epoch) = 0;
  /// A line for the trace.
  virtual void note(const std::string& line) = 0;
};

/// One walsender as pg_stat_replication and synchronous replication see it.
struct SenderState {
  std::string application;
  NodeName node;  ///< As `application` says, like `epoch`.
  Epoch epoch;
  SyncRule rule;     ///< The setting that this walsender follows.
  int priority = 0;  ///< As it computed it for itself.
  bool streaming = false;
  Lsn flushed;
  Lsn replayed;
  Instant heard;  ///< When its standby last replied.
};

class SimServer {
 public:
  SimServer(EventQueue& queue, SimCluster& cluster, FactObserver& facts, NodeName name,
            std::uint64_t seed);

  // The machine.
  NodeName name;
  std::string host;
  std::uint16_t port = 5432;
  DataDirectory disk;
  std::set<Epoch> credentials;
  Duration replay_delay{0};    ///< A long query: WAL is replayed up to this much later.
  Duration flush_delay{0};     ///< A slow disk: WAL is flushed up to this much later.
  Instant cannot_start_until;  ///< A full disk, a wrong permission: it ends as soon as it starts.
  std::uint64_t start_nonce = 0;  ///< The last question whether this life may open; 0: none.

  /// Its processes take up to `longest` for everything that they do; also after a restart.
  void slow_down(Duration longest);
  /// Ends what was done to the machine; its processes and what they do stay as they are.
  void heal();

  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] bool accepting() const { return running_ && accepting_; }
  [[nodiscard]] bool in_recovery() const { return in_recovery_; }
  [[nodiscard]] bool frozen() const { return running_ && queue_.frozen(process_); }
  [[nodiscard]] bool leftovers() const { return !running_ && queue_.now() < leftovers_until_; }
  /// Clients can begin a writing transaction.
  [[nodiscard]] bool writable() const { return accepting() && !in_recovery_ && gate_open_; }
  /// A commit would be acknowledged sooner or later as things are.
  [[nodiscard]] bool can_acknowledge() const;
  [[nodiscard]] ProcessId process() const { return process_; }
  [[nodiscard]] TimelineId timeline() const { return disk.timeline(); }
  [[nodiscard]] const ServerSettings& startup_settings() const { return startup_; }
  [[nodiscard]] const ServerSettings& session() const { return session_; }
  /// max_connections as it was started with.
  [[nodiscard]] int connections() const { return max_connections_; }
  /// Commits wait for standbys, by the checkpointer's flag.
  [[nodiscard]] bool commits_wait() const { return commits_wait_; }
  /// Where its own WAL of this life as a primary begins; 0: it is none.
  [[nodiscard]] Lsn first_own() const { return first_own_; }
  [[nodiscard]] bool wants_wal() const {
    return running_ && in_recovery_ && recovered_ && replayed_ == disk.wal.size();
  }
  [[nodiscard]] Lsn replayed_end() const {
    return replayed_ == 0 ? kFirstLsn : disk.wal[replayed_ - 1].end;
  }

  /// What the agent can see now.
  [[nodiscard]] PostgresView look() const;

  /// `changed` is called whenever the postmaster has ended.
  void on_exit(std::function<void()> changed) { on_exit_ = std::move(changed); }

  /// A line about this server for the trace.
  void note(const std::string& line) { facts_.note(name.value + ": " + line); }

  // What happens to it. Each requires what PostgreSQL requires, unless it says otherwise.
  enum class StartAs { standby, primary };
  void init_database(SystemId system_id);
  void start(StartAs as);
  /// Requires running(). `done` comes when every process is gone, by force if need be.
  void stop_fast(std::function<void()> done);
  /// The postmaster and all that it started die at once. Does nothing when it is not running.
  void crash();
  /// New settings files; the processes take notice one by one.
  void configure(const SettingsFiles& files);
  /// Answers at once; the promotion happens when it has happened. False: it can't be promoted.
  bool promote(TimelineId timeline);
  void checkpoint();
  /// Two checkpoints: the checkpointer has looked at its settings.
  void prove_checkpointer() { checkpointer_reload(); }
  /// Writes a record that waits for nobody; `flushed` hears its end.
  void write_local(RecordKind kind, std::function<void(Lsn)> flushed);
  /// Writes a few bytes of WAL; where they end. Requires a primary.
  Lsn tick();
  /// A client commits. Does nothing unless writable().
  void client_write();
  void end_sessions();
  /// Throws everything away.
  void wipe();

  // What the other end of a stream brings about; called by SimCluster.
  void received(const std::vector<WalRecord>& records, Epoch epoch);
  void receiver_started(TimelineId upstream_timeline);
  void receiver_ended();
  void release(const SenderState& sender);
  void wake_receiver();

 private:
  void after(std::int64_t low_ms, std::int64_t high_ms, std::function<void()> task);
  [[nodiscard]] std::int64_t reload_lag();
  void replay();
  void replay_soon();
  [[nodiscard]] bool take_parameter_change();
  void recovered();
  void become_primary(TimelineId timeline);
  void append(RecordKind kind);
  void flush_soon();
  void note_received();
  void flushed();
  void commit_flushed(const WalRecord& record);
  void finish_promotion(TimelineId wanted);
  void session_reload();
  void startup_reload();
  void checkpointer_reload();
  void open_gate();
  void await_senders(Instant deadline, std::function<void()> done);
  void ended();
  [[nodiscard]] SqlView sql() const;

  EventQueue& queue_;
  SimCluster& cluster_;
  FactObserver& facts_;
  Prng prng_;

  ProcessId process_;
  Duration slow_{0};
  bool running_ = false;
  bool accepting_ = false;
  bool in_recovery_ = true;
  bool recovered_ = false;  ///< The WAL that lay there at the start has been replayed.
  bool stopping_ = false;
  bool promoting_ = false;
  StartAs started_as_ = StartAs::standby;
  std::size_t replayed_ = 0;
  Lsn first_own_;
  int max_connections_ = 0;  ///< As it was started with.
  Lsn received_;
  TimelineId received_timeline_;
  Instant leftovers_until_;
  bool replay_pending_ = false;
  bool flush_pending_ = false;
  bool receiver_pending_ = false;

  ServerSettings session_;     ///< As new sessions and walsenders see them.
  ServerSettings startup_;     ///< As the startup process sees them.
  bool commits_wait_ = false;  ///< The checkpointer's flag that commits look at.
  bool gate_open_ = false;
  Lsn released_;  ///< Synchronous replication has let go up to here.
  std::vector<WalRecord> unflushed_commits_;
  std::deque<WalRecord> waiting_commits_;
  std::vector<std::pair<Lsn, std::function<void(Lsn)>>> local_writes_;
  std::function<void()> on_exit_;
};

}  // namespace hactl
