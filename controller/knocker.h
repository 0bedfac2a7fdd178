// Knocker: the controller's own look at a PostgreSQL, independent of any agent. Real:
// controller/postgres_knocker; simulated: sim/sim_knocker.
#pragma once

#include <functional>

#include "model/observed.h"
#include "model/plan.h"

namespace hactl {

/// Called from tasks of one Scheduler; answers come as tasks of the same one.
class Knocker {
 public:
  Knocker() = default;
  Knocker(const Knocker&) = delete;
  Knocker& operator=(const Knocker&) = delete;
  virtual ~Knocker() = default;

  /// Connects and waits for one byte of PostgreSQL's protocol, kKnockTime at most: a server that is
  /// stopped or frozen takes connections and says nothing. Needs no login. `answered` comes once.
  virtual void knock(const KnockOrder& order, std::function<void(KnockAnswer)> answered) = 0;
};

}  // namespace hactl
