#include "converge/next_action.h"

#include <algorithm>
#include <utility>

#include "base/rule_switch.h"
#include "converge/steps.h"

namespace hactl {
namespace {

std::optional<Step> refuse_foreign_data(const Goal& goal, const LocalState& local) {
  const std::string& directory = goal.postgres.data_directory;
  if (local.seen.data == DataKind::foreign) {
    return stuck("DataDirectoryForeign",
                 directory +
                     " is not empty and is no PostgreSQL data directory: empty it, or name "
                     "another data-directory");
  }
  if (!local.seen.control || local.state.rebuilding) return std::nullopt;
  const ControlData& control = *local.seen.control;
  if (control.version != goal.postgres.version) {
    return stuck("WrongVersion", directory + " was made by PostgreSQL " +
                                     std::to_string(control.version) + ", the spec says " +
                                     std::to_string(goal.postgres.version));
  }
  const SystemId wanted = goal.system_id.value != 0 ? goal.system_id : local.state.system_id;
  if (control.system_id != wanted) {
    return stuck("DataDirectoryOfAnotherFormation",
                 directory + " belongs to another system (identifier " +
                     std::to_string(control.system_id.value) + ", not " +
                     std::to_string(wanted.value) +
                     "): move it away, or name another data-directory");
  }
  return std::nullopt;
}

/// The agent's notes are gone: it does not know what it has promised and whose WAL this is. The
/// data may be a copy that somebody still needs, but nothing may be built on it (R13).
bool notes_are_lost(const LocalState& local) {
  return local.seen.data == DataKind::cluster && local.state.node_incarnation.value == 0 &&
         !local.state.rebuilding;
}

/// A primary that was started again holds what the controller has seen of it, or its data was put
/// back (R13): what it writes now would soon reach as far, and hide that. Unset: it does.
std::optional<Step> judge_recovery(const LocalState& local) {
  if (!local.state.must_hold || local.state.node_incarnation.value == 0) return std::nullopt;
  // A start that never came to be leaves the note behind, and the next timeline has no use for it.
  const bool resumed =
      runs_as_primary(local) && local.seen.sql->timeline == local.state.must_hold->timeline;
  if (!resumed || !local.seen.control) return std::nullopt;
  if (!local.seen.control->was_primary) return wait_for("reading what recovery has found", kSoon);
  AgentState judged = local.state;
  const WalPosition found{local.seen.control->timeline, local.seen.control->begin};
  if (found < *judged.must_hold) {
    judged.node_incarnation = NodeIncarnation(0);
    return save(local, judged, "noting that its data is older than what the controller has seen");
  }
  judged.must_hold.reset();
  return save(local, judged, "noting that recovery has found all that the controller has seen");
}

Step without_notes(const Goal& goal, const LocalState& local) {
  Step lost =
      local.state.must_hold
          ? stuck("DataForgotten",
                  "the data directory is older than what the controller has seen: the node "
                  "counts as lost until it has been built anew")
          : stuck("NotesLost",
                  "the agent's notes of what it promised are lost or damaged: the node counts as "
                  "lost until it has been built anew");
  if (!local.seen.running) return lost;
  const bool leads = goal.state == GoalState::primary || goal.state == GoalState::promote;
  Step step;
  if (runs_as_primary(local)) {
    if (leads) return lost;
    step = act(action::Stop{}, "stopping: another node is primary, and the notes are lost");
  } else if (local.seen.credential || (local.seen.sql && local.seen.sql->receiver)) {
    step = act(action::Detach{}, "taking no more WAL: the notes are lost");
  }
  step.problem = lost.problem;
  return step;
}

Step dispatch(const Goal& goal, const LocalState& local, Instant now) {
  switch (goal.state) {
    case GoalState::init: return wait_for("", kAtPeace);
    case GoalState::maintenance: return stay_down(goal, local, now);
    case GoalState::bootstrap:
    case GoalState::promote:
    case GoalState::primary: return lead(goal, local, now);
    case GoalState::standby:
    case GoalState::rebuild: return follow(goal, local, now);
    case GoalState::hold: return hold_still(goal, local, now);
    case GoalState::fast_forward: return fast_forward(goal, local, now);
    case GoalState::demote: return demote(goal, local, now);
    case GoalState::fence:
    case GoalState::drop: return leave(goal, local);
  }
  return wait_for("", kAtPeace);
}

}  // namespace

bool acceptable(const Goal& goal, const AgentState& state, const Goal* obeyed) {
  if (state.node.value != "" && goal.node != state.node) return false;
  if (!rule_holds(Rule::r6_older_orders_dropped)) return true;
  const std::pair given(goal.incarnation, goal.revision);
  if (given < std::pair(state.incarnation_seen, state.revision_seen)) return false;
  return obeyed == nullptr || given >= std::pair(obeyed->incarnation, obeyed->revision);
}

Step next_action(const Goal& goal, const LocalState& local, Instant now) {
  const bool leaving = goal.state == GoalState::drop || goal.state == GoalState::fence;
  const bool older = goal.epoch < local.state.promised && rule_holds(Rule::r1_older_goals_refused);
  if (older && !leaving && goal.state != GoalState::init) {
    return wait_for("the goal is of an older epoch than the one promised", kAtPeace);
  }
  if (local.retry_at && now < *local.retry_at) {
    return wait_for("trying again soon", std::min<Duration>(kAtPeace, *local.retry_at - now));
  }
  if (!leaving) {
    if (auto step = refuse_foreign_data(goal, local)) return *step;
  }
  const bool stray = local.seen.leftovers && !local.seen.running;
  if (stray) {
    return act(action::Stop{action::Stop::Mode::immediate},
               "ending what a crashed PostgreSQL left behind");
  }
  if (auto step = judge_recovery(local)) return *step;
  const bool anew = leaving || goal.state == GoalState::rebuild || goal.state == GoalState::init;
  if (!anew && notes_are_lost(local) && rule_holds(Rule::r13_no_notes)) {
    return without_notes(goal, local);
  }
  // Before anything is done by the word of a store that was put back: what the former one may still
  // have said comes to nothing from here on.
  if (goal.incarnation > local.state.incarnation_seen && goal.state != GoalState::init) {
    if (auto step = save(local, noted(goal, local), "noting the store's new incarnation")) {
      return *step;
    }
  }
  return dispatch(goal, local, now);
}

}  // namespace hactl
