// PostgresKnocker: the real Knocker.
#pragma once

#include "controller/knocker.h"

namespace hactl {

class AsioScheduler;

/// `scheduler` outlives it; answers that come after its end come nevertheless.
class PostgresKnocker final : public Knocker {
 public:
  explicit PostgresKnocker(AsioScheduler& scheduler) : scheduler_(scheduler) {}

  void knock(const KnockOrder& order, std::function<void(KnockAnswer)> answered) override;

 private:
  AsioScheduler& scheduler_;
};

}  // namespace hactl
