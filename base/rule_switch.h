// The rules of the protocol (docs/safety.md), each named where the code keeps it: grep Rule::r7 to
// find rule and guard. A test build (HACTL_MUTANTS) drops guards one by one, and the test `mutants`
// fails unless the checker or the simulator notices. In every other build rule_holds() is true at
// compile time.
#pragma once

#ifdef HACTL_MUTANTS
#include <cstdint>
#endif

namespace hactl {

/// A guard; its comment says what holds because of it. The numbers are the rules'.
enum class Rule {
  // R1, promise: what an epoch asks of a node binds it for good.
  r1_older_goals_refused,  ///< A goal of an older epoch than the promised one is not obeyed.
  r1_promise_on_disk,      ///< A promise is reported when it is on disk.
  // R2, last word: nothing is added to WAL whose end a node has told a ballot.
  r2_detached,              ///< Credential and WAL receiver are taken away first.
  r2_final_when_detached,   ///< The end is told as final once both are gone,
  r2_no_promotion_pending,  ///< and no promotion can still come about.
  r2_final_of_this_ballot,  ///< The controller takes the last words of the ballot under way only.
  // R3, coverage: somebody was asked of every set that may have acknowledged a commit.
  r3_covered,  ///< A candidate is chosen only then.
  // R4, best position.
  r4_epoch_first,  ///< More WAL of an older epoch is not more data.
  // R5, fast-forward.
  r5_fetches_first,       ///< A candidate that lacks WAL fetches it before it is promoted.
  r5_waits_for_position,  ///< An agent promotes only what holds the position of its order.
  // R6, one promotion an epoch.
  r6_new_ballot,            ///< Another candidate needs another epoch.
  r6_older_orders_dropped,  ///< A goal that is older than one that was noted is dropped.
  // R7, joint settings: record, apply, prove, barrier.
  r7_recorded_first,         ///< A new setting stands in the record beside the old one,
  r7_old_kept_until_proven,  ///< until it is proven.
  r7_marker,                 ///< Every walsender has shown that it follows it,
  r7_checkpointer,           ///< and the checkpointer that commits wait.
  r7_barrier,                ///< The new quorum holds all that was written before.
  r7_on_file,                ///< It is told as proven when the agent's next life would keep it.
  // R8, retire late: settings of older epochs stay on record until the new primary is confirmed.
  r8_older_epochs_kept,
  r8_confirmed,
  r8_own_epoch_counts,  ///< A standby that streams by the word of another epoch holds no barrier.
  // R9, the gate.
  r9_closed_at_promotion,   ///< A node is promoted closed to clients,
  r9_opens_when_confirmed,  ///< and opens when its commit quorum holds its barrier.
  // R10, no start without a gate.
  r10_resumes_closed,  ///< A primary that was down comes back closed.
  r10_fresh_nonce,     ///< Where commits wait for nobody, it opens when the controller says so.
  r10_whole_data,      ///< Data of a rewind that was cut short is not started.
  // R11, divergence by lineage.
  r11_timeline_reserved,  ///< Every attempt to promote has a timeline of its own.
  r11_prefix_only,        ///< Only what is a prefix of the primary's history follows as it is.
  // R12, kill before weaken.
  r12_standby_waits,    ///< A standby's own setting is never empty.
  r12_foreign_setting,  ///< A setting that somebody else made counts until it is proven away.
  // R13, amnesia: a node that forgot counts as lost until it has been built anew.
  r13_notes,     ///< It shows older notes than it once did,
  r13_data,      ///< or less data,
  r13_no_notes,  ///< or none: nothing is built on such data.
  r13_sealed,    ///< A primary that resumes lets no node in before it has what it had shown.
  r13_sent,      ///< What others have of a timeline its writer had before.
  r13_found,     ///< It is judged by what recovery found, before that has written more.
  // A store that was put back to an older copy.
  restore_noticed,   ///< It is noticed by what nodes have seen.
  restore_proven,    ///< The open primary proves the setting that it has before that is believed.
  restore_asks_all,  ///< Without such a proof every node is asked.
  // Leases, for reads and where the spec asks for no synchronous standby.
  lease_waited,  ///< The controller waits until a lost primary has closed.
  lease_closes,  ///< A primary that hears nobody closes.
};

#ifdef HACTL_MUTANTS
/// The guards that this process does without, a bit each.
inline std::uint64_t& dropped_rules() {
  static std::uint64_t rules = 0;
  return rules;
}
inline bool rule_holds(Rule rule) {
  return (dropped_rules() >> static_cast<unsigned>(rule) & 1U) == 0;
}
#else
constexpr bool rule_holds(Rule /*rule*/) {
  return true;
}
#endif

}  // namespace hactl
