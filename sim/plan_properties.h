// PlanProperties: a plan is the same for the same facts until its wake_at (L3), and says why a
// formation is not as its spec wants it (L2): asked now and then, for that costs two plans. What it
// calls as specified runs with the parameters of the spec.
#pragma once

#include <cstdint>

#include "controller/formation_loop.h"
#include "sim/sim_cluster.h"
#include "sim/trace.h"

namespace hactl {

class PlanProperties {
 public:
  PlanProperties(Trace& trace, const SimCluster& cluster) : trace_(trace), cluster_(cluster) {}

  /// The loop has just looked at everything; `now` is on its clock.
  void looked_at(const FormationLoop& loop, Instant now);

 private:
  void check_words(const Plan& plan);
  void check_fixed(const FormationLoop& loop, Instant now);
  void check_parameters(const FormationLoop& loop);

  Trace& trace_;
  const SimCluster& cluster_;
  std::uint64_t looks_ = 0;
};

}  // namespace hactl
