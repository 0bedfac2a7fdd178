// report_of(): the node in its agent's own words.
#include <algorithm>
#include <tuple>
#include <utility>

#include "base/rule_switch.h"
#include "converge/next_action.h"
#include "converge/steps.h"
#include "model/limits.h"

namespace hactl {
namespace {

/// What the node had is given up, and what replaces it is not whole yet.
bool has_nothing_whole(const LocalState& local) {
  const bool rewind_not_begun = local.state.rewinding && local.rewind == RewindProgress::noted;
  return local.state.rebuilding && !rewind_not_begun;
}

NodeState stopped_state(const std::optional<Goal>& goal, const LocalState& local) {
  const bool left = goal && goal->state == GoalState::drop && local.state.goal &&
                    local.state.goal->state == GoalState::drop && !local.seen.credential &&
                    !has_data_to_delete(*goal, local);
  if (left) return NodeState::dropped;
  if (has_nothing_whole(local)) return NodeState::creating;
  if (local.seen.data == DataKind::absent) return NodeState::empty;
  if (local.seen.data == DataKind::foreign) return NodeState::blocked;
  if (position_is_final(local)) return NodeState::fenced;
  const bool stays_down = goal && goal->state == GoalState::maintenance;
  return local.restarting && !stays_down ? NodeState::starting : NodeState::stopped;
}

NodeState state_of(const std::optional<Goal>& goal, const LocalState& local) {
  if (is_down(local)) return stopped_state(goal, local);
  const bool hung = local.unanswered_since && !local.restarting;
  if (!local.seen.sql && has_nothing_whole(local)) return NodeState::creating;
  if (!local.seen.sql) return hung ? NodeState::hung : NodeState::starting;
  if (local.seen.sql->in_recovery) {
    return position_is_final(local) ? NodeState::held : NodeState::standby;
  }
  return local.seen.sql->read_only ? NodeState::gated : NodeState::primary;
}

PrimaryView primary_view(const std::optional<Goal>& goal, const LocalState& local, Instant now) {
  const SqlView& sql = *local.seen.sql;
  PrimaryView view;
  view.epoch = local.state.promoted->epoch;
  view.timeline = sql.timeline;
  view.start = sql.timeline_start.value_or(Lsn(0));
  view.gate_open = !sql.read_only;
  view.foreign_sync = goal && goal->sync && local.foreign_sync_in == goal->sync->generation;
  view.oldest = sql.oldest;
  if (local.state.grant) view.granted = local.state.grant->sync;
  view.stalled = local.tick && !local.tick->flushed && now - local.tick->at >= kWritesStalledAfter;
  view.senders = sql.senders;
  view.applied = local.state.applied_generation;
  view.confirmed = view.gate_open && view.applied.value != 0;
  // By what is on file the next life of the agent begins: it must not bring an older setting back.
  const bool on_file = (view.granted && view.granted->generation == local.proof.generation) ||
                       !rule_holds(Rule::r7_on_file);
  if (local.proof.confirmed && local.proof.epoch == view.epoch && on_file) {
    view.applied = local.proof.generation;
    view.confirmed = true;
  }
  if (goal && goal->sync && goal->sync->generation != view.applied) view.confirmed = false;
  return view;
}

/// Slow disks are told before they are a reason to leave them.
constexpr Duration kWritesSlowAfter{1'000};

std::optional<Problem> slow_disk(const LocalState& local, Instant now) {
  if (!local.tick || local.tick->flushed || now - local.tick->at < kWritesSlowAfter) {
    return std::nullopt;
  }
  return Problem{"DiskSlow", "WAL that was written " +
                                 std::to_string((now - local.tick->at).count()) +
                                 " ms ago is not on the disk yet"};
}

/// The history of the node's WAL, oldest first, as its history files and its notes tell it.
Lineage lineage_of(const LocalState& local, TimelineId timeline) {
  Lineage lineage;
  while (timeline.value != 0 && lineage.size() < kLineageMax) {
    Promotion promotion;
    promotion.timeline = timeline;
    const auto epoch = local.state.timelines.find(timeline);
    if (epoch != local.state.timelines.end()) promotion.epoch = epoch->second;
    const auto start = local.seen.history.find(timeline);
    if (start != local.seen.history.end()) promotion.start = start->second;
    const auto parent = local.seen.parents.find(timeline);
    promotion.parent = parent == local.seen.parents.end() ? TimelineId(0) : parent->second;
    promotion.opened = true;
    timeline = promotion.parent < timeline ? promotion.parent : TimelineId(0);
    lineage.insert(lineage.begin(), std::move(promotion));
  }
  return lineage;
}

}  // namespace

NodeReport report_of(const std::optional<Goal>& goal, const LocalState& local, Instant now) {
  const AgentState& state = local.state;
  NodeReport report;
  report.formation = state.formation;
  report.node = state.node;
  report.node_incarnation = state.node_incarnation;
  report.system_id = local.seen.control ? local.seen.control->system_id : state.system_id;
  report.sequence = state.sequence;
  // All that it would not go back behind: what only waits is not on file.
  std::pair seen(state.incarnation_seen, state.revision_seen);
  if (goal) seen = std::max(seen, std::pair(goal->incarnation, goal->revision));
  std::tie(report.incarnation_seen, report.revision_seen) = seen;
  // By the file, not by the goal: a word that was given is kept in the next life of the agent.
  report.promised = rule_holds(Rule::r1_promise_on_disk) || !goal
                        ? state.promised
                        : std::max(state.promised, goal->epoch);
  report.state = state_of(goal, local);
  if (local.stop_took) {
    report.stop_took_ms =
        static_cast<std::uint64_t>(std::max<std::int64_t>(local.stop_took->count(), 1));
  }
  report.restart_done = state.restart_done;
  report.start_nonce = local.start_nonce;
  report.problem = local.problem ? local.problem : slow_disk(local, now);
  if (const auto end = wal_end(local)) report.position = *end;
  if (goal && goal->tell_lineage) report.lineage = lineage_of(local, report.position.timeline);
  if (position_is_final(local)) report.final_for = report.promised;
  if (!local.seen.sql) return report;
  const SqlView& sql = *local.seen.sql;
  report.receiver = sql.receiver;
  report.replayed = sql.in_recovery ? sql.replayed : sql.flushed;
  report.restart_pending = sql.restart_pending;
  if (!sql.in_recovery && state.promoted) report.primary = primary_view(goal, local, now);
  if (goal && sql.in_recovery && local.seen.control) {
    for (const auto& [name, value] : local.seen.control->primary_settings) {
      const auto wanted = goal->postgres.parameters.find(name);
      if (wanted == goal->postgres.parameters.end()) continue;
      const bool number =
          std::ranges::all_of(wanted->second, [](char c) { return c >= '0' && c <= '9'; });
      constexpr std::size_t kDigitsMax = 9;
      if (!number || wanted->second.empty() || wanted->second.size() > kDigitsMax) continue;
      if (std::stoi(wanted->second) < value) report.parameters_held = true;
    }
  }
  return report;
}

}  // namespace hactl
