// SimKnocker: the simulated Knocker of one life of a controller.
#pragma once

#include "controller/knocker.h"
#include "sim/sim_cluster.h"
#include "sim/sim_network.h"
#include "sim/sim_scheduler.h"

namespace hactl {

class SimKnocker : public Knocker {
 public:
  /// All references outlive it.
  SimKnocker(EventQueue& queue, SimCluster& cluster, const SimNetwork& network,
             ProcessId controller)
      : queue_(queue), cluster_(cluster), network_(network), controller_(controller) {}

  void knock(const KnockOrder& order, std::function<void(KnockAnswer)> answered) override;

 private:
  EventQueue& queue_;
  SimCluster& cluster_;
  const SimNetwork& network_;
  ProcessId controller_;
};

}  // namespace hactl
