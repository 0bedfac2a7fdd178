// PromiseProperties: what each agent has promised, by its state file: it never goes back (I5, I12),
// one node promotes in an epoch (I3), timelines rise with epochs (I11), a node's last word in a
// ballot is its last (R2), and nothing runs on data that is being replaced (I10).
#pragma once

#include <map>
#include <optional>
#include <set>

#include "model/agent_state.h"
#include "model/record.h"
#include "sim/sim_cluster.h"
#include "sim/trace.h"

namespace hactl {

class PromiseProperties {
 public:
  explicit PromiseProperties(Trace& trace) : trace_(trace) {}

  /// True: the node has just begun to be primary.
  bool state_saved(const NodeName& node, const AgentState& state);
  /// The node forgot: its disk, or its state file, was lost or is an older one.
  void forgot(const NodeName& node);
  void record_written(const FormationRecord& record);
  void received(const SimServer& server, Epoch epoch);
  void started(const SimServer& server);

  /// As the node's file has it; nullptr: it has none.
  [[nodiscard]] const AgentState* state(const NodeName& node) const;

 private:
  void check_order(const NodeName& node, const AgentState& before, const AgentState& after);
  void check_rights(const NodeName& node, const AgentState& state);
  bool note_promotion(const NodeName& node, const OwnPromotion& promotion);

  Trace& trace_;
  std::map<NodeName, AgentState> states_;
  std::map<Epoch, NodeName> promoted_;
  std::map<Epoch, TimelineId> timelines_;
  std::map<NodeName, Epoch> finals_;  ///< Newest ballot that took the node's last word.
};

}  // namespace hactl
