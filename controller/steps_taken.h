// StepsTaken: how far a convergence has come: the steps that have been taken since the formation
// was last as its spec says, the one that is being taken, and those that preview() foresees.
//
// A plain value; used from tasks of the scheduler.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/ids.h"
#include "model/record.h"
#include "model/status.h"
#include "planner/preview.h"

namespace hactl {

/// Steps that were taken and are still told; older ones go first.
inline constexpr std::size_t kStepsTakenMax = 16;

/// How far the restarts have come that changed parameters ask for.
struct Restarts {
  std::set<NodeName> ordered{};  ///< Told to restart.
  std::set<NodeName> done{};     ///< Have said that they did, for this generation.
};

class StepsTaken {
 public:
  /// A decision is on record, in phase `after`; `events` tell it.
  void decided(Phase before, Phase after, const std::vector<Event>& events);

  /// What is still to come, as of now: preview() of the record as it is.
  void foreseen(std::vector<PreviewStep> steps, Generation generation, const Restarts& restarts);

  /// The formation is as its spec says: what led there is forgotten.
  void converged() { *this = StepsTaken(); }

  /// Titles, oldest first.
  [[nodiscard]] const std::vector<std::string>& done() const { return done_; }
  /// Titles, in order; the first is under way.
  [[nodiscard]] std::vector<std::string> to_come() const;

 private:
  void take(std::string title);

  std::vector<std::string> done_;
  std::optional<std::string> deciding_;  ///< Takes more decisions than the one that began it.
  std::vector<PreviewStep> foreseen_;
  Generation generation_;  ///< Of foreseen_.
};

}  // namespace hactl
