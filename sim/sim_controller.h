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

  /// All references outlive it.
  /// `make_knocker` is given this life's process.
  using MakeKnocker = std::function<std::unique_ptr<Knocker>(ProcessId)>;
  SimController(EventQueue& queue, StoreDisk& disk, const MakeKnocker& make_knocker,
                const Hooks& hooks, FormationName formation, std::uint64_t seed,
                SimStore::Written written);

  /// Reads the store; answers reports and polls from then on. Called in its process.
  void start();

  // What the HTTP server does; called in its process.
  void report(NodeReport report, const std::function<void(Result<Done>)>& done);
  void hung_up(const NodeName& node) { loop_.hung_up(node); }
  void poll(const NodeName& node, const std::string& known, OrderCallback answer);

  [[nodiscard]] ProcessId process() const { return scheduler_.process(); }
  [[nodiscard]] FormationLoop& loop() { return loop_; }
  [[nodiscard]] bool ready() const { return ready_; }
  /// Hears of every plan.
  void on_plan(std::function<void(const Plan&)> planned) { planned_ = std::move(planned); }

 private:
  struct Poll {
    std::string known;
    OrderCallback answer;
    TimerId timer;
  };

  void answer_poll(const NodeName& node);

  EventQueue& queue_;
  ProcessScheduler scheduler_;
  SimStore store_;
  std::unique_ptr<Knocker> knocker_;
  FormationLoop loop_;
  std::map<NodeName, Poll> polls_;
  std::function<void(const Plan&)> planned_;
  bool ready_ = false;
};

}  // namespace hactl
