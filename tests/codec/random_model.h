// Random values of the model for round trips: valid, but otherwise anything.
#pragma once

#include <string>
#include <vector>

#include "base/prng.h"
#include "model/agent_state.h"
#include "model/decided.h"
#include "model/goal.h"
#include "model/record.h"
#include "model/report.h"
#include "model/spec.h"
#include "model/status.h"

namespace hactl {

/// Makes one random value after another from one seed.
class RandomModel {
 public:
  explicit RandomModel(std::uint64_t seed) : random_(seed) {}

  std::string name();
  std::string text();
  NodeName node() { return NodeName(name()); }
  template <typename Number>
  Number number() {
    return Number(static_cast<typename Number::Value>(random_.next() >> shift()));
  }
  std::uint64_t raw() { return random_.next() >> shift(); }
  int small() { return static_cast<int>(random_.between(0, 1000)); }
  std::uint16_t port() { return static_cast<std::uint16_t>(random_.between(1, 65535)); }
  bool coin() { return random_.chance(50); }
  UtcTime time() { return {random_.between(0, 4'000'000'000'000)}; }

  Position position() { return {number<Epoch>(), number<Lsn>()}; }
  WalPosition wal_position() { return {number<TimelineId>(), number<Lsn>()}; }
  SyncConfig sync_config();
  Promotion promotion();
  Lineage lineage();
  Goal goal();
  NodeReport report();
  AgentState agent_state();
  FormationRecord record();
  Condition condition();
  Event event();
  NodeStatus node_status();
  FormationStatus formation_status();
  Formation formation();
  Observed observed();
  PlanInputs plan_inputs();

 private:
  unsigned shift() { return static_cast<unsigned>(random_.between(0, 63)); }
  Instant instant() { return Instant{Duration{random_.between(0, 4'000'000'000)}}; }
  std::size_t few() { return static_cast<std::size_t>(random_.between(0, 3)); }
  PrimaryView primary_view();
  PostgresGoal postgres_goal();
  PostgresSpec postgres_spec();
  HbaRule hba_rule();

  Prng random_;
};

}  // namespace hactl
