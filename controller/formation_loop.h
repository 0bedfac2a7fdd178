// FormationLoop: carries out plan() for one formation. It owns what is stored and what is observed
// of it, has one write under way at most, and tells nobody a goal before its record is in the
// store.
//
// Everything is called from tasks of the scheduler, which outlives it together with its doors. It
// may be destroyed while a write or a task of its own is under way: their answers then come to
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/scheduler.h"
#include "base/time.h"
#include "controller/formation_change.h"
#include "controller/knocker.h"
#include "controller/steps_taken.h"
#include "controller/store.h"
#include "controller/wal_times.h"
#include "model/decided.h"
#include "model/goal.h"
#include "model/limits.h"
#include "model/observed.h"
#include "model/plan.h"
#include "model/record.h"
#include "model/report.h"
#include "model/spec.h"
#include "model/status.h"

namespace hactl {

/// First pause after a write that failed; doubles up to kStoreRetryMax. A store that is briefly
/// locked or unreachable is back within tenths of a second.
inline constexpr Duration kStoreRetryMin{100};
inline constexpr Duration kStoreRetryMax{5'000};
/// Writes that the planner may ask for without a pause: more than any move takes. A planner that
/// changed its mind for ever would otherwise write as fast as the disk can.
inline constexpr int kWritesInARowMax = 64;
/// Soonest that a timer wakes the loop: a plan whose wake_at has passed must not make it spin.
inline constexpr Duration kWakeSoonest{10};
/// Requests that wait for a write under way.
inline constexpr std::size_t kChangesWaitingMax = 64;
/// How often a request that met a conflict is tried again on what was read then.
inline constexpr int kChangeTriesMax = 3;
/// How long a list of steps to come is shown before it is made anew: it takes hundreds of plans.
inline constexpr Duration kStepsShownFor{1'000};
/// No such list is made so soon after a change of phase: it keeps a processor busy for tens of
/// milliseconds, and clients may be waiting for the next decision.
inline constexpr Duration kStepsSettle{300};
/// The time in which failovers count as recent.
inline constexpr Duration kFailoversRecentWithin = 10min;
/// How soon it is looked at that WAL has come further and nothing else: that happens all the time.
inline constexpr Duration kProgressPause{1'000};
/// Least time between the beginnings of two knocks at one node.
inline constexpr Duration kKnockPause{200};
/// How long a formation must have been converged for its earlier failovers to be forgotten.
inline constexpr Duration kWholeAfter{5'000};
/// Nodes whose reports are kept: those of the spec, those on their way out, and their successors.
inline constexpr std::size_t kObservedNodesMax = 2 * kNodesMax;

/// Agents' processes of before that are remembered of each node.
inline constexpr std::size_t kFormerLivesMax = 4;

/// A goal and a tag that changes when the goal does, when the controller restarts, and when another
/// controller has written to the store; not else.
struct TaggedGoal {
  Goal goal;
  std::string tag;
  /// Since when it has had this goal state; unset: since before this controller started.
  std::optional<UtcTime> since{};
};

class FormationLoop {
 public:
  /// Whom the loop tells. Called in tasks; may call the loop's accessors, but not destroy it.
  struct Callbacks {
    /// The node's goal_for() has changed or gone.
    std::function<void(const NodeName&)> goal_changed;
    /// Something that users see may have changed: stored(), events() or status().
    std::function<void()> looked_at;
    /// The formation does not exist any more. Last call for this life of the formation.
    std::function<void()> forgotten;
    /// The store has refused or lost a write; it is tried again by itself.
    std::function<void(const Error&)> store_failed;
  };
  using ChangeCallback = std::function<void(Result<Changed>)>;

  /// The loop of a formation that does not exist yet: apply() makes it.
  FormationLoop(Scheduler& scheduler, Store& store, Knocker& knocker, FormationName name,
                Callbacks callbacks);
  FormationLoop(const FormationLoop&) = delete;
  FormationLoop& operator=(const FormationLoop&) = delete;
  ~FormationLoop();

  /// Starts from what Store::load() gave. Requires that nothing was adopted or applied before.
  void adopt(StoredFormation stored, std::vector<Event> events,
             StoreIs store_is = StoreIs::as_it_was);

  /// Takes a report. Late ones and those of nodes that the formation does not know are dropped.
  void report_received(NodeReport report);
  /// The same for a report that came at `received_at`, before this formation existed.
  void report_received(NodeReport report, Instant received_at);

  /// The agent's connection was closed from its side.
  void hung_up(const NodeName& node);

  /// Creates or changes the formation. `callback` comes once, when the change is durable. Errors:
  /// conflict, invalid, unavailable, timed_out (the outcome is unknown).
  void apply(ApplyRequest request, ChangeCallback callback);

  /// Asks for a switchover. Errors as above; invalid when it can't be carried out by anyone.
  void move_requested(MoveRequest request, ChangeCallback callback);

  /// Asks for a failover without a primary that is lost. Errors as above.
  void failover_requested(FailoverRequest request, ChangeCallback callback);

  /// What becomes of a formation: pause_change(), resume_change() or restart_change().
  using Rollout = Result<Changed> (*)(const FormationName&, const StoredFormation*, UtcTime);
  /// Asks for it. Errors as above, and not_found.
  void rollout_requested(Rollout rollout, ChangeCallback callback);

  /// Lets every node go, with or without its data, then forgets the formation. Errors as above, and
  /// not_found.
  void delete_requested(DataOfDeleted data, ChangeCallback callback);

  /// Looks at everything, soon and once for any number of calls.
  void wake();

  /// The node's goal under the stored record; nullptr when there is none (yet).
  [[nodiscard]] const TaggedGoal* goal_for(const NodeName& node) const;

  /// What plan() is asked at `now`, without secrets. Requires exists().
  [[nodiscard]] PlanInputs inputs_at(Instant now) const;

  /// What users see now. Steps are filled in while the formation is not converged.
  [[nodiscard]] FormationStatus status() const;

  [[nodiscard]] const FormationName& name() const { return name_; }
  [[nodiscard]] bool exists() const { return stored_.version != 0; }
  /// True while a request waits for the store.
  [[nodiscard]] bool changing() const { return !waiting_.empty() || writing_change_; }
  /// Requires exists(), to mean anything.
  [[nodiscard]] const StoredFormation& stored() const { return stored_; }
  [[nodiscard]] const Observed& observed() const { return observed_; }
  /// The last plan; empty before the first.
  [[nodiscard]] const Plan& last_plan() const { return plan_; }
  /// The last kEventsMax, oldest first.
  [[nodiscard]] const std::deque<Event>& events() const { return events_; }
  /// The last version that the store gave to this formation, its removal included.
  [[nodiscard]] std::uint64_t last_version() const { return last_version_; }
  /// Writes that the store has accepted, and failovers begun, since the loop was made.
  [[nodiscard]] std::uint64_t writes() const { return writes_; }
  [[nodiscard]] std::uint64_t failovers() const { return failovers_; }

 private:
  /// What the store is at for this formation.
  enum class StoreState { idle, busy, pausing };

  /// A request that changes what is stored: `change` says what it would come to.
  struct Pending {
    std::function<Result<Changed>(const StoredFormation* current)> change;
    ChangeCallback callback;
    bool dry_run = false;
    int tries = 0;
  };
  using WriteCallback = std::function<void(const Result<std::uint64_t>&)>;

  /// Of what, and when, steps_ was last told what preview() foresees.
  struct LookAhead {
    std::pair<Generation, Revision> made_for;
    Instant made_at;
  };

  void enqueue(Pending pending);
  bool start_next_change();
  void change_written(Pending pending, Changed changed, const Result<std::uint64_t>& version);
  /// The same as wake(), at `when` at the latest.
  void wake_by(Instant when);
  void reconcile();
  void forget_failovers(Instant now);
  void knock();
  void write_planned(Instant now);
  void forget();
  /// Hands the plan's goals out; whether any is new.
  bool publish();
  void vanish();
  void refuse_waiting(const Error& error);
  void write_conditions(Instant now);
  /// \param blocked_said  What becomes of blocked_said_ once it is stored.
  void write_and_become(Store::Write write, std::uint32_t blocked_said);
  /// Why nothing will happen any more before something outside changes; nullptr: it may.
  [[nodiscard]] const Decision* blocking() const;
  /// The event that tells it, once.
  [[nodiscard]] std::optional<Event> newly_blocked() const;
  void start_write(Store::Write write, WriteCallback written);
  void store_trouble(const Error& error);
  void reload();
  void pause(Duration length);
  void become(StoredFormation stored);
  void keep_events(const std::vector<Event>& events, std::uint64_t version);
  void arm(std::optional<Instant> when);
  /// Whether the report was made after the agent had its present goal.
  [[nodiscard]] bool has_goal(const NodeReport& report) const;
  /// Whether what is stored comes from a write whose answer was lost.
  [[nodiscard]] bool is_what_we_wrote(const StoredFormation& stored) const;
  /// Notes since when clients can't write, once the primary that is being left has stopped.
  void note_stop(const NodeReport& report, Instant received_at);
  /// Another controller has written to the store, and may be the one that the nodes talk to. What
  /// it had heard is on record, and reports that were made before show less than that: as after a
  /// start, nobody was heard yet, and reports answer us when they come to new tags (R13).
  void ask_anew();
  [[nodiscard]] std::string tag_prefix() const;
  std::string next_tag();
  [[nodiscard]] bool knows(const NodeName& node) const;
  /// The plan's conditions, and what the planner does not know.
  [[nodiscard]] std::vector<Condition> conditions() const;
  [[nodiscard]] bool conditions_flipped(const std::vector<Condition>& seen) const;
  [[nodiscard]] std::vector<Condition> dated(std::vector<Condition> seen) const;
  void look_ahead() const;
  [[nodiscard]] Restarts restarts() const;
  /// Notes how far a primary's WAL has come, for the time that standbys lag behind.
  void note_wal(const NodeReport& report, Instant received_at);
  void measure_lags(FormationStatus& status) const;
  template <typename Function>
  auto guarded(Function function);

  Scheduler& scheduler_;
  Store& store_;
  Knocker& knocker_;
  const FormationName name_;
  const Callbacks callbacks_;
  // Shared with nobody who would keep it: tasks and answers look whether the loop still lives.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);

  StoredFormation stored_;
  Observed observed_;
  std::set<NodeName> knocking_;  ///< Knocks under way.
  Plan plan_;
  std::map<NodeName, TaggedGoal> goals_;
  std::deque<Event> events_;
  std::deque<Pending> waiting_;
  std::deque<Instant> failover_times_;  ///< Since the formation was last whole.
  std::optional<Instant> converged_since_;
  std::uint32_t blocked_said_ = 0;  ///< By which rule, as the last event told; 0: none did.

  StoreState store_state_ = StoreState::idle;
  WalTimes wal_times_;
  mutable StepsTaken steps_;
  mutable std::optional<LookAhead> looked_ahead_;
  bool adopted_ = false;  ///< It was there before this controller.
  bool writing_change_ = false;
  bool reload_needed_ = false;  ///< What is stored is not known: neither plan nor change anything.
  Duration retry_ = kStoreRetryMin;
  std::optional<StoredFormation> unanswered_;  ///< What was to be written; unset: it was.
  int writes_in_a_row_ = 0;
  int conflicts_in_a_row_ = 0;
  bool wake_pending_ = false;
  TimerId timer_;
  std::optional<Instant> timer_at_;

  std::int64_t tag_life_ = 0;          ///< Tells the tags of two lives of a controller apart.
  std::uint64_t lives_of_others_ = 0;  ///< How often another has written the record meanwhile.
  std::uint64_t tag_count_ = 0;
  std::uint64_t last_version_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t failovers_ = 0;
};

}  // namespace hactl
