// Formations for tests of the planner, and a short way to say what nodes report.
#pragma once

#include <string>

#include "model/observed.h"
#include "model/spec.h"
#include "planner/plan.h"

namespace hactl::testing {

inline NodeSpec node(const std::string& name, const std::string& host) {
  NodeSpec result;
  result.name = NodeName(name);
  result.host = host;
  return result;
}

inline RegionSpec region(const std::string& name, int priority, bool quorum) {
  RegionSpec result;
  result.name = RegionName(name);
  result.candidate_priority = priority;
  result.replication_quorum = quorum;
  return result;
}

/// The tutorial's formation: Paris in front, Amsterdam and Dublin as asynchronous copies.
inline FormationSpec three_regions() {
  FormationSpec spec;
  spec.number_sync_standbys = 1;
  spec.regions = {region("paris", 50, true), region("amsterdam", 0, false),
                  region("dublin", 0, false)};
  spec.regions[0].nodes = {node("paris-a", "10.11.1.6"), node("paris-b", "10.11.1.8"),
                           node("paris-c", "10.11.1.5")};
  spec.regions[1].nodes = {node("amsterdam-a", "10.51.1.5"), node("amsterdam-b", "10.51.1.6"),
                           node("amsterdam-c", "10.51.1.4")};
  spec.regions[2].nodes = {node("dublin-a", "10.61.1.4")};
  return spec;
}

inline FormationSpec three_nodes() {
  FormationSpec spec;
  spec.number_sync_standbys = 1;
  spec.regions = {region("home", 50, true)};
  spec.regions[0].nodes = {node("a", "10.0.0.1"), node("b", "10.0.0.2"), node("c", "10.0.0.3")};
  return spec;
}

inline Instant at(std::int64_t milliseconds) {
  return Instant{Duration{milliseconds}};
}

inline FormationRecord fresh_record() {
  return first_record(FormationName("default"), Incarnation(1));
}

}  // namespace hactl::testing
