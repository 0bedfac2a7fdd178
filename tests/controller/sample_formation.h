// A formation of three nodes for the controller's tests.
#pragma once

#include <string>

#include "model/report.h"
#include "model/spec.h"

namespace hactl {

inline Formation sample_formation(const std::string& name = "default") {
  Formation formation;
  formation.name = FormationName(name);
  formation.spec.number_sync_standbys = 1;
  RegionSpec region;
  region.name = RegionName("paris");
  for (const char* node : {"a", "b", "c"}) {
    NodeSpec spec;
    spec.name = NodeName(node);
    spec.host = std::string("node-") + node + ".example";
    region.nodes.push_back(spec);
  }
  formation.spec.regions = {region};
  return formation;
}

inline NodeReport sample_report(const std::string& node, std::uint64_t number,
                                NodeState state = NodeState::empty) {
  NodeReport report;
  report.formation = FormationName("default");
  report.node = NodeName(node);
  report.process = 1;
  report.number = number;
  report.node_incarnation = NodeIncarnation(1);
  report.sequence = AgentSeq(1);
  report.state = state;
  return report;
}

}  // namespace hactl
