// SimController: one life of a simulated controller daemon: the real FormationLoop, and in front of
// it what the daemon's HTTP server does: take reports, hold polls for goals.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/transport.h"
#include "controller/formation_loop.h"
#include "sim/sim_scheduler.h"
#include "sim/sim_store.h"

namespace hactl {

class SimController {
 public:
  using OrderCallback = std::function<void(Result<std::optional<Transport::Order>>)>;

  /// Where it runs. All references outlive it.
  struct Place {
    EventQueue& queue;
    StoreDisk& disk;
    const Hooks& hooks;
    const MachineClock& clock;
  };
  using MakeKnocker = std::function<std::unique_ptr<Knocker>(ProcessId)>;
  /// `written` hears of every write of this controller that the store has accepted.
  using Written = std::function<void(const SimController&, const StoredFormation&)>;
  using LookedAt = std::function<void(const SimController&)>;

  /// `make_knocker` is given this life's process.
  SimController(const Place& place, const MakeKnocker& make_knocker, FormationName formation,
                std::uint64_t seed, Written written);

  /// Reads the store; answers reports and polls from then on. Called in its process.
  void start(StoreIs store_is);

  // What the HTTP server does; called in its process.
  void report(NodeReport report, const std::function<void(Result<Done>)>& done);
  void hung_up(const NodeName& node) { loop_.hung_up(node); }
  void poll(const NodeName& node, const std::string& known, OrderCallback answer);

  [[nodiscard]] ProcessId process() const { return scheduler_.process(); }
  [[nodiscard]] FormationLoop& loop() { return loop_; }
  [[nodiscard]] const FormationLoop& loop() const { return loop_; }
  /// On its own clock.
  [[nodiscard]] Instant now() const { return scheduler_.now(); }
  [[nodiscard]] bool ready() const { return ready_; }
  /// Hears of every plan.
  void on_look(LookedAt looked_at) { looked_at_ = std::move(looked_at); }

 private:
  struct Poll {
    std::string known;
    OrderCallback answer;
    TimerId timer;
  };

  void answer_poll(const NodeName& node);

  ProcessScheduler scheduler_;
  SimStore store_;
  std::unique_ptr<Knocker> knocker_;
  FormationLoop loop_;
  std::map<NodeName, Poll> polls_;
  Written written_;
  LookedAt looked_at_;
  bool ready_ = false;
};

}  // namespace hactl
