// SimStore: the controller's store, simulated: slow, refusing and losing answers, and never losing
// what it has accepted. The data outlives every controller; the door is one life's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>

#include "base/prng.h"
#include "controller/store.h"
#include "sim/hooks.h"
#include "sim/sim_scheduler.h"

namespace hactl {

/// What the store holds, and how well it is.
struct StoreDisk {
  std::map<FormationName, StoredFormation> formations;
  std::uint64_t version = 0;
  int trouble_percent = 0;  ///< Of the requests that fail or lose their answer.

  /// What it held before; newest last.
  struct Copy {
    std::map<FormationName, StoredFormation> formations;
    std::uint64_t version = 0;
  };
  std::deque<Copy> older;
};

class SimStore : public Store {
 public:
  using Written = std::function<void(const StoredFormation&)>;

  /// All references outlive the door. `written` hears of every accepted write.
  SimStore(EventQueue& queue, StoreDisk& disk, ProcessId controller, const Hooks& hooks,
           std::uint64_t seed, Written written);

  void load(std::function<void(Result<StoredWorld>)> loaded) override;
  void write(const Write& write, std::function<void(Result<std::uint64_t>)> written) override;

 private:
  [[nodiscard]] Duration delay();
  [[nodiscard]] Result<std::uint64_t> apply(const Write& write);

  EventQueue& queue_;
  StoreDisk& disk_;
  ProcessId controller_;
  const Hooks& hooks_;
  Prng prng_;
  Written written_;
};

}  // namespace hactl
