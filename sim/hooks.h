// Hooks: places where a test plants a bug into a simulated world, to prove that the checkers see
// it. Every one is empty in an honest run.
#pragma once

#include <functional>

#include "model/action.h"
#include "model/agent_state.h"
#include "model/goal.h"
#include "model/local.h"
#include "model/record.h"
#include "model/report.h"

namespace hactl {

struct Hooks {
  /// Changes what an agent is told.
  std::function<void(Goal&)> goal;
  /// Changes what the controller is told.
  std::function<void(NodeReport&)> report;
  /// True: the action is answered as done and not carried out.
  std::function<bool(const Action&)> skip;
  /// Changes what an agent sees of its PostgreSQL.
  std::function<void(PostgresView&)> seen;
  /// Changes what an agent finds in its state file when it starts.
  std::function<void(AgentState&)> loaded;
  /// Changes what the controller writes; it is made to read that back. True: it did.
  std::function<bool(FormationRecord&)> record;
};

}  // namespace hactl
