// Checkers: the properties that must hold in every simulated world, checked at every event that
// changes the facts they are about. The first violation is kept. Each property is a function in one
// of the classes below, which say by their names what they look at.
#pragma once

#include <cstdint>
#include <string>

#include "controller/store.h"
#include "sim/plan_properties.h"
#include "sim/promise_properties.h"
#include "sim/record_properties.h"
#include "sim/setting_properties.h"
#include "sim/sim_cluster.h"
#include "sim/spread_properties.h"
#include "sim/trace.h"
#include "sim/wal_properties.h"

namespace hactl {

class Checkers : public FactObserver {
 public:
  /// The cluster may be made after the checkers; it outlives them, as the trace does.
  Checkers(Trace& trace, const SimCluster& cluster)
      : trace_(trace),
        wal_(trace, cluster),
        promises_(trace),
        settings_(trace, cluster, promises_),
        spread_(trace, cluster),
        records_(trace),
        plans_(trace, cluster),
        cluster_(cluster) {}

  void gate_opened(const SimServer& server) override;
  void acknowledged(const SimServer& server, const WalRecord& record) override;
  void writes_timeline(const SimServer& server, TimelineId timeline) override;
  void started(const SimServer& server) override;
  void settings_taken(const SimServer& server) override;
  void received(const SimServer& server, Epoch epoch) override;
  void note(const std::string& line) override { trace_.note(line); }

  void state_saved(const NodeName& node, const AgentState& state);
  void goal_arrived(const Goal& goal) { settings_.goal_arrived(goal); }
  /// Comes before the record that was written with it.
  void spec_written(const FormationSpec& spec) { spread_.spec_written(spec); }
  /// `observed` and `now` are those of the controller that wrote it.
  void record_written(const FormationRecord& record, const Observed& observed, Instant now);
  void looked_at(const FormationLoop& loop, Instant now);
  /// The node's disk, or part of it, was lost or is an older copy of itself: nothing that it
  /// promised or held counts any more.
  void node_forgot(const NodeName& node);
  void store_restored() {
    records_.store_restored();
    settings_.store_restored();
  }
  /// L1, L2, F0: found by the world.
  void violate(const std::string& property, const std::string& what) {
    trace_.violate(property, what);
  }

  /// Whether commits are, by that setting, where the spec wants them.
  [[nodiscard]] bool spread_as_asked(const SyncConfig& config) const {
    return spread_.as_asked(config);
  }

  [[nodiscard]] const std::string& violation() const { return trace_.violation(); }
  [[nodiscard]] std::uint64_t acknowledged_count() const { return wal_.acknowledged_count(); }
  [[nodiscard]] Instant last_acknowledged_at() const { return wal_.last_acknowledged_at(); }
  [[nodiscard]] int gates_opened() const { return wal_.gates_opened(); }
  [[nodiscard]] int failovers() const { return records_.failovers(); }
  [[nodiscard]] int ballots_repeated() const { return records_.ballots_repeated(); }
  /// Counts what has happened: as long as it stays, nothing does.
  [[nodiscard]] std::uint64_t happenings() const { return happenings_; }

 private:
  Trace& trace_;
  WalProperties wal_;
  PromiseProperties promises_;
  SettingProperties settings_;
  SpreadProperties spread_;
  RecordProperties records_;
  PlanProperties plans_;
  const SimCluster& cluster_;
  std::uint64_t happenings_ = 0;
};

}  // namespace hactl
