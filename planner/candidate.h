// Who may become primary, and who should.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "planner/facts.h"

namespace hactl {

/// Whether WAL that ends at `a` holds what matters of WAL that ends at `b`, and more (R4).
bool is_further(const Position& a, const Position& b);

/// The settings of `in_force` that a ballot with those last words must cover (R3): not those of
/// older epochs than one of which somebody holds WAL. Its primary was promoted with all that had
/// been acknowledged before, and those who were asked for that had promised to acknowledge no more.
std::vector<SyncConfig> to_be_covered(std::vector<SyncConfig> in_force,
                                      const std::map<NodeName, FinalReport>& finals);

/// Whether the node may ever be promoted: in the spec with a priority above 0, and not forgetful.
bool may_be_primary(const NodeFacts& facts);

/// Whether the node is fit to win a ballot: it is heard and has its data.
bool may_be_elected(const Facts& facts, const NodeName& name);

/// Prediction only: whether a ballot would get the node's last word.
bool will_answer(const Facts& facts, const NodeName& name);
std::set<NodeName> those_who_answer(const Facts& facts);

/// Whether the node could take over from a running primary now: it streams, and what it lacks comes
/// while the primary stops.
bool ready_to_take_over(const Facts& facts, const NodeName& name);

/// The node that the spec prefers among the primary and those ready to take over. Order: candidate
/// priority, the primary itself, its region, name. Unset: there is no primary.
std::optional<NodeName> preferred_primary(const Facts& facts);

/// Whether the node's WAL, with what it has fetched so far, is part of the history of the WAL that
/// reaches furthest. What it lacks of that can be fetched; a node that has gone another way would
/// have to rewind first (R5).
bool can_fetch_the_rest(const Facts& facts, const std::map<NodeName, FinalReport>& finals,
                        const NodeName& name);

/// The node that a ballot promotes. Only nodes whose last word is known and whose WAL is a prefix
/// of what is known to be there; order: not the one to avoid, candidate priority, the old primary
/// itself, its region, most WAL, name. The old primary may always come back: its priority says
/// where production is to move, which it can do only once it is up again. And when every node that
/// may be primary is heard, and none of them can take over (they are empty, say), any other with
/// the data may: else nobody could fill them. Unset: none may.
std::optional<NodeName> choose_candidate(const Facts& facts,
                                         const std::map<NodeName, FinalReport>& finals);

}  // namespace hactl
