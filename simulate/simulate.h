// simulate(): what a formation would do, from its file alone. The real loops, plan() and
// next_action() run over the simulator's PostgreSQL until the formation is at peace; then things
// are lost for good, all at once.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/sync_config.h"

#include "simulate/loss.h"

namespace hactl {

struct Outcome {
  NodeName primary;         ///< Before.
  SyncConfig setting;       ///< What commits waited for.
  std::set<NodeName> lost;  ///< Nodes that are gone.
  /// Who takes writes at the end; unset: nobody.
  std::optional<NodeName> successor;
  /// A commit may have been acknowledged that only nodes of `lost` hold. While writes stop it is
  /// kept there; when they go on without those nodes it is lost.
  bool may_be_on_lost_nodes_only = false;
  /// The nodes of `lost` that would hold such a commit, none of which is needed by another.
  std::set<NodeName> holders;
  /// Why writes stop, in the words of the formation's conditions; empty when they go on.
  std::string reason;

  [[nodiscard]] bool writes_go_on() const { return successor.has_value(); }
  [[nodiscard]] bool loses_commits() const { return writes_go_on() && may_be_on_lost_nodes_only; }
  /// Writes go on, and no acknowledged commit is lost.
  [[nodiscard]] bool survives() const { return writes_go_on() && !may_be_on_lost_nodes_only; }
};

/// Requires a valid spec, and losses of that spec. Errors: timed_out, when the formation does not
/// even begin.
Result<Outcome> simulate(const FormationSpec& spec, const std::vector<Loss>& losses);

/// What is left to an operator, a sentence each; at least one.
std::vector<std::string> what_to_do(const FormationSpec& spec, const Outcome& outcome);

}  // namespace hactl
