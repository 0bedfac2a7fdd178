// What plan() was asked, and what it answered: kept with each decision, so that it can be told and
// made again later.
#pragma once

#include "base/time.h"
#include "model/observed.h"
#include "model/plan.h"
#include "model/record.h"
#include "model/spec.h"

namespace hactl {

/// Everything that plan() decides from; without what it does not: Observed::password is a secret
/// and only handed on, and ObservedNode::former_lives sort reports.
struct PlanInputs {
  FormationSpec spec;
  Generation generation;
  FormationRecord record;
  Observed observed;
  Instant now;  ///< On the clock of the controller that asked.
  friend bool operator==(const PlanInputs&, const PlanInputs&) = default;
};

/// One answer, with what it was made from.
struct Decided {
  PlanInputs inputs;
  Plan plan;
};

}  // namespace hactl
