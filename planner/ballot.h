// How the primary's place passes on: the phases switchover, collect and promote.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "planner/decide.h"
#include "planner/facts.h"

namespace hactl {

/// A new epoch that asks every node how far it is.
NextStep start_ballot(const Facts& facts, std::uint32_t rule, const std::string& why);
/// Likewise, and the primary that is left is the last choice.
NextStep start_ballot_against_primary(const Facts& facts, std::uint32_t rule,
                                      const std::string& why);

/// Whether the spec itself gives up the last commits of a lost primary: it asks for no synchronous
/// standby in so many words, none has been asked for, and another node may be primary. (A formation
/// that waits for nobody because standbys are missing has not said so.)
bool may_lose_commits_by_spec(const Facts& facts);

/// Whether a primary to which nothing was said after `since` has closed by now.
bool lease_has_run_out(Facts& facts, Instant since);
/// When the node was last heard; never: when this controller started.
Instant last_word_of(const Facts& facts, const NodeName& name);

/// Whose word is missing to cover `settings` when only `asked` can be asked, for a reader.
std::string missing_for(const Facts& facts, const std::set<NodeName>& asked,
                        const std::vector<SyncConfig>& settings);

NextStep decide_switchover(Facts& facts);
NextStep decide_collect(Facts& facts);
NextStep decide_promote(Facts& facts);

}  // namespace hactl
