// Asking plan() again what it was asked before.
#pragma once

#include "base/result.h"
#include "model/decided.h"

namespace hactl {

/// Whether plan() may be asked: it requires of a record what it makes itself, and what comes from a
/// file may be anything. Errors: invalid, with what is missing.
Result<Done> check_sound(const PlanInputs& inputs);

/// What plan() answers. Requires check_sound().
Plan decide_again(const PlanInputs& inputs);

/// The inputs as they are once `answer` is in the store and nothing else has happened.
PlanInputs after(PlanInputs inputs, const Plan& answer);

}  // namespace hactl
