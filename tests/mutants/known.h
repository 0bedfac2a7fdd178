// Where each mutant is known to be caught soonest. When it no longer is, every other place is
// looked at, which takes longer: then the row is to be mended.
#pragma once

#include <string>
#include <vector>

#include "base/rule_switch.h"
#include "tests/mutants/hunt.h"

namespace hactl::mutants {

struct Known {
  Rule rule = Rule::r1_older_goals_refused;
  std::string name;  ///< The rule's.
  Hunt hunt;
  /// Guards that keep its harm away by themselves. They are dropped as well, and by themselves do
  /// no harm there.
  std::vector<Rule> behind{};
};

/// A row for each rule, in their order.
const std::vector<Known>& known();

}  // namespace hactl::mutants
