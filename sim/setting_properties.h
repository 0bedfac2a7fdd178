// SettingProperties: commits wait for what is on record (I6), are held by as many as they waited
// for (I10), and a primary opens when its quorum holds its beginning (I9).
#pragma once

#include <map>
#include <set>
#include <vector>

#include "model/goal.h"
#include "model/record.h"
#include "sim/promise_properties.h"
#include "sim/sim_cluster.h"
#include "sim/trace.h"

namespace hactl {

class SettingProperties {
 public:
  SettingProperties(Trace& trace, const SimCluster& cluster, const PromiseProperties& promises)
      : trace_(trace), cluster_(cluster), promises_(promises) {}

  void record_written(const FormationRecord& record);
  void goal_arrived(const Goal& goal);
  void settings_taken(const SimServer& server);
  void gate_opened(const SimServer& server);
  void acknowledged(const SimServer& server, const WalRecord& record);
  /// What the node has held is gone, and not by anything that hactl did.
  void forgot(const NodeName& node) { forgetful_.insert(node); }
  /// The record is an older copy of itself: it proves nothing before it has been made good.
  void store_restored() {
    record_is_old_ = true;
    recovering_ = false;
  }

 private:
  /// One setting as PostgreSQL obeys it: `required` of `members`, all of one epoch.
  struct Rule {
    int required = 0;
    std::set<NodeName> members;
  };

  [[nodiscard]] std::optional<Epoch> epoch_of(const SimServer& server) const;
  [[nodiscard]] const std::vector<SyncConfig>* on_record(Epoch epoch) const;
  [[nodiscard]] static Rule read(const SyncRule& rule, Epoch epoch);
  [[nodiscard]] static bool allows(const SyncConfig& config, const Rule& rule);
  void check_rule(const SimServer& server, Epoch epoch, const Rule& rule);
  [[nodiscard]] int holders(const std::set<NodeName>& members, const WalRecord& record) const;

  Trace& trace_;
  const SimCluster& cluster_;
  const PromiseProperties& promises_;
  /// By epoch: what is on record, or was when the epoch's primary was deposed.
  std::map<Epoch, std::vector<SyncConfig>> settings_;
  /// Goal::start_nonce of every goal that came.
  std::set<std::pair<NodeName, std::uint64_t>> answers_;
  std::set<NodeName> forgetful_;
  bool record_is_old_ = false;
  bool recovering_ = false;
};

}  // namespace hactl
