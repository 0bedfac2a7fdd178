// Transport: the agent's door to the controller. Messages may be lost, late, doubled or reordered.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "model/goal.h"
#include "model/report.h"

namespace hactl {

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// A goal and the tag by which the controller knows that it was received.
  struct Order {
    Goal goal;
    std::string tag;
  };

  /// Sends a report. One at a time; answers within a few seconds, with an error if need be.
  virtual void send(const NodeReport& report, std::function<void(Result<Done>)> done) = 0;

  /// Waits for a goal other than the one tagged `known` (empty: any). One at a time. nullopt after
  /// a while without news; not_found while the controller has no goal for this node.
  virtual void receive(const std::string& known,
                       std::function<void(Result<std::optional<Order>>)> received) = 0;

  /// Ends a receive() under way, which is answered with an error soon. Does nothing without one.
  virtual void stop_receiving() = 0;
};

}  // namespace hactl
