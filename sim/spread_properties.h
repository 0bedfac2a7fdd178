// SpreadProperties: where the spec asks for durability, an acknowledged commit is in as many
// regions and on as many nodes as it asks for (I15), and every setting on record sees to that. By
// trying every set of regions that could be lost, not by counting as the planner does.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "model/record.h"
#include "model/spec.h"
#include "sim/sim_cluster.h"
#include "sim/trace.h"

namespace hactl {

class SpreadProperties {
 public:
  SpreadProperties(Trace& trace, const SimCluster& cluster) : trace_(trace), cluster_(cluster) {}

  void spec_written(const FormationSpec& spec);
  void record_written(const FormationRecord& record);
  void acknowledged(const SimServer& server, const WalRecord& record);
  /// What the node has held is gone, and not by anything that hactl did.
  void forgot(const NodeName& node) { forgetful_.insert(node); }

  /// Whether every commit that `config` lets go is spread as the spec asks.
  [[nodiscard]] bool as_asked(const SyncConfig& config) const;

 private:
  /// What of a spec says where commits must be: who is where, and counts.
  using Places = std::vector<std::tuple<NodeName, RegionName, bool>>;

  [[nodiscard]] bool all_count(const SyncConfig& config) const;
  void check(const SyncConfig& config, const std::string& when);
  [[nodiscard]] bool suffices(const std::set<NodeName>& holders) const;

  Trace& trace_;
  const SimCluster& cluster_;
  DurabilitySpec asked_;
  Places places_;
  std::map<NodeName, RegionName> regions_;  ///< Of nodes that have left the spec, where they were.
  std::vector<SyncConfig> in_force_;
  std::set<NodeName> forgetful_;
  /// A setting that does what this spec asks was once the only one on record. From then on nothing
  /// less may be, until a user asks for something else, or says that nodes are elsewhere.
  bool promised_ = false;
  /// The spec has let none of those go that commits waited for when they last did so by one setting
  /// alone: then the change to another must not do less for a moment either.
  bool strict_ = false;
};

}  // namespace hactl
