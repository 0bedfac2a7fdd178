#include "controller/formation_loop.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "model/limits.h"
#include "planner/plan.h"
#include "planner/preview.h"
#include "planner/status.h"

namespace hactl {
namespace {

/// Whether a node that was told `told` needs not be told `goal`: only the record's revision has
/// moved on. Each goal costs an agent a look and a write to its disk, and all of them come at the
/// moment in which somebody waits for a new primary.
bool same_order(const Goal& told, Goal& goal) {
  const Revision own = std::exchange(goal.revision, told.revision);
  const bool same = told == goal;
  goal.revision = own;
  return same;
}

}  // namespace

template <typename Function>
auto FormationLoop::guarded(Function function) {
  return [alive = std::weak_ptr<const bool>(alive_),
          function = std::move(function)](auto&&... arguments) {
    if (!alive.expired()) function(std::forward<decltype(arguments)>(arguments)...);
  };
}

FormationLoop::FormationLoop(Scheduler& scheduler, Store& store, Knocker& knocker,
                             FormationName name, Callbacks callbacks)
    : scheduler_(scheduler),
      store_(store),
      knocker_(knocker),
      name_(std::move(name)),
      callbacks_(std::move(callbacks)),
      tag_life_(scheduler.utc().milliseconds) {
  observed_.started_at = scheduler_.now();
  observed_.phase_since = observed_.started_at;
}

FormationLoop::~FormationLoop() {
  scheduler_.cancel(timer_);
}

void FormationLoop::adopt(StoredFormation stored, std::vector<Event> events, StoreIs store_is) {
  HACTL_CHECK(!exists() && stored.version != 0);
  stored_ = std::move(stored);
  adopted_ = true;
  last_version_ = stored_.version;
  observed_.password = stored_.password;
  if (store_is == StoreIs::put_back) observed_.put_back_to = stored_.record.incarnation;
  events_.assign(std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
  wake();
}

void FormationLoop::wake_by(Instant when) {
  if (!timer_at_ || *timer_at_ > when) arm(when);
}

void FormationLoop::knock() {
  for (const auto& [node, order] : plan_.knocks) {
    const auto last = observed_.knocks.find(node);
    const Instant now = scheduler_.now();
    const bool just_now =
        last != observed_.knocks.end() && now < last->second.begun_at + kKnockPause;
    if (just_now || !knocking_.insert(node).second) continue;
    knocker_.knock(order, guarded([this, name = node, now](KnockAnswer answer) {
                     knocking_.erase(name);
                     observed_.knocks[name] = Knocked{answer, now};
                     wake();
                   }));
  }
}

void FormationLoop::apply(ApplyRequest request, ChangeCallback callback) {
  Pending pending;
  pending.dry_run = request.dry_run;
  pending.callback = std::move(callback);
  pending.change = [this, wanted = std::move(request)](const StoredFormation* current) {
    return apply_change(current, wanted, scheduler_.utc());
  };
  enqueue(std::move(pending));
}

void FormationLoop::move_requested(MoveRequest request, ChangeCallback callback) {
  Pending pending;
  pending.callback = std::move(callback);
  pending.change = [this, wanted = std::move(request)](const StoredFormation* current) {
    return move_change(name_, current, wanted, scheduler_.utc());
  };
  enqueue(std::move(pending));
}

void FormationLoop::failover_requested(FailoverRequest request, ChangeCallback callback) {
  Pending pending;
  pending.callback = std::move(callback);
  pending.change = [this, wanted = std::move(request)](const StoredFormation* current) {
    return failover_change(name_, current, wanted, scheduler_.utc());
  };
  enqueue(std::move(pending));
}

void FormationLoop::rollout_requested(Rollout rollout, ChangeCallback callback) {
  Pending pending;
  pending.callback = std::move(callback);
  pending.change = [this, rollout](const StoredFormation* current) {
    return rollout(name_, current, scheduler_.utc());
  };
  enqueue(std::move(pending));
}

void FormationLoop::delete_requested(DataOfDeleted data, ChangeCallback callback) {
  Pending pending;
  pending.callback = std::move(callback);
  pending.change = [this, data](const StoredFormation* current) {
    return delete_change(name_, current, data, scheduler_.utc());
  };
  enqueue(std::move(pending));
}

void FormationLoop::enqueue(Pending pending) {
  if (waiting_.size() >= kChangesWaitingMax) {
    scheduler_.post([callback = std::move(pending.callback)] {
      callback(Error{ErrorCode::unavailable, "too many requests wait for the store"});
    });
    return;
  }
  waiting_.push_back(std::move(pending));
  wake();
}

void FormationLoop::wake() {
  if (std::exchange(wake_pending_, true)) return;
  scheduler_.post(guarded([this] { reconcile(); }));
}

void FormationLoop::reconcile() {
  wake_pending_ = false;
  if (store_state_ == StoreState::busy) return;  // The store's answer wakes us again.
  if (store_state_ == StoreState::idle) {
    if (reload_needed_) return reload();
    if (start_next_change()) return;
  }
  if (!exists() || reload_needed_) return;

  const Instant now = scheduler_.now();
  forget_failovers(now);
  const auto plan_now = [&] {
    return plan(stored_.spec_in_force(), stored_.generation_in_force(), stored_.record, observed_,
                now);
  };
  plan_ = plan_now();
  const bool to_be_written = plan_.deleted || plan_.record.has_value();
  if (!to_be_written) {
    writes_in_a_row_ = 0;
    // Whoever has yet to hear a new goal is not at it, and the conditions are to say so.
    if (publish()) plan_ = plan_now();
  }
  const bool whole = is_true(plan_.conditions, "Converged");
  converged_since_ = whole ? std::optional(converged_since_.value_or(now)) : std::nullopt;
  if (whole) steps_.converged();
  if (blocking() == nullptr) blocked_said_ = 0;
  arm(plan_.wake_at);
  knock();
  if (store_state_ == StoreState::idle) {
    if (plan_.deleted) {
      forget();
    } else if (plan_.record) {
      write_planned(now);
    } else if (conditions_flipped(conditions())) {
      write_conditions(now);
    }
  }
  if (callbacks_.looked_at) callbacks_.looked_at();
}

void FormationLoop::forget_failovers(Instant now) {
  while (!failover_times_.empty() && failover_times_.front() + kFailoversRecentWithin <= now) {
    failover_times_.pop_front();
  }
  // A formation that has been whole again since is not one that flaps.
  if (converged_since_ && now - *converged_since_ >= kWholeAfter) failover_times_.clear();
  observed_.failovers_recently = static_cast<int>(failover_times_.size());
}

bool FormationLoop::start_next_change() {
  while (!waiting_.empty()) {
    Pending pending = std::move(waiting_.front());
    waiting_.pop_front();
    Result<Changed> changed = pending.change(exists() ? &stored_ : nullptr);
    if (!changed.ok() || changed->outcome == ChangeOutcome::unchanged || pending.dry_run) {
      pending.callback(std::move(changed));
      continue;
    }
    Store::Write write;
    write.formation = changed->formation;
    write.expected_version = stored_.version;
    write.events = changed->events;
    write.revision = changed->revision;
    writing_change_ = true;
    start_write(std::move(write), [this, pending = std::move(pending),
                                   result = *changed](const Result<std::uint64_t>& version) {
      change_written(pending, result, version);
    });
    return true;
  }
  return false;
}

void FormationLoop::change_written(Pending pending, Changed changed,
                                   const Result<std::uint64_t>& version) {
  writing_change_ = false;
  if (version.ok()) {
    changed.formation.version = *version;
    become(changed.formation);
    keep_events(changed.events, *version);
    pending.callback(std::move(changed));
    if (callbacks_.looked_at) callbacks_.looked_at();
    return;
  }
  store_trouble(version.error());
  ++pending.tries;
  if (version.error().code == ErrorCode::conflict && pending.tries < kChangeTriesMax) {
    waiting_.push_front(std::move(pending));
    return;
  }
  pending.callback(version.error().within("store formation \"" + name_.value + "\""));
}

void FormationLoop::start_write(Store::Write write, WriteCallback written) {
  store_state_ = StoreState::busy;
  unanswered_ = write.formation;
  store_.write(write,
               guarded([this, written = std::move(written)](const Result<std::uint64_t>& version) {
                 store_state_ = StoreState::idle;
                 if (version.ok()) {
                   ++writes_;
                   unanswered_.reset();
                   last_version_ = *version;
                   retry_ = kStoreRetryMin;
                   conflicts_in_a_row_ = 0;
                 }
                 written(version);
                 wake();
               }));
}

void FormationLoop::store_trouble(const Error& error) {
  // Whatever the store said, what it holds is looked at again: a write whose answer was lost may
  // have been carried out, and one that was refused shows that somebody else writes.
  reload_needed_ = true;
  if (callbacks_.store_failed) callbacks_.store_failed(error);
  // One conflict is answered by reading; more of them are a quarrel with another writer.
  if (error.code == ErrorCode::conflict && ++conflicts_in_a_row_ == 1) return;
  pause(std::exchange(retry_, std::min(2 * retry_, kStoreRetryMax)));
}

void FormationLoop::pause(Duration length) {
  store_state_ = StoreState::pausing;
  scheduler_.at(scheduler_.now() + length, guarded([this] {
                  store_state_ = StoreState::idle;
                  wake();
                }));
}

void FormationLoop::reload() {
  store_state_ = StoreState::busy;
  store_.load(guarded([this](const Result<StoredWorld>& world) {
    store_state_ = StoreState::idle;
    if (!world.ok()) {
      refuse_waiting(world.error());
      store_trouble(world.error());
      return;
    }
    reload_needed_ = false;
    const std::uint64_t known = stored_.version;
    const auto found = std::ranges::find_if(
        world->formations,
        [this](const StoredFormation& formation) { return formation.formation.name == name_; });
    become(found == world->formations.end() ? StoredFormation{} : *found);
    if (stored_.version != known && !is_what_we_wrote(stored_)) ask_anew();
    events_.clear();
    for (const auto& [formation, event] : world->events) {
      if (formation == name_) events_.push_back(event);
    }
    wake();
  }));
}

bool FormationLoop::is_what_we_wrote(const StoredFormation& stored) const {
  return unanswered_ && unanswered_->record == stored.record &&
         unanswered_->formation == stored.formation && unanswered_->held == stored.held &&
         unanswered_->conditions == stored.conditions;
}

void FormationLoop::become(StoredFormation stored) {
  const bool existed = exists();
  const FormationRecord& before = stored_.record;
  const FormationRecord& after = stored.record;
  const Instant now = scheduler_.now();
  if (before.phase != after.phase || before.epoch != after.epoch) observed_.phase_since = now;
  if (after.phase != Phase::switchover && after.phase != Phase::promote) {
    observed_.writes_stopped_at.reset();
  }
  if (existed && after.epoch > before.epoch && after.phase == Phase::collect &&
      before.phase != Phase::collect) {
    observed_.last_failover = now;
    failover_times_.push_back(now);
    ++failovers_;
  }
  if (existed && after.phase == Phase::switchover && before.phase != Phase::switchover &&
      !before.request && !after.request) {
    observed_.moves.push_back(now);
    if (observed_.moves.size() > kMovesMax) observed_.moves.erase(observed_.moves.begin());
  }
  stored_ = std::move(stored);
  last_version_ = std::max(last_version_, stored_.version);
  observed_.password = stored_.password;
  if (existed && !exists()) vanish();
}

void FormationLoop::vanish() {
  plan_ = Plan{};
  adopted_ = false;
  blocked_said_ = 0;
  wal_times_ = {};
  steps_ = {};
  arm(std::nullopt);
  observed_.nodes.clear();
  events_.clear();
  publish();
  if (callbacks_.forgotten) callbacks_.forgotten();
}

void FormationLoop::refuse_waiting(const Error& error) {
  for (Pending& pending : std::exchange(waiting_, {})) {
    pending.callback(error.within("read formation \"" + name_.value + "\" again"));
  }
}

bool FormationLoop::publish() {
  std::vector<NodeName> changed;
  // What an earlier life of the controller told them, and when, is not known any more.
  const bool goes_on = adopted_ && goals_.empty();
  for (auto& [node, goal] : plan_.goals) {
    const auto told = goals_.find(node);
    if (told != goals_.end() && same_order(told->second.goal, goal)) continue;
    std::optional<UtcTime> since;
    if (!goes_on) since = scheduler_.utc();
    if (told != goals_.end() && told->second.goal.state == goal.state) since = told->second.since;
    goals_.insert_or_assign(node, TaggedGoal{goal, next_tag(), since});
    changed.push_back(node);
  }
  std::erase_if(goals_, [&](const auto& told) {
    if (plan_.goals.contains(told.first)) return false;
    changed.push_back(told.first);
    return true;
  });
  for (const NodeName& node : changed) {
    const auto seen = observed_.nodes.find(node);
    if (seen != observed_.nodes.end()) seen->second.knows_goal = false;
    if (callbacks_.goal_changed) callbacks_.goal_changed(node);
  }
  return !changed.empty();
}

void FormationLoop::arm(std::optional<Instant> when) {
  if (when == timer_at_) return;
  scheduler_.cancel(timer_);
  timer_at_ = when;
  if (!when) return;
  timer_ = scheduler_.at(std::max(*when, scheduler_.now() + kWakeSoonest), guarded([this] {
                           timer_at_.reset();
                           wake();
                         }));
}

std::vector<Condition> FormationLoop::conditions() const {
  std::vector<Condition> all = plan_.conditions;
  if (!stored_.held) return all;
  const std::string held = std::to_string(stored_.held->generation.value);
  const bool waits = stored_.generation != stored_.held->generation;
  Condition paused;
  paused.type = kPausedCondition;
  paused.status = ConditionStatus::yes;
  paused.reason = waits ? "NewerSpecWaits" : "RolloutPaused";
  paused.message = waits ? "generation " + std::to_string(stored_.generation.value) +
                               " waits; generation " + held + " stays in force"
                         : "generation " + held + " stays in force, whatever is applied";
  paused.observed_generation = stored_.generation;
  all.push_back(std::move(paused));
  return all;
}

bool FormationLoop::conditions_flipped(const std::vector<Condition>& seen) const {
  return std::ranges::any_of(seen, [this](const Condition& condition) {
    const Condition* before = find_condition(stored_.conditions, condition.type);
    return before == nullptr || before->status != condition.status;
  });
}

std::vector<Condition> FormationLoop::dated(std::vector<Condition> seen) const {
  for (Condition& condition : seen) {
    const Condition* before = find_condition(stored_.conditions, condition.type);
    const bool flipped = before == nullptr || before->status != condition.status;
    condition.last_transition = flipped ? scheduler_.utc() : before->last_transition;
  }
  return seen;
}

const TaggedGoal* FormationLoop::goal_for(const NodeName& node) const {
  const auto found = goals_.find(node);
  return found == goals_.end() ? nullptr : &found->second;
}

FormationStatus FormationLoop::status() const {
  const Instant now = scheduler_.now();
  FormationStatus status = status_of(
      Facts(stored_.spec_in_force(), stored_.generation_in_force(), stored_.record, observed_, now),
      plan_);
  status.conditions = dated(conditions());
  measure_lags(status);
  if (is_true(status.conditions, "Converged")) return status;
  look_ahead();
  status.steps = steps_.to_come();
  status.done_steps = steps_.done();
  return status;
}

void FormationLoop::measure_lags(FormationStatus& status) const {
  const auto primary = std::ranges::find(status.nodes, status.primary, &NodeStatus::name);
  if (primary == status.nodes.end()) return;
  for (NodeStatus& node : status.nodes) {
    // Of a standby whose stream has come to a halt the primary says nothing any more.
    const bool stalled = !node.lag_bytes && node.state == NodeState::standby &&
                         primary->state == NodeState::primary && node.timeline == primary->timeline;
    if (stalled) node.lag_bytes = distance(node.lsn, primary->lsn).value;
    if (!node.lag_bytes) continue;
    if (*node.lag_bytes == 0) {
      node.lag_seconds = 0;
    } else if (const auto since = wal_times_.beyond(Lsn(primary->lsn.value - *node.lag_bytes))) {
      node.lag_seconds = (scheduler_.now() - *since) / 1s;
    }
  }
}

void FormationLoop::look_ahead() const {
  const Instant now = scheduler_.now();
  const Generation generation = stored_.generation_in_force();
  const LookAhead ahead{{generation, stored_.record.revision}, now};
  const bool fresh = looked_ahead_ && looked_ahead_->made_for == ahead.made_for &&
                     now - looked_ahead_->made_at < kStepsShownFor;
  if (fresh || now - observed_.phase_since < kStepsSettle) return;
  looked_ahead_ = ahead;
  const FormationSpec& spec = stored_.spec_in_force();
  Preview next = preview(spec, generation, PreviewStart{&spec, stored_.record, observed_, now});
  steps_.foreseen(std::move(next.steps), generation, restarts());
}

Restarts FormationLoop::restarts() const {
  Restarts result;
  for (const auto& [name, told] : goals_) {
    if (told.goal.restart != 0) result.ordered.insert(name);
  }
  for (const auto& [name, node] : observed_.nodes) {
    if (node.report.restart_done >= stored_.generation_in_force().value) result.done.insert(name);
  }
  return result;
}

}  // namespace hactl
