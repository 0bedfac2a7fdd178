// preview(): what the next convergence would do, step by step, found by planning and obeying in an
// ideal world in which every node does at once what it is told.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "model/observed.h"
#include "model/plan.h"
#include "model/record.h"
#include "model/spec.h"

namespace hactl {

/// One step of a preview: what happens at the same time; the next begins when it has happened.
struct PreviewStep {
  std::string title;                 ///< "move the primary from paris-a to amsterdam-a".
  std::vector<std::string> details;  ///< A line each: which node gets which goal, and why.
  bool writes_pause = false;         ///< Clients can't write for a moment.
  std::vector<NodeName> restarts;    ///< Nodes whose PostgreSQL restarts or is made anew.
  friend bool operator==(const PreviewStep&, const PreviewStep&) = default;
};

struct Preview {
  std::vector<PreviewStep> steps;  ///< Empty: nothing to do.
  bool converges = false;          ///< The end is a formation that is as its spec says.
  std::string blocked;             ///< Why not, when it does not.
};

/// \param spec, generation  The state to go to; may differ from what the record was made under.
/// \param record, observed, now  The state to start from, as for plan().
Preview preview(const FormationSpec& spec, Generation generation, const FormationRecord& record,
                const Observed& observed, Instant now);

}  // namespace hactl
