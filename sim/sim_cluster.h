// SimCluster: the simulated PostgreSQL servers of a formation and the streams of WAL between them,
// with a network that can be cut, and be slow, in each direction.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "model/ids.h"
#include "sim/sim_scheduler.h"
#include "sim/sim_server.h"

namespace hactl {

/// How long the ends of a stream tolerate silence (wal_sender_timeout, wal_receiver_timeout).
inline constexpr Duration kSenderTimeout{5'000};
inline constexpr Duration kReceiverTimeout{2'000};

class SimCluster {
 public:
  SimCluster(EventQueue& queue, FactObserver& facts, std::uint64_t seed)
      : queue_(queue), facts_(facts), prng_(seed) {}

  SimServer& add(const NodeName& name, std::string host, std::uint16_t port);
  [[nodiscard]] SimServer& server(const NodeName& name) { return *servers_.at(name); }
  [[nodiscard]] const std::map<NodeName, std::unique_ptr<SimServer>>& servers() const {
    return servers_;
  }
  [[nodiscard]] SimServer* find(const std::string& host, std::uint16_t port);
  std::uint64_t next_record_id() { return ++last_record_; }
  /// The record, a new primary's first, says with how many max_connections that was started.
  void set_connections(std::uint64_t record, int connections) {
    connections_[record] = connections;
  }
  [[nodiscard]] int connections_set_by(std::uint64_t record) const {
    const auto found = connections_.find(record);
    return found == connections_.end() ? 0 : found->second;
  }

  /// Nothing gets from `from` to `to` until it is healed.
  void cut(const NodeName& from, const NodeName& to) { cuts_.insert({from, to}); }
  void heal(const NodeName& from, const NodeName& to) { cuts_.erase({from, to}); }
  /// Milliseconds from one machine to another.
  [[nodiscard]] std::int64_t latency();
  /// WAL from `from` to `to`, and the answers to it, take up to `longest` more.
  void slow_down(const NodeName& from, const NodeName& to, Duration longest);
  void heal_all();
  [[nodiscard]] bool is_cut(const NodeName& from, const NodeName& to) const {
    return !cuts_.empty() && cuts_.contains({from, to});
  }
  /// A request and its answer get through, and the other side lives.
  [[nodiscard]] bool answers(const SimServer& asker, const SimServer& asked) const;

  /// The standby's receiver tries its upstream once. False: no use to wait for an answer.
  void connect(SimServer& standby);
  /// Why the last try came to nothing; for the trace.
  [[nodiscard]] std::string refusal(const SimServer& standby);
  [[nodiscard]] bool has_receiver(const SimServer& standby) const;
  [[nodiscard]] std::optional<ReceiverView> receiver(const SimServer& standby) const;
  /// Since the receiver's last message; 0 when there is no receiver.
  [[nodiscard]] Duration receiver_silence(const SimServer& standby) const;
  [[nodiscard]] std::vector<const SenderState*> senders(const SimServer& upstream) const;
  /// The standby's receiver is told to end; it flushes what it has.
  void end_receiver(const SimServer& standby);
  void end_senders(const SimServer& upstream);
  /// Everything that was connected to the server is gone.
  void server_ended(const SimServer& ended);
  /// The upstream has more flushed WAL.
  void pump(SimServer& upstream);
  /// The standby has flushed or replayed more.
  void reply(const SimServer& standby);
  /// The walsenders of `upstream` have to take notice of new settings, each after `lag()`.
  template <typename Lag>
  void reload_senders(const SimServer& upstream, Lag lag) {
    for (auto& [id, stream] : streams_) {
      if (stream.upstream != &upstream || !stream.sender_open) continue;
      queue_.at(stream.sender_process, queue_.now() + Duration{lag()},
                [this, key = id] { sender_reload(key); });
    }
  }

 private:
  struct Stream {
    SimServer* upstream = nullptr;
    SimServer* standby = nullptr;
    ProcessId sender_process;
    ProcessId receiver_process;
    bool sender_open = true;
    bool receiver_open = true;
    bool in_flight = false;
    bool stuck = false;  ///< The standby is on a branch that the upstream's history has left.
    Instant receiver_heard;
    std::size_t next = 0;  ///< First record that was not sent.
    TimelineId timeline;
    SenderState sender;
  };
  enum class Match { follows, left_behind, refused };

  [[nodiscard]] static Match match(const SimServer& upstream, const SimServer& standby);
  [[nodiscard]] std::int64_t latency(const SimServer& from, const SimServer& to);
  /// A keepalive would arrive in time.
  [[nodiscard]] bool gets_through(const SimServer& from, const SimServer& to) const;
  void open_stream(SimServer& upstream, SimServer& standby, Match match);
  void sender_reload(std::uint64_t id);
  void send(std::uint64_t id, Stream& stream);
  void deliver(std::uint64_t id, std::vector<WalRecord> records);
  void reply_arrived(std::uint64_t id, Lsn flushed, Lsn replayed);
  void tick(std::uint64_t id);
  void look_soon(std::uint64_t id);
  void judge(Stream& stream);
  [[nodiscard]] bool is_cut(const SimServer& from, const SimServer& to) const {
    return is_cut(from.name, to.name);
  }

  EventQueue& queue_;
  FactObserver& facts_;
  Prng prng_;
  std::uint64_t last_record_ = 0;
  std::uint64_t last_stream_ = 0;
  std::map<NodeName, std::unique_ptr<SimServer>> servers_;
  std::map<std::uint64_t, Stream> streams_;
  std::set<std::pair<NodeName, NodeName>> cuts_;
  std::map<std::pair<NodeName, NodeName>, Duration> slow_;
  std::map<std::uint64_t, int> connections_;
  std::map<NodeName, std::string> refusals_;  ///< The last one of each standby.
};

}  // namespace hactl
