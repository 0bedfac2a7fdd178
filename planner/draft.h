// One step on the record: a copy to change, and what is said about it.
#pragma once

#include <map>
#include <set>
#include <string>

#include "planner/decide.h"
#include "planner/facts.h"

namespace hactl {

/// Begins as a copy of the record with what the nodes last reported remembered in it (R13).
class Draft {
 public:
  explicit Draft(const Facts& facts);

  FormationRecord& record() { return record_; }

  /// The step, with the event and the decision that tell it.
  NextStep done(std::uint32_t rule, std::string reason, std::string message, bool warning = false);

 private:
  void remember(const NodeName& name, const NodeReport& report, const NodeFacts& node);

  FormationRecord record_;
};

/// Nothing is decided now, and why.
NextStep hold(std::uint32_t rule, std::string why);

/// "a, b, c".
std::string join(const std::set<NodeName>& names);
/// Where the node is, for when it has left the spec.
void note_address(KnownNode& known, const Member& member);
std::set<NodeName> names_of(const std::map<NodeName, FinalReport>& finals);

}  // namespace hactl
