// The goals of a node that is not to be primary: standby, rebuild, hold, fast_forward.
#include <algorithm>
#include <iterator>
#include <string>

#include "base/rule_switch.h"
#include "converge/postgres_settings.h"
#include "converge/steps.h"
#include "model/limits.h"
#include "model/names.h"

namespace hactl {
namespace {

/// How often a standby at peace looks: often enough to notice soon that its stream has gone quiet.
constexpr Duration kFollowerLook{700};
/// How often it looks when its stream may have.
constexpr Duration kSuspiciousLook{150};
/// How long a PostgreSQL that has just stopped is left down in a ballot: most are over by then.
constexpr Duration kStartInBallot{500};
/// How long PostgreSQL may not answer while a ballot waits for the node's word.
constexpr Duration kHungInBallot{1'000};
/// How often a standby moves the slots that it keeps for the others.
constexpr Duration kAdvanceSlotsEvery{10'000};
/// A ballot that takes longer waits for somebody; a standby then no longer looks for its former
/// upstream all the time.
constexpr Duration kBallotSettles{1'000};
/// Failed starts of rewound data before it is copied anew.
constexpr int kStartsMax = 5;

WantedSettings detached(const Goal& goal) {
  return WantedSettings{std::nullopt, goal.epoch, Gate::closed, sync_names_for_standby()};
}

/// Reads are served while a standby waits detached only as far as it was open before: it stays
/// open.
WantedSettings attached_to(const Goal& goal) {
  if (goal.sync && goal.sync->primary == goal.node) {
    return armed_settings(*goal.upstream, *goal.sync);
  }
  return WantedSettings{goal.upstream, goal.upstream->epoch, Gate::open, sync_names_for_standby()};
}

Step start_detached(const Goal& goal, const LocalState& local, const std::string& why) {
  if (auto step = configure(goal, local, detached(goal))) return *step;
  return act(action::StartStandby{goal.postgres}, why);
}

/// Takes every way to get WAL away; unset when none is left. The settings may still name the former
/// upstream: without its credential nobody gets in there.
std::optional<Step> cut_off(const LocalState& local) {
  if (local.state.grant && rule_holds(Rule::r2_no_promotion_pending)) {
    return act(action::Stop{}, "stopping: a promotion that was ordered could still come about");
  }
  const bool receives = local.seen.sql && local.seen.sql->receiver;
  if ((local.seen.credential || receives) && rule_holds(Rule::r2_detached)) {
    return act(action::Detach{}, "taking no more WAL");
  }
  return std::nullopt;
}

/// The node's WAL is part of the chain, or about to be replaced by WAL that is. Not before that: by
/// these numbers it is told which of the timelines, whose history files it may have, it is on.
AgentState with_timelines(const Lineage& chain, AgentState state) {
  for (const Promotion& promotion : chain) {
    if (promotion.epoch.value > 0) state.timelines[promotion.timeline] = promotion.epoch;
  }
  return state;
}

AgentState attachment(const Goal& goal, AgentState state) {
  state.promised = std::max(state.promised, goal.epoch);
  state.attached = Attachment{goal.upstream->epoch, goal.upstream->node};
  state.grant.reset();
  return state;
}

/// A timeline number that the node knows under another epoch than the formation does (R11).
bool timelines_contradict(const Goal& goal, const LocalState& local) {
  return std::ranges::any_of(goal.chain, [&](const Promotion& promotion) {
    const auto own = local.state.timelines.find(promotion.timeline);
    return promotion.epoch.value > 0 && own != local.state.timelines.end() &&
           own->second.value > 0 && own->second != promotion.epoch;
  });
}

bool lacks_credential(const Goal& goal, const LocalState& local) {
  return !local.seen.credential || local.attached_for != goal.upstream->epoch;
}

/// Own data is worth something until the source is known to be there. Unset: it is.
std::optional<Step> ask_source(const Goal& goal, const LocalState& local) {
  const bool nothing_to_lose = local.seen.data == DataKind::absent || local.state.rebuilding;
  if (nothing_to_lose || goal.chain.empty()) return std::nullopt;
  if (local.source_ready_for == goal.upstream->epoch) return std::nullopt;
  return act(action::AskSource{*goal.upstream, goal.chain.back().timeline},
             "asking " + goal.upstream->node.value + " before giving its own data up");
}

Step clone(const Goal& goal, const LocalState& local, const std::string& why) {
  if (auto step = ask_source(goal, local)) return *step;
  AgentState marked = with_timelines(goal.chain, attachment(goal, noted(goal, local)));
  marked.rebuilding = true;
  marked.rewinding.reset();
  if (auto step = save(local, marked, "noting that the data is being made anew")) return *step;
  if (local.seen.running) return act(action::Stop{}, "stopping PostgreSQL: " + why);
  if (lacks_credential(goal, local)) {
    return act(action::Attach{goal.upstream->epoch}, "getting ready to copy");
  }
  return act(action::Clone{*goal.upstream, goal.postgres},
             "copying " + goal.upstream->node.value + ": " + why);
}

/// Higher than any that this node has had, as far as it or the controller knows.
NodeIncarnation next_incarnation(const Goal& goal, const LocalState& local) {
  return std::max({NodeIncarnation(goal.revision.value), local.state.node_incarnation.next(),
                   goal.rebuild_above.next()});
}

/// The data is there: a copy has just been made.
std::optional<Step> after_clone(const Goal& goal, const LocalState& local) {
  if (!local.state.rebuilding || !local.cloned) return std::nullopt;
  AgentState made = noted(goal, local);
  made.rebuilding = false;
  made.node_incarnation = next_incarnation(goal, local);
  made.promoted.reset();
  if (local.seen.control) made.system_id = local.seen.control->system_id;
  return save(local, made, "noting that the copy is complete");
}

/// Data that is not a prefix of the new primary's is given up when that primary is open, or can't
/// open without this node: until then it might still be asked for.
bool may_give_up_data(const Goal& goal) {
  return goal.chain.empty() || goal.chain.back().opened ||
         (goal.sync && goal.sync->members.contains(goal.node));
}

Step rejoin(const Goal& goal, const LocalState& local) {
  const std::string from = goal.upstream->node.value;
  if (!may_give_up_data(goal)) return wait_for("waiting for " + from + " to open", kLater);
  if (timelines_contradict(goal, local)) return clone(goal, local, "its history is another one");
  if (auto step = ask_source(goal, local)) return *step;
  AgentState next = attachment(goal, noted(goal, local));
  next.rebuilding = true;
  next.rewinding = goal.upstream->epoch;
  return *save(local, next,
               "noting that the data is being rewound to where " + from + " branched off");
}

AgentState whole_again(const Goal& goal, const LocalState& local) {
  AgentState state = noted(goal, local);
  state.rebuilding = false;
  state.rewinding.reset();
  return state;
}

/// Rewound, the node has less than it once had, by order.
AgentState rewound(const Goal& goal, const LocalState& local) {
  AgentState state = whole_again(goal, local);
  state.node_incarnation = next_incarnation(goal, local);
  return state;
}

/// A rewind that was cut short leaves nothing to start (R10).
bool rewind_is_done(const LocalState& local) {
  return local.rewind == RewindProgress::done || !rule_holds(Rule::r10_whole_data);
}

/// Rewound data that lets sessions in is consistent: it is whole. Which timelines it has come to,
/// the chain must tell, or the node would take itself to be on another. Unset: not that far.
std::optional<Step> after_rewind(const Goal& goal, const LocalState& local) {
  const bool rewinds = local.state.rewinding && rewind_is_done(local);
  if (!rewinds || !local.seen.running || !local.seen.sql) return std::nullopt;
  const auto source = std::ranges::find(goal.chain, *local.state.rewinding, &Promotion::epoch);
  if (source == goal.chain.end()) return std::nullopt;
  const Lineage chain(goal.chain.begin(), std::next(source));
  return save(local, with_timelines(chain, rewound(goal, local)),
              "noting that the rewind is complete");
}

/// Rewound data has no end of its own: it is consistent only when it has streamed from its source,
/// so it is started attached.
Step rewind(const Goal& goal, const LocalState& local) {
  if (*local.state.rewinding != goal.upstream->epoch) {
    if (local.rewind != RewindProgress::noted) return clone(goal, local, "its source has changed");
    return *save(local, whole_again(goal, local), "giving up a rewind that has not begun");
  }
  if (local.rewind == RewindProgress::noted && local.seen.running) {
    return act(action::Stop{}, "stopping PostgreSQL to rewind it");
  }
  if (local.rewind == RewindProgress::noted) {
    return act(action::Rewind{*goal.upstream, goal.chain.back().timeline, goal.postgres},
               "rewinding to where " + goal.upstream->node.value + " branched off");
  }
  if (!rewind_is_done(local)) return clone(goal, local, "a rewind was cut short");
  if (local.starts_failed > kStartsMax) return clone(goal, local, "rewound data would not start");
  if (lacks_credential(goal, local)) {
    return act(action::Attach{goal.upstream->epoch}, "getting ready to follow");
  }
  if (auto step = configure(goal, local, attached_to(goal))) return *step;
  if (!local.seen.running) return act(action::StartStandby{goal.postgres}, "starting, rewound");
  if (auto step = after_rewind(goal, local)) return *step;
  return wait_for("replaying to where its data is consistent", kSoon);
}

bool attached_here(const Goal& goal, const LocalState& local) {
  return local.state.attached && local.state.attached->epoch == goal.upstream->epoch &&
         local.state.attached->upstream == goal.upstream->node &&
         local.state.promised == goal.epoch;
}

/// Replay stops where the primary had more connections, or the like, than the node was started
/// with. No receiver is started then, and no end of the WAL is seen. Unset: that is not it.
std::optional<Step> restart_to_replay(const LocalState& local) {
  const SqlView& sql = *local.seen.sql;
  if (!sql.restart_pending || sql.replay_at_end || sql.receiver) return std::nullopt;
  return act(action::Stop{action::Stop::Mode::fast, true},
             "restarting: replay may have stopped for parameters that its primary had");
}

/// The node has the history file of a timeline that the primary's does not come from: of a
/// promotion of its own that was cut short before it wrote anything, or of an upstream's.
/// PostgreSQL takes the highest timeline that it finds for the one to follow, and would wait for
/// its WAL forever.
bool is_misled(const Goal& goal, const LocalState& local, TimelineId own) {
  return std::ranges::any_of(local.seen.history, [&](const auto& known) {
    return known.first > own && find_timeline(goal.chain, known.first) == nullptr;
  });
}

/// Before the node streams from somebody new, no WAL may come from anybody older, and what it has
/// must be a prefix of theirs. Unset: it may.
std::optional<Step> check_history(const Goal& goal, const LocalState& local) {
  if (attached_here(goal, local)) return std::nullopt;
  const auto promise = [&] { return give_promise(goal, local, "promising the newer epoch"); };
  if (local.seen.running && local.seen.sql) {
    // Where its WAL ends shows at once then, and the promise is noted with whom it follows.
    if (auto step = cut_off(local)) return step;
  } else {
    if (auto step = promise()) return step;
    if (local.seen.running) return wait_for("starting", kSoon);
    if (local.seen.credential) return act(action::Detach{}, "taking no more WAL");
  }
  if (!position_is_final(local)) {
    if (auto step = promise()) return step;
    if (local.seen.running) {
      if (auto step = replay_to_the_end(goal, local)) return step;
      return wait_for("replaying its own WAL", kSoon);
    }
    return start_detached(goal, local, "starting, to see where its WAL ends");
  }
  const WalPosition end = *wal_end(local);
  const bool prefix = is_prefix(goal.chain, end) || !rule_holds(Rule::r11_prefix_only);
  if (!prefix || timelines_contradict(goal, local) || is_misled(goal, local, end.timeline)) {
    if (auto step = promise()) return step;
    return rejoin(goal, local);
  }
  return save(local, with_timelines(goal.chain, attachment(goal, noted(goal, local))),
              "noting whom it follows");
}

/// A restart that was ordered and has not been done yet; unset: none.
std::optional<Step> restart_for_parameters(const Goal& goal, const LocalState& local) {
  if (goal.restart <= local.state.restart_done) return std::nullopt;
  if (local.seen.running) {
    return act(action::Stop{action::Stop::Mode::fast, true}, "restarting, as the controller says");
  }
  AgentState done = noted(goal, local);
  done.restart_done = goal.restart;
  return save(local, done, "noting the restart");
}

/// The upstream has gone on to a timeline that nobody has told this node about: it follows somebody
/// else by now, or was promoted once more. WAL of that timeline must not be taken for WAL of the
/// one before (R4); which epoch it belongs to, the controller knows. Unset: nothing new.
std::optional<Step> note_timeline(const Goal& goal, const LocalState& local) {
  const TimelineId timeline = local.seen.sql->receiver->timeline;
  if (timeline.value <= 1 || local.state.timelines.contains(timeline)) return std::nullopt;
  AgentState state = noted(goal, local);
  state.timelines[timeline] = Epoch(0);
  return save(local, std::move(state), "noting the timeline that its upstream has gone on to");
}

Step keep_following(const Goal& goal, const LocalState& local, Instant now) {
  const SqlView& sql = *local.seen.sql;
  // Nobody waits for this node's own view of its connection: the primary sees it as well. Looking
  // more often only takes processors away.
  // A receiver that is still connecting names nobody yet.
  if (!sql.receiver || sql.receiver->upstream.value.empty()) {
    if (auto step = restart_to_replay(local)) return *step;
    return wait_for("connecting to " + goal.upstream->node.value, kLater);
  }
  if (sql.receiver->upstream != goal.upstream->node ||
      sql.receiver->epoch != goal.upstream->epoch) {
    return act(action::NudgeReceiver{}, "leaving the former upstream");
  }
  if (auto step = note_timeline(goal, local)) return *step;
  if (!sql.receiver->streaming) return wait_for("catching up with its upstream", kLater);
  if (auto step = keep_slots(goal, local)) return *step;
  if (!local.slots_advanced_at || now - *local.slots_advanced_at >= kAdvanceSlotsEvery) {
    std::set<std::string> slots;
    for (const Peer& peer : goal.postgres.peers)
      slots.insert(slot_name(peer.name));
    Step step = act(action::SetSlots{std::move(slots), true},
                    "moving the slots that it keeps for the others");
    step.routine = true;
    return step;
  }
  return wait_for(
      "", sql.receiver_silent_for < kReceiverSuspectAfter ? kFollowerLook : kSuspiciousLook);
}

}  // namespace

std::optional<Step> replay_to_the_end(const Goal& goal, const LocalState& local) {
  if (local.seen.sql->replay_at_end || local.seen.sql->receiver) return std::nullopt;
  // What it waits for shows as a pending restart once it is in the settings.
  if (auto step = configure(goal, local, detached(goal))) return step;
  return restart_to_replay(local);
}

Step follow(const Goal& goal, const LocalState& local, Instant now) {
  if (!goal.upstream) return wait_for("waiting for a primary to follow", kAtPeace);
  if (auto step = after_clone(goal, local)) return *step;
  if (local.state.rewinding) return rewind(goal, local);
  if (local.seen.data == DataKind::absent || local.state.rebuilding) {
    return clone(goal, local, "it has no data yet");
  }
  const bool anew =
      goal.state == GoalState::rebuild && local.state.node_incarnation <= goal.rebuild_above;
  if (anew) return clone(goal, local, "it is to be built anew");
  if (runs_as_primary(local)) {
    if (auto step = note_promise(goal, local, "promising the newer epoch")) return *step;
    return act(action::Stop{}, "stopping: another node is primary");
  }
  if (auto step = end_hung(local, now, kHungAfter)) return *step;
  if (auto step = check_history(goal, local)) return *step;
  if (auto step = note_promise(goal, local, "noting the goal")) return *step;
  if (auto step = restart_for_parameters(goal, local)) return *step;
  if (lacks_credential(goal, local)) {
    return act(action::Attach{goal.upstream->epoch}, "getting ready to follow");
  }
  if (auto step = configure(goal, local, attached_to(goal))) return *step;
  if (!local.seen.running) {
    return act(action::StartStandby{goal.postgres}, "starting as a standby");
  }
  if (!local.seen.sql) return wait_for("starting", kSoon);
  return keep_following(goal, local, now);
}

Step hold_still(const Goal& goal, const LocalState& local, Instant now) {
  if (local.state.rewinding && local.rewind == RewindProgress::noted) {
    return *save(local, whole_again(goal, local), "giving up a rewind that has not begun");
  }
  // From here on it can speak; a ballot may need the word of every node.
  if (auto step = after_clone(goal, local)) return *step;
  if (auto step = after_rewind(goal, local)) return *step;
  if (local.seen.data == DataKind::absent || local.state.rebuilding) {
    return wait_for("it has no data to speak of", kAtPeace);
  }
  if (auto step = give_promise(goal, local, "promising the epoch")) return *step;
  if (runs_as_primary(local)) return act(action::Stop{}, "stopping: a ballot is under way");
  if (auto step = end_hung(local, now, kHungInBallot)) return *step;
  if (local.seen.running && !local.seen.sql) return wait_for("starting", kSoon);
  if (local.seen.running) {
    if (auto step = cut_off(local)) return *step;
    if (!position_is_final(local)) {
      if (auto step = replay_to_the_end(goal, local)) return *step;
      return wait_for("replaying its own WAL", kSoon);
    }
    // Where the ballot is over at once, a reload would only be in the way.
    if (local.detached_at && now - *local.detached_at < kBallotSettles) {
      return wait_for("holding its position for the ballot", kLater);
    }
    WantedSettings quiet = detached(goal);
    quiet.gate = Gate::open;
    if (auto step = configure(goal, local, quiet)) return *step;
    // Whoever is chosen may have to fetch WAL from here.
    if (auto step = keep_slots(goal, local)) return *step;
    return wait_for("holding its position for the ballot", kLater);
  }
  if (local.seen.credential) return act(action::Detach{}, "taking no more WAL");
  if (local.stopped_since && now - *local.stopped_since < kStartInBallot) {
    return wait_for("leaving the processors to those who may take over", kLater);
  }
  if (position_is_final(local)) {
    return start_detached(goal, local, "starting detached, to be ready to take over");
  }
  return start_detached(goal, local, "starting, to see where its WAL ends");
}

Step fast_forward(const Goal& goal, const LocalState& local, Instant now) {
  if (!goal.upstream || !goal.position) return hold_still(goal, local, now);
  if (local.state.promised != goal.epoch || !local.seen.sql || !local.seen.sql->in_recovery)
    return hold_still(goal, local, now);
  const std::optional<WalPosition> end = wal_end(local);
  if (end && *end >= *goal.position) return hold_still(goal, local, now);
  // WAL that has gone another way than the donor's can't be continued from there (R5).
  if (end && !is_prefix(goal.chain, *end)) {
    return stuck("GoneAnotherWay", "told to fetch WAL from " + goal.upstream->node.value +
                                       ", and has WAL that is not part of that history");
  }
  const AgentState state = with_timelines(goal.chain, noted(goal, local));
  if (auto step = save(local, state, "noting the donor")) return *step;
  if (!local.seen.credential) return act(action::Attach{goal.epoch}, "getting ready to fetch WAL");
  WantedSettings wanted = attached_to(goal);
  if (auto step = configure(goal, local, wanted)) return *step;
  if (auto step = restart_to_replay(local)) return *step;
  return wait_for("fetching WAL from " + goal.upstream->node.value, kSoon);
}

}  // namespace hactl
