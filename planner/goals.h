// Every node's goal state under the record as it is: a table of rules, first match wins.
#pragma once

#include <map>
#include <vector>

#include "model/plan.h"
#include "planner/facts.h"

namespace hactl {

/// The goals, and for each the rule that gave it. Rules 400 to 499.
std::map<NodeName, Goal> goals_of(Facts& facts, std::vector<Decision>& decisions);

}  // namespace hactl
