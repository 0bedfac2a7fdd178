// What a formation does that can't go on by its rules alone: a store that is older than its nodes,
// an operator's word that a primary is lost for good, a setting that somebody else has changed.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "planner/decide.h"
#include "planner/facts.h"

namespace hactl {

/// The store was put back to an older copy: a node has seen more than it knows, or an operator says
/// so. From then on the settings in the record prove nothing. Rules 305 to 310.
std::optional<NextStep> notice_regression(Facts& facts);

/// While the record is `recovering`: takes up what nodes tell of promotions that it has forgotten.
/// Rule 310.
std::optional<NextStep> learn_forgotten_history(const Facts& facts);

/// The next step while the record is `recovering`: the primary proves its own setting, or every
/// node says its last word.
NextStep decide_recovery(Facts& facts);

/// Carries out or refuses `hactl failover`. Rules 317 to 319.
std::optional<NextStep> decide_forced(Facts& facts);

/// A primary whose synchronous setting somebody else has changed may have acknowledged commits that
/// no standby holds (R12). Rule 365.
std::optional<NextStep> decide_foreign_setting(const Facts& facts);

/// Everybody who may hold a commit, where nobody knows which settings were in force: all but those
/// who say that they have no data, and never had any.
std::set<NodeName> all_who_may_hold_commits(const Facts& facts);

/// Whether the last words of `asked` suffice to choose a primary, whatever they will be: they cover
/// every setting that may be in force, or, where that is not known, they are everybody's.
bool words_suffice(const Facts& facts, const std::set<NodeName>& asked);
/// The same of words that are known.
bool words_suffice(const Facts& facts, const std::map<NodeName, FinalReport>& finals);

}  // namespace hactl
