// The goals of a node that is to be primary: bootstrap, promote, primary. In the order in which it
// happens: make the data, reach the position, promise, cut off, promote, prove, open, keep.
#include <algorithm>

#include "base/rule_switch.h"
#include "converge/postgres_settings.h"
#include "converge/steps.h"
#include "model/limits.h"
#include "model/names.h"

namespace hactl {
namespace {

/// A barrier that waits longer than this waits for standbys that must rewind first.
constexpr Duration kBarrierOverdue{500};
/// How long after its last answer the controller counts as there.
constexpr Duration kControllerHeardFor{3'000};
/// How often a primary at peace looks while standbys are missing.
constexpr Duration kMissingStandbys{200};

/// The node has begun to be primary in the goal's epoch (R6).
bool began(const Goal& goal, const LocalState& local) {
  return local.state.promoted && local.state.promoted->epoch == goal.epoch &&
         local.state.promised == goal.epoch;
}

bool proof_is_for(const Goal& goal, const LocalState& local) {
  return local.proof.epoch == goal.sync->epoch && local.proof.generation == goal.sync->generation;
}

/// Acknowledgements that the barrier has from the members of the setting.
int holders(const SyncConfig& sync, const std::vector<SenderView>& senders, Lsn barrier) {
  return static_cast<int>(std::ranges::count_if(senders, [&](const SenderView& sender) {
    const bool counts = (sender.epoch == sync.epoch && sender.sync_priority > 0) ||
                        !rule_holds(Rule::r8_own_epoch_counts);
    return counts && sync.members.contains(sender.node) && sender.flushed >= barrier;
  }));
}

/// PostgreSQL was started as a primary, and not promoted to be one in this life.
bool was_resumed(const Goal& goal, const LocalState& local) {
  return local.promote_ordered_for != goal.epoch;
}

/// The setting is in force and everything before its barrier is on its commit quorum. An open gate
/// with the generation on file was proven before the agent last started.
bool confirmed(const Goal& goal, const LocalState& local) {
  if (proof_is_for(goal, local) && local.proof.confirmed) return true;
  return gate_is_open(local) && local.state.applied_generation == goal.sync->generation;
}

WantedSettings as_primary(const Goal& goal, Gate gate, std::string names) {
  return WantedSettings{std::nullopt, goal.sync->epoch, gate, std::move(names)};
}

Step make_first_data(const Goal& goal, const LocalState& local) {
  AgentState marked = noted(goal, local);
  marked.promised = goal.epoch;
  marked.rebuilding = true;
  if (auto step = save(local, marked, "noting that the data is being made")) return *step;
  return act(action::InitDatabase{goal.postgres}, "making the formation's first data directory");
}

Step note_first_data(const Goal& goal, const LocalState& local) {
  AgentState made = noted(goal, local);
  made.rebuilding = false;
  made.node_incarnation = NodeIncarnation(goal.revision.value);
  if (local.seen.control) made.system_id = local.seen.control->system_id;
  const auto step = save(local, made, "noting that the data directory is made");
  return step ? *step : wait_for("reading the new data directory", kSoon);
}

/// Whether the node holds what the ballot found; the wait while WAL of a stopping primary comes in.
std::optional<Step> reach_position(const Goal& goal, const LocalState& local) {
  if (goal.state == GoalState::bootstrap) return std::nullopt;
  if (!goal.position) return stuck("NoPosition", "the order to promote names no position");
  const std::optional<WalPosition> end = wal_end(local);
  if (!end) {
    if (auto step = replay_to_the_end(goal, local)) return step;
    return wait_for("seeing where its WAL ends", kSoon);
  }
  // Timelines rise with epochs, so more on a newer timeline is more.
  if (*end < *goal.position && rule_holds(Rule::r5_waits_for_position)) {
    return wait_for("waiting for the last WAL of the old primary", kSoon);
  }
  return std::nullopt;
}

AgentState granted(const Goal& goal, const LocalState& local) {
  AgentState state = noted(goal, local);
  state.promised = goal.epoch;
  state.attached.reset();
  state.promoted = OwnPromotion{goal.epoch, goal.timeline, Lsn(0)};
  state.grant = Grant{*goal.sync};
  state.applied_generation = ConfigGeneration(0);
  // A standby's parameters may have stayed above the spec's, whatever it restarted for (decision
  // 0021). As a primary it can have them as they are wanted.
  state.restart_done = 0;
  for (const Promotion& promotion : goal.chain) {
    if (promotion.epoch.value > 0) state.timelines[promotion.timeline] = promotion.epoch;
  }
  return state;
}

/// Somebody was promoted later: an order that comes now was given up long ago, and PostgreSQL would
/// choose a timeline beyond the one that was reserved for it, which may become another's (R11).
bool comes_too_late(const Goal& goal, const LocalState& local) {
  return local.promote_ordered_for != goal.epoch &&
         std::ranges::any_of(local.seen.history,
                             [&](const auto& known) { return known.first >= goal.timeline; });
}

/// From a standby that holds the position to one that is being promoted.
Step promote_standby(const Goal& goal, const LocalState& local) {
  if (comes_too_late(goal, local)) {
    return stuck("PromotionTooLate", "told to be primary on timeline " +
                                         std::to_string(goal.timeline.value) +
                                         ", and knows of a later one");
  }
  if (!began(goal, local)) {
    if (auto step = reach_position(goal, local)) return *step;
    if (auto step = save(local, granted(goal, local), "promising to be primary in this epoch")) {
      return *step;
    }
  }
  std::string names = any_names(*goal.sync);
  if (names.empty()) names = sync_names_for_standby();
  const WantedSettings wanted = rule_holds(Rule::r9_closed_at_promotion)
                                    ? closed_settings(goal, local, names)
                                    : as_primary(goal, Gate::open, names);
  if (auto step = configure(goal, local, wanted)) return *step;
  if (local.promote_ordered_for == goal.epoch) return wait_for("promoting", kSoon);
  return act(action::Promote{goal.timeline}, "promoting");
}

Step data_forgotten(const std::string& than) {
  return stuck("DataForgotten", "the data directory is older than " + than +
                                    ": the node counts as lost until it has been built anew");
}

/// PostgreSQL is down on the node that is primary in this epoch: bring it back behind the gate
/// (R10).
Step resume(const Goal& goal, const LocalState& local, Instant now) {
  const bool was_primary = local.seen.control && local.seen.control->was_primary;
  // It has been open in this epoch: what was never promoted is an older copy (R13).
  if (!was_primary && local.state.applied_generation.value != 0) {
    return data_forgotten("the agent's notes");
  }
  if (!was_primary) {
    WantedSettings wanted{std::nullopt, goal.epoch, Gate::closed, sync_names_for_standby()};
    if (auto step = configure(goal, local, wanted)) return *step;
    return act(action::StartStandby{goal.postgres}, "starting, to be promoted");
  }
  const bool controller_heard = now - local.controller_heard_at < kControllerHeardFor;
  const bool wait = controller_heard && !local.restarting && local.stopped_since &&
                    now - *local.stopped_since < kResumeGrace;
  if (wait)
    return wait_for("PostgreSQL has stopped: leaving the controller time to choose", kSoon * 10);
  // What would be streamed from data that was put back is another history of the same timeline.
  const bool sealed = goal.position && rule_holds(Rule::r13_sealed);
  AgentState state = noted(goal, local);
  state.restart_done = std::max(state.restart_done, goal.restart);
  state.grant = Grant{*goal.sync};
  // Recovery adds to the WAL: what it found shows only for a while, and is judged before all else.
  const bool recovers = !local.seen.control->clean_shutdown && rule_holds(Rule::r13_found);
  state.must_hold = sealed && recovers ? goal.position : std::nullopt;
  if (auto step = save(local, state, "noting the setting to resume under")) return *step;
  Gate gate = sealed ? Gate::sealed : Gate::closed;
  if (!rule_holds(Rule::r10_resumes_closed)) gate = Gate::open;
  WantedSettings wanted = as_primary(goal, gate, any_names(*goal.sync));
  wanted.starts_as = StartsAs::primary;
  if (auto step = configure(goal, local, wanted)) return *step;
  return act(action::ResumeGated{goal.postgres}, "resuming behind the closed gate");
}

/// Proves the goal's setting (R7): marker, then the setting itself, then the barrier.
std::optional<Step> prove(const Goal& goal, const LocalState& local, Instant now) {
  const SyncConfig& sync = *goal.sync;
  const SqlView& sql = *local.seen.sql;
  const bool open = gate_is_open(local);
  const bool mine = proof_is_for(goal, local);
  // Walsenders of a primary that has not opened yet were all born under its setting.
  const bool needs_marker = open && sync.required > 0 && !(mine && local.proof.marker_proven);
  if (needs_marker && rule_holds(Rule::r7_marker)) {
    if (auto step = configure(goal, local, as_primary(goal, Gate::open, marker_names(sync)))) {
      return step;
    }
    if (!shows_marker(sync, sql.senders)) {
      return wait_for("proving the setting to every walsender", kSoon);
    }
    return act(action::NoteMarker{}, "every walsender shows the marker");
  }
  const WantedSettings wanted = open ? as_primary(goal, Gate::open, any_names(sync))
                                     : closed_settings(goal, local, any_names(sync));
  if (auto step = configure(goal, local, wanted)) return step;
  if (sync.required > 0 && !shows_any(sync, sql.senders)) {
    return wait_for("proving the setting to every walsender", kSoon);
  }
  const bool was_async = (local.state.grant && local.state.grant->sync.required == 0) ||
                         local.foreign_sync_in.has_value();
  // Right after a start the checkpointer may not have told the others yet that commits must wait.
  const bool unknown =
      (open ? was_async : was_resumed(goal, local)) && rule_holds(Rule::r7_checkpointer);
  if (unknown && sync.required > 0 && !(mine && local.proof.checkpointed)) {
    return act(action::ProveCheckpointer{}, "proving the setting to the checkpointer");
  }
  if (!mine || !local.proof.barrier) {
    return act(action::WriteBarrier{sync.epoch, goal.timeline}, "writing the barrier");
  }
  const bool held = holders(sync, sql.senders, *local.proof.barrier) >= sync.required;
  if (!held && rule_holds(Rule::r7_barrier)) {
    const bool overdue = local.proof.barrier_at && now - *local.proof.barrier_at > kBarrierOverdue;
    if (overdue && local.checkpointed_for < goal.epoch) {
      return act(
          action::Checkpoint{goal.epoch, 0},
          "writing the new timeline's first checkpoint, without which no standby can rewind");
    }
    return wait_for(
        "waiting until " + std::to_string(sync.required) + " quorum standbys hold the barrier",
        kSoon * 2);
  }
  return act(action::NoteConfirmed{}, "the commit quorum holds the barrier");
}

/// Standbys that count for commits and have replied lately: as long as there are enough of them, no
/// other node can have been made primary, for their words would be needed.
bool quorum_is_with(const SyncConfig& sync, const std::vector<SenderView>& senders) {
  const auto with = std::ranges::count_if(senders, [&](const SenderView& sender) {
    return sender.epoch == sync.epoch && sync.members.contains(sender.node) && sender.streaming &&
           sender.fresh;
  });
  return sync.required > 0 && with >= sync.required;
}

/// Whether somebody else may be primary by now without this node having heard of it: neither the
/// controller nor a commit quorum has been heard for the length of the lease.
bool is_isolated(const Goal& goal, const LocalState& local, Instant now) {
  if (now - local.controller_heard_at < kLease || !rule_holds(Rule::lease_closes)) return false;
  // Where commits wait for nobody, the others can do without this node only if the spec says so.
  if (goal.sync->required == 0 && !goal.lease) return false;
  return !quorum_is_with(*goal.sync, local.seen.sql->senders);
}

/// Where commits wait for nobody, the others may have gone on without this node while it was away,
/// or its order is an old one that came late. It opens only at the controller's answer to a
/// question of this start, and none older than the lease: for so long nobody else is promoted.
bool opens_by_word(const Goal& goal, const LocalState& local) {
  return goal.sync->required == 0 && !gate_is_open(local) && rule_holds(Rule::r10_fresh_nonce);
}

/// Unset: the settings let writes in.
std::optional<Step> open_gate(const Goal& goal, const LocalState& local) {
  auto step = configure(goal, local, as_primary(goal, Gate::open, any_names(*goal.sync)));
  auto* order = step ? std::get_if<action::Configure>(&*step->action) : nullptr;
  if (order != nullptr && opens_by_word(goal, local)) order->until = local.asked_at + kLease;
  return step;
}

/// Asked before the answer is needed. Unset: it is asked, or the gate is opening by the answer.
std::optional<Step> ask_to_open(const Goal& goal, const LocalState& local, Instant now) {
  const bool asked = local.start_nonce != 0 && now - local.asked_at < kLease;
  if (asked || !opens_by_word(goal, local)) return std::nullopt;
  const bool answered = local.start_nonce != 0 && goal.start_nonce == local.start_nonce;
  if (answered && !open_gate(goal, local)) return std::nullopt;
  return act(action::AskToOpen{}, "asking the controller whether it may open");
}

/// A few bytes of WAL now and then. Unset: not yet.
std::optional<Step> tick(const LocalState& local, Instant now) {
  if (local.tick && now - local.tick->at < kTickEvery) return std::nullopt;
  // A disk that takes nothing is not given more.
  if (local.tick && !local.tick->flushed) return std::nullopt;
  Step step = act(action::Tick{}, "writing a few bytes of WAL");
  step.routine = true;
  return step;
}

/// A primary that was started again lets the other nodes in once it holds all that the controller
/// has seen of it (R13). Unset: it has, and opens or is open.
std::optional<Step> unseal(const Goal& goal, const LocalState& local) {
  if (!was_resumed(goal, local) || gate_is_open(local) || confirmed(goal, local)) {
    return std::nullopt;
  }
  const WalPosition end{goal.timeline, local.seen.sql->flushed};
  if (goal.position && end < *goal.position && rule_holds(Rule::r13_sealed)) {
    return data_forgotten("what the controller has seen");
  }
  return configure(goal, local, closed_settings(goal, local, any_names(*goal.sync)));
}

/// The setting in force is on file. Unset: it is.
std::optional<Step> note_setting(const Goal& goal, const LocalState& local) {
  const bool same = local.state.applied_generation == goal.sync->generation && local.state.grant &&
                    local.state.grant->sync == *goal.sync;
  if (same && is_noted(goal, local.state)) return std::nullopt;
  AgentState state = noted(goal, local);
  state.applied_generation = goal.sync->generation;
  state.grant = Grant{*goal.sync};
  return save(local, std::move(state), "noting the setting in force");
}

Step serve(const Goal& goal, const LocalState& local, Instant now) {
  const SqlView& sql = *local.seen.sql;
  if (gate_is_open(local) && is_isolated(goal, local, now)) {
    return act(action::Stop{},
               "closing: for the length of the lease neither the controller nor enough synchronous "
               "standbys were heard");
  }
  if (auto step = ask_to_open(goal, local, now)) return *step;
  if (sql.timeline != goal.timeline && sql.timeline.value != 0) {
    return stuck("TimelineCollision", "PostgreSQL chose timeline " +
                                          std::to_string(sql.timeline.value) + " where " +
                                          std::to_string(goal.timeline.value) + " was reserved");
  }
  if (auto step = unseal(goal, local)) return *step;
  if (!sql.lineage_ready || !sql.database_ready) {
    return act(action::PrepareDatabase{goal.postgres}, "making roles and the database");
  }
  if (auto step = keep_slots(goal, local)) return *step;
  if (!confirmed(goal, local) && (gate_is_open(local) || rule_holds(Rule::r9_opens_when_confirmed)))
    return *prove(goal, local, now);
  if (opens_by_word(goal, local) && goal.start_nonce != local.start_nonce) {
    return wait_for("waiting for the controller's word to open without synchronous standbys",
                    kSoon * 10);
  }
  if (auto step = open_gate(goal, local)) return *step;
  if (!gate_is_open(local)) return wait_for("opening", kSoon);
  if (auto step = note_setting(goal, local)) return *step;
  if (goal.restart > local.state.restart_done) {
    if (local.checkpointed_for_restart != goal.restart) {
      return act(action::Checkpoint{goal.epoch, goal.restart},
                 "writing a checkpoint before the restart");
    }
    return act(action::Stop{action::Stop::Mode::fast, true}, "restarting, as the controller says");
  }
  // Once the controller has noted the promotion: clients come first.
  if (goal.state == GoalState::primary && local.checkpointed_for < goal.epoch) {
    return act(action::Checkpoint{goal.epoch, 0}, "writing the new timeline's first checkpoint");
  }
  if (auto step = tick(local, now)) return *step;
  // Somebody may wait to see a standby that has just connected.
  const bool all_connected = sql.senders.size() >= goal.postgres.peers.size();
  return wait_for("", all_connected ? kAtPeace : kMissingStandbys);
}

}  // namespace

Step lead(const Goal& goal, const LocalState& local, Instant now) {
  if (!goal.sync || goal.timeline.value == 0) {
    return stuck("IncompleteGoal", "the order to be primary names no setting or timeline");
  }
  if (goal.state == GoalState::bootstrap && !began(goal, local)) {
    if (local.seen.data == DataKind::absent) return make_first_data(goal, local);
    // Not the half of a copy that it has kept from a formation which it had left.
    const bool begun = local.state.rebuilding && local.state.promised == goal.epoch;
    if (begun) return note_first_data(goal, local);
  }
  if (goal.state == GoalState::primary && !began(goal, local)) {
    return stuck("NotPromoted", "told to be primary in epoch " + std::to_string(goal.epoch.value) +
                                    ", in which it was never promoted");
  }
  if (local.seen.data == DataKind::absent || local.state.rebuilding) {
    return stuck("DataMissing", "told to be primary, but the data directory is not there");
  }
  if (!local.seen.running) {
    if (began(goal, local)) return resume(goal, local, now);
    return hold_still(goal, local, now);
  }
  if (auto step = end_hung(local, now, kHungAfter)) return *step;
  if (!local.seen.sql) return wait_for("starting", kSoon);
  if (local.seen.sql->in_recovery) return promote_standby(goal, local);
  if (!began(goal, local)) {
    return act(action::Stop{}, "stopping: it runs as a primary of another epoch");
  }
  return serve(goal, local, now);
}

}  // namespace hactl
