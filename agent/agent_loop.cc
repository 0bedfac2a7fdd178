#include "agent/agent_loop.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "model/limits.h"

namespace hactl {
namespace {

/// Wait before the first retry of a failed action; doubles up to the second value.
constexpr Duration kRetryFirst{100};
constexpr Duration kRetryMax{5'000};
/// Between two looks at a PostgreSQL that stops: another node may be waiting for its last word.
constexpr Duration kStopLook{5};
/// What is waited for is looked at this often at least while it has not lasted for long, and then
/// less and less: seen late by a fiftieth of the wait, and no processor is kept busy by waiting.
constexpr int kLooksInAWait = 50;
/// Wait before a goal is asked for again after the controller could not be reached.
constexpr Duration kReceiveRetry{250};
/// How long what a look has shown is told again and again as if it were still so.
constexpr Duration kLookGoodFor{2'500};
/// Actions that take this long are told to the log a second time, with how long they took.
constexpr Duration kWorthTelling{20};
/// What changes in a report all the time without meaning anything new is made as `told` has it.
void take_progress(NodeReport& report, const NodeReport& told) {
  report.number = told.number;
  report.position = told.position;
  report.replayed = told.replayed;
  report.goal_tag = told.goal_tag;
  if (report.final_for.value != 0 || !report.primary || !told.primary) return;
  std::vector<SenderView>& senders = report.primary->senders;
  if (senders.size() != told.primary->senders.size()) return;
  for (std::size_t i = 0; i < senders.size(); ++i) {
    senders[i].flushed = told.primary->senders[i].flushed;
    senders[i].replayed = told.primary->senders[i].replayed;
  }
}

/// Whether `report` says more than `told` did, and more than how far its WAL has come.
bool is_news(const NodeReport& report, const NodeReport& told) {
  if (report == told) return false;
  NodeReport same = report;
  take_progress(same, told);
  return same != told;
}

}  // namespace

AgentLoop::AgentLoop(Scheduler& scheduler, Postgres& postgres, StateFile& state_file,
                     Transport& transport, AgentIdentity identity)
    : scheduler_(scheduler),
      postgres_(postgres),
      state_file_(state_file),
      transport_(transport),
      identity_(std::move(identity)) {}

Result<Done> AgentLoop::start() {
  Result<std::optional<AgentState>> loaded = state_file_.load();
  if (!loaded && loaded.error().code != ErrorCode::corrupt) return loaded.error();
  // Damaged notes are as good as none: next_action() knows what to do without.
  if (!loaded) identity_.say("the notes are lost: " + loaded.error().message);
  if (loaded && *loaded) local_.state = **loaded;
  local_.state.formation = identity_.formation;
  local_.state.node = identity_.node;
  local_.paths = identity_.paths;
  local_.os_user = identity_.os_user;
  goal_ = local_.state.goal;
  local_.controller_heard_at = scheduler_.now();
  // An action that ends PostgreSQL looks itself when it is done.
  postgres_.on_exit([this] {
    if (!performing_) look();
  });
  look();
  receive();
  beat();
  return Done{};
}

void AgentLoop::look() {
  if (looking_) {
    look_again_ = true;
    return;
  }
  scheduler_.cancel(look_timer_);
  look_timer_ = TimerId{};
  looking_ = true;
  look_again_ = false;
  postgres_.observe(goal_ ? goal_->postgres : PostgresGoal{},
                    [this](PostgresView view) { seen(std::move(view)); });
}

void AgentLoop::seen(PostgresView view) {
  looking_ = false;
  seen_at_ = scheduler_.now();
  if (look_again_) {
    // Something happened after this look began: it may show what is no longer so.
    look();
    return;
  }
  learn_from(std::move(view));
  decide();
}

void AgentLoop::learn_from(PostgresView view) {
  if (local_.seen.running && !view.running) forget_postgres();
  if (view.running) {
    local_.stopped_since.reset();
    if (!stopping_) local_.stop_took.reset();
    learn_answer(view.sql);
  } else if (!local_.stopped_since) {
    local_.stopped_since = scheduler_.now();
    if (closing_since_) local_.stop_took = scheduler_.now() - *closing_since_;
    closing_since_.reset();
  }
  local_.seen = std::move(view);
}

void AgentLoop::learn_answer(const std::optional<SqlView>& sql) {
  if (!sql) {
    if (local_.answered && !local_.unanswered_since) local_.unanswered_since = scheduler_.now();
    return;
  }
  if (!stops_to_restart()) local_.restarting = false;
  local_.answered = true;
  local_.unanswered_since.reset();
  if (local_.tick && sql->flushed >= local_.tick->end) local_.tick->flushed = true;
  if (sql->foreign_sync && goal_ && goal_->sync) {
    local_.foreign_sync_in = goal_->sync->generation;
    local_.proof = SyncProof{};
  }
}

void AgentLoop::forget_postgres() {
  local_.answered = false;
  local_.unanswered_since.reset();
  local_.tick.reset();
  local_.proof = SyncProof{};
  local_.promote_ordered_for.reset();
  local_.start_nonce = 0;
}

void AgentLoop::decide() {
  const Instant now = scheduler_.now();
  Step step = wait_without_goal();
  if (goal_) step = next_action(*goal_, local_, now);
  if (step.problem) {
    local_.problem = step.problem;
  } else if (!local_.retry_at) {
    local_.problem.reset();
  }
  // What is done all the time says nothing about what it is at, and what is under way goes on.
  const bool at_something_else = performing_ && !performing_routine_;
  if (!at_something_else && !step.routine && step.why != doing_) {
    doing_ = step.why;
    doing_since_ = now;
  }
  report_ = report_of(goal_, local_, now);
  report_.doing = doing_;
  report_.goal_tag = goal_tag_;
  if (step.action && !performing_) {
    perform(step);
    tell();
    return;
  }
  tell();
  look_after(pace(step.look_again));
}

Step AgentLoop::wait_without_goal() {
  Step step;
  step.look_again = kReportEvery;
  return step;
}

void AgentLoop::look_after(Duration wait) {
  scheduler_.cancel(look_timer_);
  look_timer_ = scheduler_.at(scheduler_.now() + std::min(wait, kReportEvery), [this] { look(); });
}

void AgentLoop::beat() {
  scheduler_.at(scheduler_.now() + report_every(), [this] { beat(); });
  // What was seen long ago is no sign of life: a look may hang on a disk that does.
  if (scheduler_.now() - seen_at_ < kLookGoodFor) tell();
}

Duration AgentLoop::report_every() const {
  return report_.primary ? kPrimaryReportEvery : kReportEvery;
}

void AgentLoop::perform(const Step& step) {
  const Action& action = *step.action;
  if (!step.routine) identity_.say(std::string(name_of(action)) + ": " + step.why);
  performing_ = std::string(name_of(action));
  performing_since_ = scheduler_.now();
  performing_routine_ = step.routine;
  performing_for_ = goal_;
  if (const auto* stop = std::get_if<action::Stop>(&action)) {
    stopping_ = *stop;
    if (local_.seen.sql && !local_.seen.sql->in_recovery) closing_since_ = scheduler_.now();
  }
  // What is seen of it while it stops must not look like a failure.
  if (stops_to_restart()) local_.restarting = true;
  const auto done = [this, action](const Result<ActionOutcome>& outcome) {
    performed(action, outcome);
  };
  if (const auto* save = std::get_if<action::SaveState>(&action)) {
    state_file_.save(save->state, [done](const Result<Done>& saved) {
      done(saved ? Result<ActionOutcome>(ActionOutcome{}) : Result<ActionOutcome>(saved.error()));
    });
  } else if (std::holds_alternative<action::NoteMarker>(action) ||
             std::holds_alternative<action::NoteConfirmed>(action)) {
    scheduler_.post([done] { done(ActionOutcome{}); });
  } else {
    postgres_.perform(action, done);
  }
  // While it runs, PostgreSQL is watched and reports go on.
  look_after(pace(Duration{0}));
}

Duration AgentLoop::pace(Duration wanted) const {
  if (!performing_) {
    if (doing_.empty()) return wanted;
    return std::max(wanted, (scheduler_.now() - doing_since_) / kLooksInAWait);
  }
  return stopping_ ? kStopLook : std::max(wanted, kRetryFirst);
}

void AgentLoop::performed(const Action& action, const Result<ActionOutcome>& outcome) {
  performing_.reset();
  stopping_.reset();
  const Duration took = scheduler_.now() - performing_since_;
  if (took >= kWorthTelling) {
    identity_.say(std::string(name_of(action)) + " took " + std::to_string(took.count()) + " ms");
  }
  if (outcome) {
    failures_ = 0;
    local_.retry_at.reset();
    local_.problem.reset();
    remember(action, *outcome);
  } else {
    failed(action, outcome.error());
  }
  const bool postgres_unchanged = std::holds_alternative<action::SaveState>(action) ||
                                  std::holds_alternative<action::Attach>(action) ||
                                  std::holds_alternative<action::Tick>(action) ||
                                  std::holds_alternative<action::NoteMarker>(action) ||
                                  std::holds_alternative<action::NoteConfirmed>(action);
  if (postgres_unchanged && outcome && !looking_) {
    decide();
  } else {
    look();
  }
}

void AgentLoop::remember(const Action& action, const ActionOutcome& outcome) {
  SyncProof& proof = local_.proof;
  // The goal may have changed while the action ran: what it proved, it proved for the former one.
  const std::optional<SyncConfig> sync = performing_for_ ? performing_for_->sync : std::nullopt;
  const auto prove_for_goal = [&] {
    if (!sync) return;
    if (proof.epoch == sync->epoch && proof.generation == sync->generation) return;
    proof = SyncProof{};
    proof.epoch = sync->epoch;
    proof.generation = sync->generation;
  };
  if (const auto* save = std::get_if<action::SaveState>(&action)) {
    const bool noted = save->state.rewinding && !local_.state.rewinding;
    if (noted) local_.rewind = RewindProgress::noted;
    local_.state = save->state;
    if (!save->state.rebuilding) local_.cloned = false;
  } else if (std::holds_alternative<action::Clone>(action)) {
    local_.cloned = true;
    local_.starts_failed = 0;
  } else if (const auto* attach = std::get_if<action::Attach>(&action)) {
    local_.attached_for = attach->epoch;
    local_.seen.credential = true;  // The next step needs no look to know it.
  } else if (std::holds_alternative<action::Detach>(action)) {
    local_.attached_for.reset();
    local_.detached_at = scheduler_.now();
  } else if (std::holds_alternative<action::Promote>(action)) {
    if (performing_for_) local_.promote_ordered_for = performing_for_->epoch;
  } else if (const auto* checkpoint = std::get_if<action::Checkpoint>(&action)) {
    if (checkpoint->restart == 0) {
      local_.checkpointed_for = checkpoint->epoch;
    } else {
      local_.checkpointed_for_restart = checkpoint->restart;
    }
  } else if (const auto* stop = std::get_if<action::Stop>(&action)) {
    local_.restarting = stop->restart;
    forget_postgres();
  } else if (std::holds_alternative<action::ResumeGated>(action)) {
    forget_postgres();
  } else if (std::holds_alternative<action::AskToOpen>(action)) {
    local_.start_nonce = outcome.start_nonce;
    local_.asked_at = performing_since_;
  } else if (std::holds_alternative<action::NoteMarker>(action)) {
    prove_for_goal();
    proof.marker_proven = true;
  } else if (std::holds_alternative<action::ProveCheckpointer>(action)) {
    prove_for_goal();
    proof.checkpointed = true;
  } else if (std::holds_alternative<action::WriteBarrier>(action)) {
    prove_for_goal();
    proof.barrier = outcome.lsn;
    proof.barrier_at = scheduler_.now();
  } else if (std::holds_alternative<action::NoteConfirmed>(action)) {
    prove_for_goal();
    proof.confirmed = true;
  } else if (std::holds_alternative<action::SetSlots>(action)) {
    local_.slots_advanced_at = scheduler_.now();
  } else if (std::holds_alternative<action::Tick>(action)) {
    local_.tick = WalTick{outcome.lsn, scheduler_.now(), false};
  } else if (const auto* asked = std::get_if<action::AskSource>(&action)) {
    local_.source_ready_for = asked->upstream.epoch;
  } else if (std::holds_alternative<action::Rewind>(action)) {
    local_.rewind = RewindProgress::done;
    local_.starts_failed = 0;
  } else if (std::holds_alternative<action::StartStandby>(action)) {
    local_.starts_failed = 0;
  }
}

void AgentLoop::failed(const Action& action, const Error& error) {
  const bool untouched = error.code == ErrorCode::unavailable;
  if (std::holds_alternative<action::Rewind>(action) && !untouched) {
    local_.rewind = RewindProgress::failed;
  }
  if (std::holds_alternative<action::Clone>(action)) ++local_.clones_failed;
  if (std::holds_alternative<action::StartStandby>(action)) ++local_.starts_failed;
  const int doublings = std::min(failures_++, 6);
  const Duration wait = std::min(kRetryFirst * (1 << doublings), kRetryMax);
  local_.retry_at = scheduler_.now() + wait;
  identity_.say(std::string(name_of(action)) + " failed: " + error.message);
  local_.problem = Problem{"ActionFailed", std::string(name_of(action)) + ": " + error.message};
}

void AgentLoop::tell() {
  if (telling_) return;
  const Instant now = scheduler_.now();
  const bool due = !told_at_ || now - *told_at_ >= report_every() - Duration{20};
  if (!due && !is_news(report_, told_)) return;
  telling_ = true;
  told_at_ = now;
  told_ = report_;
  NodeReport message = report_;
  message.number = ++reports_;
  message.process = identity_.process;
  transport_.send(message, [this, now](const Result<Done>& sent) {
    telling_ = false;
    // Once the controller is heard again, a question from before may wait on a dead connection.
    if (sent && !unheard_.empty()) transport_.stop_receiving();
    say_whether_heard(sent);
    if (sent) {
      // From when it was asked: the answer may have been on its way for long.
      local_.controller_heard_at = now;
      tell();
    } else {
      told_ = NodeReport{};
    }
  });
}

void AgentLoop::say_whether_heard(const Result<Done>& sent) {
  const std::string trouble = sent ? "" : sent.error().message;
  if (trouble == unheard_) return;
  identity_.say(sent ? "the controller is reached again"
                     : "the controller does not take this node's reports: " + trouble);
  unheard_ = trouble;
}

void AgentLoop::receive() {
  transport_.receive(goal_tag_, [this](const Result<std::optional<Transport::Order>>& answer) {
    received(answer);
  });
}

void AgentLoop::received(const Result<std::optional<Transport::Order>>& answer) {
  if (!answer) {
    scheduler_.at(scheduler_.now() + kReceiveRetry, [this] { receive(); });
    return;
  }
  if (*answer) {
    goal_tag_ = (*answer)->tag;
    if (acceptable((*answer)->goal, local_.state, goal_ ? &*goal_ : nullptr)) {
      goal_ = (*answer)->goal;
      local_.retry_at.reset();
    }
    look();
  }
  receive();
}

}  // namespace hactl
