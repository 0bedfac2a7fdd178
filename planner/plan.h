// plan(): the controller's brain. Everything that could lose an acknowledged commit on the
// controller's side is decided here, from values alone.
#pragma once

#include "base/time.h"
#include "model/observed.h"
#include "model/plan.h"
#include "model/record.h"
#include "model/spec.h"

namespace hactl {

/// Decides the next durable step of one formation, and every node's goal state.
///
/// Pure, total and deterministic: no I/O, no clock, no randomness, no logging; never throws. What
/// it cannot resolve it holds, and a Decision says why.
///
/// \param spec        The validated desired state.
/// \param generation  Of `spec`.
/// \param record      What has been decided and stored so far.
/// \param observed    The latest report of each node; nodes that never reported are absent.
/// \param now         On the clock of ObservedNode::received_at.
Plan plan(const FormationSpec& spec, Generation generation, const FormationRecord& record,
          const Observed& observed, Instant now);

/// The record with which a formation begins.
FormationRecord first_record(const FormationName& name, Incarnation incarnation);

}  // namespace hactl
