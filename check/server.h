// Server: a PostgreSQL reduced to what the protocol rests on, small enough to be one of millions of
// states. Its WAL is a short list of records that are flushed as they are written; settings reach
// each of its processes in a step of their own; a walsender releases commits by the setting that it
// follows itself. One node's part of the world: two nodes meet in check/pair_moves.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/action.h"
#include "model/ids.h"
#include "model/local.h"

#include "check/intern.h"

namespace hactl::check {

inline constexpr std::uint8_t kNodes = 3;
inline constexpr std::uint8_t kNoNode = 0xFF;
/// Records of WAL, timelines and epochs that a state has room for; longer paths are cut there.
inline constexpr std::uint8_t kLogMax = 20;
inline constexpr std::uint8_t kTimelinesMax = 8;
inline constexpr std::uint8_t kEpochsMax = 6;
inline constexpr std::uint8_t kWritesMax = 4;

/// Node `index` of every formation that is checked: "a", "b", "c".
const NodeName& node_name(std::uint8_t index);
std::uint8_t node_index(const NodeName& name);

/// One WAL record. Its LSN is its place, counted from 1.
struct Entry {
  std::uint8_t timeline = 0;
  std::uint8_t write = 0;   ///< Number of the client's commit; 0: PostgreSQL's or hactl's own.
  std::uint8_t writer = 0;  ///< Node + 1 that wrote it.
  friend bool operator==(const Entry&, const Entry&) = default;
};

/// A timeline's history file; parent 0: there is none.
struct Branch {
  std::uint8_t parent = 0;
  std::uint8_t start = 0;
  friend bool operator==(const Branch&, const Branch&) = default;
};

/// primary_conninfo: whom to stream from, by which name, with which credential.
struct Conninfo {
  std::uint8_t upstream = kNoNode;
  std::uint8_t name_epoch = 0;
  std::uint8_t credential = 0;
  friend bool operator==(const Conninfo&, const Conninfo&) = default;
};

/// A WAL receiver that is connected, as far as it knows.
struct Receiver {
  std::uint8_t upstream = kNoNode;
  std::uint8_t epoch = 0;
  std::uint8_t timeline = 0;
  bool stuck = false;  ///< Let in on a branch that the upstream has left: nothing ever comes.
  friend bool operator==(const Receiver&, const Receiver&) = default;
};

/// The walsender of one standby.
struct Sender {
  std::uint16_t settings = 0;  ///< Whose synchronous_standby_names it follows: a rule_of().
  bool open = false;
  std::uint8_t epoch = 0;    ///< In the standby's application name.
  std::uint8_t flushed = 0;  ///< By the last reply that arrived; 0: none yet.
  std::uint8_t reply = 0;    ///< By the last reply that was sent.
  friend bool operator==(const Sender&, const Sender&) = default;
};

struct Server {
  std::array<Entry, kLogMax> log{};
  std::array<Branch, kTimelinesMax> history{};
  std::array<Sender, kNodes> senders{};
  std::uint16_t settings = 0;  ///< Those on disk, which sessions follow at once.
  std::uint8_t length = 0;     ///< Of the log; 0: there is no data directory.
  std::uint8_t checkpoint_timeline = 0;
  std::uint8_t credentials = 0;  ///< A bit for each epoch.
  std::uint8_t questions = 0;    ///< Its agent's, whether it may open: each has its number.
  std::uint8_t promoting = 0;    ///< The timeline wanted, while a promotion is under way.
  std::uint8_t released = 0;     ///< Synchronous replication has let go up to here.
  std::uint8_t life = 0;         ///< Length of the log when it last became a primary.
  Conninfo startup;              ///< As the startup process has it.
  Receiver receiver;
  bool running = false;
  bool ready = false;  ///< The WAL that lay there has been replayed; sessions can be had.
  bool stopping = false;
  bool in_recovery = false;
  bool clean = false;         ///< Its shutdown checkpoint is written; it may yet be sending it.
  bool was_primary = false;   ///< By pg_control: it last ran as a primary.
  bool commits_wait = false;  ///< The checkpointer's flag that commits look at.
  bool corrupt = false;       ///< A rewind was cut short.
  std::uint8_t self = 0;      ///< The node.
  std::uint8_t none = 0;      ///< So that there is no padding.
  friend bool operator==(const Server&, const Server&) = default;
};
std::uint64_t fingerprint(const Server& server);

/// One text of hactl.conf, as far as the abstraction obeys it.
struct Settings {
  std::string id;
  bool read_only = true;
  Conninfo conninfo;
  std::string sync_names;
  bool foreign = false;  ///< Somebody else made synchronous_standby_names empty.
  bool first = false;    ///< FIRST n (…); otherwise ANY n (…).
  std::uint8_t required = 0;
  /// Node and epoch of each name, in order; kNoNode for a name that no standby has.
  std::vector<std::pair<std::uint8_t, std::uint8_t>> names;

  /// What a walsender of that name computes for itself under these settings; 0: none.
  [[nodiscard]] int priority_of(std::uint8_t node, std::uint8_t epoch) const;
};

/// Every text of settings that was ever written, by number. Number 0 is an empty file.
class SettingsTable {
 public:
  SettingsTable();
  /// The number of `files`.
  std::uint16_t add(const SettingsFiles& files);
  /// Those of `number`, but for a synchronous_standby_names that somebody else has emptied.
  std::uint16_t emptied(std::uint16_t number);
  [[nodiscard]] const Settings& operator[](std::uint16_t number) const { return all_[number]; }
  /// The first number with the same synchronous_standby_names.
  [[nodiscard]] std::uint16_t rule_of(std::uint16_t number) const;

 private:
  std::vector<Settings> all_;
};

inline bool runs_as_primary(const Server& server) {
  return server.running && server.ready && !server.in_recovery && !server.stopping;
}
inline bool runs_as_standby(const Server& server) {
  return server.running && server.ready && server.in_recovery && !server.stopping;
}
/// Clients can write, and read what is there.
bool is_open(const Server& server, const SettingsTable& settings);

inline std::uint8_t last_timeline(const Server& server) {
  return server.log[static_cast<std::size_t>(server.length - 1)].timeline;
}
/// Whether the log contains the client's commit.
bool holds_write(const Server& server, std::uint8_t write);
/// Whether the first `length` records of `of` are there.
bool holds_prefix(const Server& server, const Server& of, std::uint8_t length);

// What happens to it. Each answers false when it can't: the state is then as before.
/// An entry without a writer is the server's own.
bool append(Server& server, Entry entry);
bool start(Server& server, const SettingsTable& settings, bool in_recovery);
/// The WAL that lay there has been replayed.
bool recover(Server& server);
void crash(Server& server);
/// Orderly; it ends with finish_stop().
bool begin_stop(Server& server);
/// A stopping primary writes its shutdown checkpoint; from then on it has shut down, however it
/// ends.
bool write_shutdown(Server& server);
enum class StopEnd { clean, cut_short };
bool finish_stop(Server& server, StopEnd end);
bool promote(Server& server, std::uint8_t timeline);
bool finish_promotion(Server& server);
/// The reply that the standby's walsender has on its way arrives.
bool take_reply(Server& server, const SettingsTable& settings, std::uint8_t standby);

/// What the agent sees of it.
PostgresView look(const Server& server, const SettingsTable& settings, std::uint8_t self);

}  // namespace hactl::check
