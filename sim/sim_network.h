// SimNetwork: the simulated network between agents and the controller: late, lost, doubled and
// reordered messages, old ones that come again, and cuts in each direction.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
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
  int slow_percent = 0;    ///< Of the messages that take up to kSlowMax.
  int replay_percent = 0;  ///< Of the goals and reports after which an old one comes once more.
  void heal();

  /// The node's agent has ended: the kernel closes its connections.
  void hang_up(const NodeName& node);

  /// How a message fares on its way.
  struct Fate {
    bool lost = false;
    Duration takes{0};
  };
  [[nodiscard]] Fate draw_fate();
  [[nodiscard]] int draw_copies() { return prng_.chance(doubled_percent) ? 2 : 1; }
  [[nodiscard]] static bool is_cut(const std::set<NodeName>& cut, const NodeName& node) {
    return !cut.empty() && cut.contains(node);
  }

  /// Keeps what was told to a node or by it, as far as it may come again.
  void keep(const NodeName& node, const Transport::Order& order);
  void keep(const NodeReport& report);
  /// An old order, of any controller, that arrives in place of a new one; an old report.
  [[nodiscard]] std::optional<Transport::Order> old_order(const NodeName& node);
  [[nodiscard]] std::optional<NodeReport> old_report(const NodeName& node);

 private:
  template <typename Message>
  std::optional<Message> draw(const std::map<NodeName, std::deque<Message>>& from,
                              const NodeName& node);

  EventQueue& queue_;
  Prng prng_;
  SimController* controller_ = nullptr;
  std::map<NodeName, std::deque<Transport::Order>> orders_;
  std::map<NodeName, std::deque<NodeReport>> reports_;
};

/// One agent life's end of it.
class SimTransport : public Transport {
 public:
  /// All references outlive the transport.
  SimTransport(EventQueue& queue, SimNetwork& network, const Hooks& hooks, NodeName node,
               ProcessId agent)
      : queue_(queue), network_(network), hooks_(hooks), node_(std::move(node)), agent_(agent) {}

  /// Hears of every goal that arrives.
  void on_order(std::function<void(const Goal&)> ordered) { ordered_ = std::move(ordered); }

  void send(const NodeReport& report, std::function<void(Result<Done>)> done) override;
  void receive(const std::string& known,
               std::function<void(Result<std::optional<Order>>)> received) override;
  void stop_receiving() override;

 private:
  using Answer = std::function<void(Result<std::optional<Order>>)>;
  using Call = std::function<void(SimController&, Answer)>;
  struct Waiting {
    Answer done;
    TimerId timeout;
  };

  /// A call under way; its copies share it.
  struct Message {
    Call call;
    Answer back;
  };

  /// Calls the controller and brings back the first answer, or timed_out. Returns the call's
  /// number.
  std::uint64_t request(Duration timeout, Call call, Answer done);
  /// Carries the call to whoever is the controller when it arrives, if it does.
  void carry_up(const std::shared_ptr<const Message>& message);
  void answered(std::uint64_t id, Result<std::optional<Order>> answer);

  EventQueue& queue_;
  SimNetwork& network_;
  const Hooks& hooks_;
  NodeName node_;
  ProcessId agent_;
  std::function<void(const Goal&)> ordered_;
  std::uint64_t last_request_ = 0;
  std::uint64_t receiving_ = 0;
  std::map<std::uint64_t, Waiting> waiting_;
};

}  // namespace hactl
