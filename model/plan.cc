#include "model/plan.h"

#include <algorithm>

namespace hactl {

const Decision* formation_decision(const Plan& plan) {
  const auto last = std::find_if(plan.decisions.rbegin(), plan.decisions.rend(),
                                 [](const Decision& decision) { return !decision.node; });
  return last == plan.decisions.rend() ? nullptr : &*last;
}

}  // namespace hactl
