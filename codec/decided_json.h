// What plan() was asked and what it answered, as JSON: what is kept of a decision, and shown of it.
// Holds no secret. What is as in an empty record or report is left out, so that it stays small.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "model/decided.h"

namespace hactl {

/// Without Observed::password and ObservedNode::former_lives, whatever they are.
nlohmann::json to_json(const PlanInputs& inputs);

/// Errors: invalid, with the place. The spec is validated; the record is as it comes: see
/// whether_sound() in why/replay.h before it is given to plan().
Result<PlanInputs> plan_inputs_from_json(const nlohmann::json& json);

/// What is kept of the answer:
///   decisions  rule and why of the formation
///   goals      of each node its state, the rule that gave it, and a fingerprint of the rest
///   changes    what the decision makes of the record, as a merge patch; absent: nothing is decided
nlohmann::json answer_json(const PlanInputs& inputs, const Plan& plan);

/// {"inputs", "answer"}.
nlohmann::json to_json(const Decided& decided);

}  // namespace hactl
