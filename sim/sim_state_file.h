// SimStateFile: an agent's state file on a simulated disk. What was not yet durable when the agent
// dies never was; what was durable stays.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "agent/state_file.h"
#include "base/prng.h"
#include "sim/hooks.h"
#include "sim/sim_scheduler.h"

namespace hactl {

/// What survives the agent.
struct StateFileDisk {
  std::optional<AgentState> state;
  bool corrupt = false;  ///< Neither of its two copies is whole.
  Duration slow{0};      ///< Writing takes up to this much longer.
};

class SimStateFile : public StateFile {
 public:
  using Told = std::function<void(const AgentState&)>;

  /// All references outlive the file. `told` hears of every state that has become durable, and of
  /// the one that is read back.
  SimStateFile(EventQueue& queue, StateFileDisk& disk, ProcessId agent, const Hooks& hooks,
               std::uint64_t seed, Told told)
      : queue_(queue),
        disk_(disk),
        agent_(agent),
        hooks_(hooks),
        prng_(seed),
        told_(std::move(told)) {}

  Result<std::optional<AgentState>> load() override {
    if (disk_.corrupt) return Error{ErrorCode::corrupt, "the state file is damaged"};
    if (disk_.state && hooks_.loaded) hooks_.loaded(*disk_.state);
    if (disk_.state) told_(*disk_.state);
    return disk_.state;
  }

  void save(const AgentState& state, std::function<void(Result<Done>)> done) override {
    queue_.at(agent_, queue_.now() + Duration{prng_.between(0, 3 + disk_.slow.count())},
              [this, state, done = std::move(done)] {
                disk_.state = state;
                disk_.corrupt = false;
                told_(state);
                queue_.at(agent_, queue_.now() + Duration{prng_.between(0, 2)},
                          [done] { done(Done{}); });
              });
  }

 private:
  EventQueue& queue_;
  StateFileDisk& disk_;
  ProcessId agent_;
  const Hooks& hooks_;
  Prng prng_;
  Told told_;
};

}  // namespace hactl
