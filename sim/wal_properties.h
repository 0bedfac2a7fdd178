// WalProperties: nothing that was acknowledged or could be read is ever lost (I1, I2), nobody
// acknowledges after somebody else has opened (I4), and a timeline has one writer (I11).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "model/record.h"
#include "sim/sim_cluster.h"
#include "sim/trace.h"

namespace hactl {

class WalProperties {
 public:
  WalProperties(Trace& trace, const SimCluster& cluster) : trace_(trace), cluster_(cluster) {}

  void gate_opened(const SimServer& server);
  void acknowledged(const SimServer& server, const WalRecord& record);
  void writes_timeline(const SimServer& server, TimelineId timeline);
  /// Before a node promotes itself: it must hold all that was acknowledged (I8, as a fact).
  void promotes(const SimServer& server, TimelineId timeline);
  void record_written(const FormationRecord& record);

  [[nodiscard]] std::uint64_t acknowledged_count() const { return acknowledged_count_; }
  [[nodiscard]] Instant last_acknowledged_at() const { return last_acknowledged_at_; }
  [[nodiscard]] int gates_opened() const { return static_cast<int>(opened_.size()); }

 private:
  /// A record that a client could rely on.
  struct Exposed {
    std::uint64_t id = 0;
    Lsn end;
    TimelineId timeline;
    bool acknowledged = false;
  };
  /// What clients could read and write when a primary opened: the ids by their place in the log.
  struct Opened {
    NodeName node;
    TimelineId timeline;
    std::vector<std::uint64_t> log;
    [[nodiscard]] bool holds(const Exposed& record) const;
  };

  void expose(const WalRecord& record, bool acknowledged);
  void check_nothing_lost(const Opened& opened);
  void check_only_writer(const SimServer& server);
  /// Whether the record's loss was accepted, and written down, when a later timeline was ordered.
  /// It is for good: also for whoever goes on from that timeline's WAL, and though its primary has
  /// never opened. Nobody but that primary would know whether it did.
  [[nodiscard]] bool given_up(const Exposed& record, const SimServer& server,
                              TimelineId timeline) const;
  /// A loss was accepted after `timeline`, up to `later`: whoever wrote it is no primary any more.
  [[nodiscard]] bool was_given_up(TimelineId timeline, TimelineId later) const;
  void accept_loss(const SimServer& server, const Opened& opened);
  void forget(std::uint64_t id);

  Trace& trace_;
  const SimCluster& cluster_;
  std::vector<Opened> opened_;
  std::vector<Exposed> exposed_;
  std::map<std::uint64_t, std::size_t> places_;  ///< In exposed_, by id.
  std::map<Lsn, std::uint64_t> exposed_at_;      ///< The id that was exposed there.
  std::map<TimelineId, NodeName> writers_;
  std::set<TimelineId> accepted_;  ///< Of promotions that were ordered with an accepted loss.
  std::uint64_t acknowledged_count_ = 0;
  Instant last_acknowledged_at_;
};

}  // namespace hactl
