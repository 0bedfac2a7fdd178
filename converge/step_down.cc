// The goals of a node that is to stop: demote, maintenance, drop, fence.
#include <algorithm>
#include <utility>

#include "converge/steps.h"

namespace hactl {
namespace {

/// Whoever takes over must get the last WAL, which a primary sends while it stops to those that are
/// connected: to one that restarts just now it would be lost, and a ballot would have to find it.
/// As long as nothing is promised clients write on, and waiting costs them nothing.
std::optional<Step> await_successor(const Goal& goal, const LocalState& local) {
  if (!goal.upstream || !gate_is_open(local) || local.state.promised >= goal.epoch) {
    return std::nullopt;
  }
  const bool connected = std::ranges::any_of(local.seen.sql->senders, [&](const auto& sender) {
    return sender.node == goal.upstream->node && sender.streaming && sender.fresh;
  });
  if (connected) return std::nullopt;
  return wait_for("waiting until " + goal.upstream->node.value + ", which takes over, streams",
                  kSoon * 10);
}

}  // namespace

Step demote(const Goal& goal, const LocalState& local, Instant now) {
  if (auto step = await_successor(goal, local)) return *step;
  if (runs_as_primary(local) && local.state.promised < goal.epoch &&
      local.checkpointed_for != goal.epoch) {
    return act(action::Checkpoint{goal.epoch, 0}, "writing a checkpoint before it stops");
  }
  if (auto step = give_promise(goal, local, "promising the epoch")) return *step;
  if (runs_as_primary(local) || (local.seen.running && !local.seen.sql)) {
    action::Stop stop;
    if (goal.upstream) stop.successor = goal.upstream->node;
    return act(std::move(stop), "stopping in good order");
  }
  if (position_is_final(local)) return wait_for("stopped for the switchover", kLater);
  return hold_still(goal, local, now);
}

Step stay_down(const Goal& goal, const LocalState& local, Instant now) {
  if (auto step = end_hung(local, now, kHungAfter)) return *step;
  if (local.seen.running) return act(action::Stop{}, "stopping: it is to be in maintenance");
  // On file: an agent that is started again without a controller must not start PostgreSQL.
  if (auto step = note_promise(goal, local, "noting that it is in maintenance")) return *step;
  return wait_for("", kAtPeace);
}

bool has_data_to_delete(const Goal& goal, const LocalState& local) {
  return goal.state == GoalState::drop && goal.delete_data &&
         local.seen.data == DataKind::cluster && local.seen.control &&
         local.seen.control->system_id == local.state.system_id;
}

Step leave(const Goal& goal, const LocalState& local) {
  if (local.seen.running || local.seen.leftovers) {
    const auto mode =
        goal.state == GoalState::fence ? action::Stop::Mode::immediate : action::Stop::Mode::fast;
    return act(action::Stop{mode}, "stopping: it is to leave");
  }
  if (local.seen.credential) return act(action::Detach{}, "giving its credential back");
  if (has_data_to_delete(goal, local)) {
    return act(action::DeleteData{goal.postgres.data_directory},
               "removing its data, as was asked for with the deletion of the formation");
  }
  AgentState gone = noted(goal, local);
  if (goal.state == GoalState::drop) {
    gone.promised = Epoch(0);
    gone.grant.reset();
    gone.attached.reset();
    gone.promoted.reset();
    gone.timelines.clear();
    // Data that was half made stays so: who comes back must not take it for data without notes.
    gone.rewinding.reset();
    gone.applied_generation = ConfigGeneration(0);
    if (goal.delete_data && local.seen.data == DataKind::absent) gone.system_id = SystemId(0);
  }
  if (auto step = save(local, gone, "noting that it has left")) return *step;
  return wait_for("", kAtPeace);
}

}  // namespace hactl
