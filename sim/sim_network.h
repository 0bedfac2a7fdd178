// SimNetwork: the simulated network between agents and the controller: late, lost, doubled and
// reordered messages, and cuts in each direction.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/transport.h"
#include "base/prng.h"
#include "sim/hooks.h"
#include "sim/sim_controller.h"
#include "sim/sim_scheduler.h"

namespace hactl {

class SimNetwork {
 public:
  SimNetwork(EventQueue& queue, std::uint64_t seed) : queue_(queue), prng_(seed) {}

  /// Where the controller's address leads; nullptr: nobody listens there.
  void set_controller(SimController* controller) { controller_ = controller; }
  [[nodiscard]] SimController* controller() const { return controller_; }

  std::set<NodeName> cut_up;    ///< Nodes whose messages do not reach the controller.
  std::set<NodeName> cut_down;  ///< Nodes that the controller's messages do not reach.
  int loss_percent = 0;
  int doubled_percent = 0;
  int slow_percent = 0;  ///< Of the messages that take up to kSlowMax.

  /// The node's agent has ended: the kernel closes its connections.
  void hang_up(const NodeName& node);

  /// Delivers `task` to the world after a delay, if at all. Twice, perhaps.
  void carry(const std::set<NodeName>& cut, const NodeName& node, std::function<void()> task);

 private:
  EventQueue& queue_;
  Prng prng_;
  SimController* controller_ = nullptr;
};

/// One agent life's end of it.
class SimTransport : public Transport {
 public:
  /// All references outlive the transport.
  SimTransport(EventQueue& queue, SimNetwork& network, const Hooks& hooks, NodeName node,
               ProcessId agent)
      : queue_(queue), network_(network), hooks_(hooks), node_(std::move(node)), agent_(agent) {}

  void send(const NodeReport& report, std::function<void(Result<Done>)> done) override;
  void receive(const std::string& known,
               std::function<void(Result<std::optional<Order>>)> received) override;

 private:
  using Answer = std::function<void(Result<std::optional<Order>>)>;
  using Call = std::function<void(SimController&, Answer)>;

  /// Calls the controller and brings back the first answer, or timed_out.
  void request(Duration timeout, const Call& call, Answer done);
  void answered(std::uint64_t id, Result<std::optional<Order>> answer);

  EventQueue& queue_;
  SimNetwork& network_;
  const Hooks& hooks_;
  NodeName node_;
  ProcessId agent_;
  std::uint64_t last_request_ = 0;
  std::map<std::uint64_t, Answer> waiting_;
};

}  // namespace hactl
