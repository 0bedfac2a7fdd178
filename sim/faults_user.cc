// What users do: edits of the spec, switchovers and restarts.
#include <algorithm>
#include <array>

#include "model/validate.h"
#include "sim/faults.h"
#include "sim/scenarios.h"
#include "sim/trace.h"

namespace hactl {

namespace {
constexpr int kNodesAddedMax = 3;
constexpr std::size_t kNodesInAllMax = 9;
constexpr int kMaintainedBelow = 8;

std::string describe(const FormationSpec& spec) {
  std::string line = "members now";
  for (const Member& member : spec.members()) {
    line += " " + member.name.value + ":" + std::to_string(member.candidate_priority) +
            (member.replication_quorum ? "q" : "") + (member.maintenance ? "m" : "");
  }
  return line + ", wait for " + std::to_string(spec.sync_standbys());
}

}  // namespace

void Faults::inject_user(FaultKind kind) {
  if (kind == FaultKind::restart) {
    world_.note("user: restart");
    return world_.restart();
  }
  if (kind != FaultKind::switchover) return edit(kind);
  MoveRequest request;
  if (prng_.chance(60)) {
    request.to = draw_node();
  } else if (prng_.chance(40)) {
    const auto& regions = world_.spec().regions;
    request.to_region = regions[static_cast<std::size_t>(prng_.between(
                                    0, static_cast<std::int64_t>(regions.size()) - 1))]
                            .name;
  }
  world_.note("user: switchover to " + target_of(request));
  world_.move(request);
}

void Faults::edit_node(FaultKind kind, FormationSpec& spec) {
  const auto region = static_cast<std::size_t>(
      prng_.between(0, static_cast<std::int64_t>(spec.regions.size()) - 1));
  auto& nodes = spec.regions[region].nodes;
  if (kind == FaultKind::add_node) {
    if (spec.members().size() >= kNodesInAllMax) return;
    NodeSpec node;
    const bool again = !removed_.empty() && prng_.chance(60);
    if (!again && added_ >= kNodesAddedMax) return;
    node.name = again ? *removed_.begin() : NodeName("n" + std::to_string(++added_));
    node.host = world_.host_of(node.name).value_or("10.0.1." + std::to_string(added_));
    removed_.erase(node.name);
    nodes.push_back(node);
    return;
  }
  if (nodes.empty()) return;
  const auto at =
      static_cast<std::size_t>(prng_.between(0, static_cast<std::int64_t>(nodes.size()) - 1));
  if (kind == FaultKind::edit_priority) {
    const auto priority = static_cast<int>(prng_.between(0, 100));
    // Some such edits are for work on the machine.
    if (priority < kMaintainedBelow) {
      nodes[at].maintenance = !nodes[at].maintenance;
    } else {
      nodes[at].candidate_priority = priority;
    }
  } else if (kind == FaultKind::edit_quorum) {
    nodes[at].replication_quorum = prng_.chance(50);
  } else {
    const NodeSpec node = nodes[at];
    nodes.erase(nodes.begin() + static_cast<std::ptrdiff_t>(at));
    if (kind == FaultKind::remove_node) {
      removed_.insert(node.name);
    } else {
      spec.regions[(region + 1) % spec.regions.size()].nodes.push_back(node);
    }
  }
}

void Faults::edit_one(FaultKind kind, FormationSpec& spec) {
  switch (kind) {
    case FaultKind::edit_sync:
      spec.number_sync_standbys = static_cast<int>(prng_.between(0, 2));
      return;
    case FaultKind::edit_policy: {
      constexpr std::array kFailbacks{Failback::on_apply, Failback::automatic, Failback::never};
      spec.when_short = prng_.chance(50) ? WhenShort::block : WhenShort::degrade;
      spec.failback = kFailbacks[static_cast<std::size_t>(prng_.between(0, 2))];
      return;
    }
    case FaultKind::edit_parameter:
      if (prng_.chance(30)) {
        spec.postgres.parameters["work_mem"] = std::to_string(prng_.between(1, 64)) + "MB";
      } else {
        spec.postgres.parameters["max_connections"] = std::to_string(prng_.between(5, 30) * 10);
      }
      return;
    default: edit_node(kind, spec); return;
  }
}

void Faults::edit(FaultKind kind) {
  constexpr std::array kKinds{FaultKind::edit_priority,  FaultKind::edit_quorum,
                              FaultKind::edit_sync,      FaultKind::edit_policy,
                              FaultKind::edit_parameter, FaultKind::add_node,
                              FaultKind::remove_node,    FaultKind::move_node};
  FormationSpec spec = world_.wanted();
  const std::set<NodeName> removed = removed_;
  if (kind == FaultKind::edit_many) {
    for (std::int64_t edits = prng_.between(2, 5); edits > 0; --edits)
      edit_one(kKinds[static_cast<std::size_t>(prng_.between(0, 7))], spec);
  } else {
    edit_one(kind, spec);
  }
  if (!worth_running(spec)) {
    removed_ = removed;
    return;
  }
  world_.note("user: " + std::string(to_string(kind)) + ", " + describe(spec));
  world_.apply(std::move(spec));
}

}  // namespace hactl
