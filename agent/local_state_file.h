// LocalStateFile: the agent's memory in two files that are overwritten in turn, each with its
// checksum, so that one good state always stays. Writes happen on a thread of their own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/state_file.h"
#include "agent/worker.h"
#include "base/result.h"
#include "base/scheduler.h"
#include "model/agent_state.h"

namespace hactl {

/// Used from tasks of `scheduler`, which outlives it. The files are `state.0` and `state.1` in
/// `directory`, which is made (mode 0700) when it is missing.
class LocalStateFile final : public StateFile {
 public:
  LocalStateFile(Scheduler& scheduler, std::string directory);
  /// A write under way is finished; its answer no longer comes.
  ~LocalStateFile() override;

  Result<std::optional<AgentState>> load() override;
  void save(const AgentState& state, std::function<void(Result<Done>)> done) override;

 private:
  [[nodiscard]] std::string slot_path(int slot) const;

  Scheduler& scheduler_;
  const std::string directory_;
  int next_slot_ = 0;
  // Shared with answers on their way, which must see that this is gone.
  std::shared_ptr<bool> alive_;
  Worker worker_;
};

}  // namespace hactl
