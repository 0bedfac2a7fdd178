// StateFile: the door to the agent's own durable memory. SaveState goes through it.
#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "model/agent_state.h"

namespace hactl {

class StateFile {
 public:
  StateFile() = default;
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;
  virtual ~StateFile() = default;

  /// The newest state that is whole; nullopt when there is none and never was one. `corrupt` when
  /// there are files but none is whole: the node has forgotten (R13). Called once, at the start.
  virtual Result<std::optional<AgentState>> load() = 0;

  /// Makes `state` durable; a crash at any moment leaves the old or the new one. One at a time.
  virtual void save(const AgentState& state, std::function<void(Result<Done>)> done) = 0;
};

}  // namespace hactl
