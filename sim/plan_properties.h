// PlanProperties: a plan is the same for the same facts until its wake_at (L3), and says why a
// formation is not as its spec wants it (L2). Asked now and then, for it costs two plans.
#pragma once

#include <cstdint>

#include "controller/formation_loop.h"
#include "sim/trace.h"

namespace hactl {

class PlanProperties {
 public:
  explicit PlanProperties(Trace& trace) : trace_(trace) {}

  /// The loop has just looked at everything; `now` is on its clock.
  void looked_at(const FormationLoop& loop, Instant now);

 private:
  void check_words(const Plan& plan);
  void check_fixed(const FormationLoop& loop, Instant now);

  Trace& trace_;
  std::uint64_t looks_ = 0;
};

}  // namespace hactl
