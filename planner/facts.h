// Facts: what the planner's rules may ask, each computed once and in one place.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/limits.h"
#include "model/observed.h"
#include "model/plan.h"
#include "model/record.h"
#include "model/spec.h"

namespace hactl {

/// What is known of one node.
struct NodeFacts {
  std::optional<Member> member;  ///< Unset: not in the spec any more.
  /// Where it is; for a node that left the spec, where it was.
  std::optional<Member> address;
  const NodeReport* report = nullptr;  ///< The latest; nullptr: never heard.
  Instant heard_at;
  Instant steady_since;
  std::optional<Instant> hung_up_at;
  bool heard = false;       ///< Within kSilentAfter.
  bool knows_goal = false;  ///< Its report was made after it had its present goal.
  bool forgot = false;      ///< Is heard, and shows less than it once knew (R13).
  bool excluded = false;    ///< `forgot` is on record, and it was not built anew since.
  bool let_go = false;      ///< Is let go on record, and the order to leave may still reach it.
  /// In maintenance by its spec, and nothing needs it any more: it is to be, or is, stopped.
  bool maintained = false;
  bool has_data = false;
  std::optional<Position> position;  ///< On a timeline that the formation knows.
  WalPosition complete_seen;         ///< What this incarnation once had, whole.
  /// Its position is its last word for the record's epoch, and it shows all that it once knew.
  bool final = false;
  const SenderView* sender =
      nullptr;  ///< As the primary sees it, streaming in the primary's epoch.
};

/// PostgreSQL does not run. Data that is half made waits as it is.
bool is_down(NodeState state);

/// One formation at one instant. Keeps references: lives no longer than what it was made from.
class Facts {
 public:
  Facts(const FormationSpec& spec_in, Generation generation_in, const FormationRecord& record_in,
        const Observed& observed_in, Instant now_in);

  /// Whether `wait` has passed since `since`; if not, the plan is asked again when it will have.
  bool passed(Instant since, Duration wait);

  [[nodiscard]] const NodeFacts& node(const NodeName& name) const { return nodes.at(name); }
  /// The report of the record's primary if it was heard from lately, else nullptr.
  [[nodiscard]] const NodeReport* primary_report() const { return primary_report_; }
  /// What the controller's knock at the node came to, if one was begun at `since` or later and is
  /// fresh. The plan orders one when it is not, or soon won't be.
  std::optional<KnockAnswer> knock(const NodeName& name, Instant since);

  /// The primary is heard, open, and in the epoch on record.
  [[nodiscard]] bool primary_open() const { return primary_open_; }
  /// The most of `timeline` that any node has shown; zero: nobody has any. Its writer had it on its
  /// disk before it sent it.
  [[nodiscard]] WalPosition shown_of(TimelineId timeline) const;
  /// The promotion that the formation lives on: the last one that opened; nullptr before the first.
  [[nodiscard]] const Promotion* opened() const;

  const FormationSpec& spec;
  Generation generation;
  const FormationRecord& record;
  const Observed& observed;
  Instant now;
  std::vector<Member> members;          ///< In the order of the file.
  std::map<NodeName, NodeFacts> nodes;  ///< Those of the spec and those on their way out.
  std::optional<Instant> wake_at;
  std::map<NodeName, KnockOrder> knocks;  ///< What knock() asked for.

 private:
  void learn_of_primary();
  void learn(const NodeName& name, NodeFacts& facts) const;
  /// Whether the node shows less than is known of it (R13).
  void compare(const KnownNode& known, const ObservedNode& seen, NodeFacts& facts) const;
  /// How much of the newest timeline the node has sent, if it is its writer and has said its last
  /// word.
  [[nodiscard]] WalPosition sent_by(const NodeReport& writer) const;

  const NodeReport* primary_report_ = nullptr;
  bool primary_open_ = false;
};

}  // namespace hactl
