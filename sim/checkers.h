// Checkers: the properties that must hold in every simulated world, one function each, called at
// every event that changes the facts they are about. The first violation is kept.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/agent_state.h"
#include "model/record.h"
#include "sim/sim_cluster.h"
#include "sim/sim_scheduler.h"

namespace hactl {

class Checkers : public FactObserver {
 public:
  Checkers(const EventQueue& queue, bool print) : queue_(queue), print_(print) {}

  /// The servers; must be set before anything happens.
  void watch(const SimCluster& cluster) { cluster_ = &cluster; }

  void gate_opened(const SimServer& server) override;
  void acknowledged(const SimServer& server, const WalRecord& record) override;
  void writes_timeline(const SimServer& server, TimelineId timeline) override;
  void started_corrupt(const SimServer& server) override;
  void note(const std::string& line) override;
  void state_saved(const NodeName& node, const AgentState& state);
  void record_written(const FormationRecord& record);
  /// The node's disk was lost: nothing that it promised counts any more.
  void node_wiped(const NodeName& node) { promised_.erase(node); }
  /// L1: liveness, found by the world.
  void not_converged(const std::string& why) { violate("L1", "not converged: " + why); }

  [[nodiscard]] const std::string& violation() const { return violation_; }
  [[nodiscard]] std::uint64_t acknowledged_count() const { return acknowledged_.size(); }
  [[nodiscard]] Instant last_acknowledged_at() const { return last_acknowledged_at_; }
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_hash_; }
  [[nodiscard]] int gates_opened() const { return static_cast<int>(opened_.size()); }

 private:
  /// What clients could read and write when a primary opened.
  struct Opened {
    NodeName node;
    TimelineId timeline;
    std::set<std::uint64_t> records;
  };

  void violate(const std::string& property, const std::string& what);
  void check_nothing_lost(const Opened& opened);
  /// The loss of what this promotion lacks was accepted, and written down.
  [[nodiscard]] bool loss_accepted(TimelineId timeline) const {
    return accepted_.contains(timeline);
  }
  void accept_loss(const Opened& opened);
  void check_only_writer(const SimServer& server);

  const EventQueue& queue_;
  const bool print_;
  const SimCluster* cluster_ = nullptr;
  std::string violation_;
  std::uint64_t trace_hash_ = 14695981039346656037ULL;
  std::vector<Opened> opened_;
  std::map<std::uint64_t, TimelineId> acknowledged_;
  std::map<std::uint64_t, TimelineId> exposed_;  ///< Acknowledged, or readable on an open primary.
  Instant last_acknowledged_at_;
  std::map<TimelineId, NodeName> writers_;
  std::set<TimelineId> accepted_;
  std::map<NodeName, Epoch> promised_;
  std::map<Epoch, NodeName> promoted_;
  std::map<Epoch, NodeName> candidates_;
  Epoch last_epoch_;
  Revision last_revision_;
  Incarnation last_incarnation_;
};

}  // namespace hactl
