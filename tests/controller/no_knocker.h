// A Knocker for tests in which nobody's PostgreSQL is to be reached.
#pragma once

#include <vector>

#include "controller/knocker.h"

namespace hactl::testing {

/// Never answers.
class NoKnocker : public Knocker {
 public:
  void knock(const KnockOrder& order, std::function<void(KnockAnswer)> /*answered*/) override {
    orders.push_back(order);
  }

  std::vector<KnockOrder> orders;
};

}  // namespace hactl::testing
