#include "sim/faults.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "sim/scenarios.h"

namespace hactl {

namespace {
constexpr Duration kFaultLongest{12'000};
constexpr int kNodesAddedMax = 3;
constexpr int kRegionsLeast = 1;
}  // namespace

FaultKind Faults::draw_kind() {
  int total = 0;
  for (const int weight : scenario_.weights)
    total += weight;
  std::int64_t at = prng_.between(1, total);
  for (std::size_t kind = 0; kind < kFaultKinds; ++kind) {
    at -= scenario_.weights[kind];
    if (at <= 0) return static_cast<FaultKind>(kind);
  }
  return FaultKind::crash_agent;
}

NodeName Faults::draw_node() {
  const auto names = world_.names();
  return names[static_cast<std::size_t>(
      prng_.between(0, static_cast<std::int64_t>(names.size()) - 1))];
}

std::optional<NodeName> Faults::draw_standby() {
  const NodeName node = draw_node();
  if (node == world_.primary()) return std::nullopt;
  return node;
}

void Faults::later(Duration longest, std::function<void()> end) {
  world_.queue().at(kWorldProcess, world_.now() + Duration{prng_.between(50, longest.count())},
                    [this, end = std::move(end)] {
                      if (!over_) end();
                    });
}

void Faults::run() {
  const Instant end = world_.now() + scenario_.length;
  while (world_.now() < end && world_.checkers().violation().empty()) {
    const std::int64_t longest = prng_.chance(30) ? 300 : scenario_.pause_max.count();
    world_.run_for(Duration{prng_.between(10, longest)});
    inject(draw_kind());
  }
  world_.run_for(Duration{prng_.between(0, 5'000)});
  over_ = true;
  world_.heal();
}

void Faults::inject(FaultKind kind) {
  ++counts_[kind];
  if (kind <= FaultKind::two_controllers || kind == FaultKind::lose_disk) {
    inject_process(kind);
  } else if (kind < FaultKind::edit_priority) {
    inject_network(kind);
  } else {
    inject_user(kind);
  }
}

void Faults::crash(const NodeName& node) {
  world_.note("fault: crash " + node.value);
  world_.kill_agent(node);
  world_.cluster().server(node).crash();
  later(kFaultLongest, [this, node] { world_.start_agent(node); });
}

void Faults::freeze(const NodeName& node, FaultKind kind) {
  world_.note("fault: " + std::string(to_string(kind)) + " " + node.value);
  const ProcessId process = world_.cluster().server(node).process();
  const bool ever_started = process != kWorldProcess;
  if (kind != FaultKind::freeze_agent && ever_started) world_.queue().freeze(process);
  if (kind != FaultKind::freeze_postgres) world_.freeze_agent(node);
  later(kFaultLongest, [this, node, process] {
    world_.queue().thaw(process);
    world_.thaw_agent(node);
  });
}

void Faults::inject_process(FaultKind kind) {
  const NodeName node = draw_node();
  switch (kind) {
    case FaultKind::crash_agent:
      world_.note("fault: crash agent " + node.value);
      world_.kill_agent(node);
      later(kFaultLongest, [this, node] { world_.start_agent(node); });
      return;
    case FaultKind::crash_postgres:
      world_.note("fault: crash postgres " + node.value);
      world_.cluster().server(node).crash();
      return;
    case FaultKind::crash_node: crash(node); return;
    case FaultKind::crash_primary:
      if (world_.primary()) crash(*world_.primary());
      return;
    case FaultKind::crash_standby:
      if (const auto standby = draw_standby()) crash(*standby);
      return;
    case FaultKind::crash_controller:
      world_.note("fault: crash controller");
      world_.kill_controller();
      later(kFaultLongest, [this] {
        if (world_.network().controller() == nullptr) world_.start_controller();
      });
      return;
    case FaultKind::two_controllers: {
      if (world_.network().controller() == nullptr) return;
      world_.note("fault: two controllers");
      const ProcessId old = world_.network().controller()->process();
      world_.queue().freeze(old);
      world_.start_controller();
      later(kFaultLongest, [this, old] { world_.queue().thaw(old); });
      return;
    }
    case FaultKind::lose_disk:
      if (disks_lost_ > 0 || commits_may_be_on_one_disk()) return;
      ++disks_lost_;
      world_.note("fault: lose disk " + node.value);
      world_.lose_disk(node);
      later(kFaultLongest, [this, node] { world_.start_agent(node); });
      return;
    default: freeze(node, kind); return;
  }
}

/// Whether commits may be on this node alone: by the spec's own wish, or because others are being
/// made anew just now. Then its disk is not for losing.
bool Faults::commits_may_be_on_one_disk() const {
  const FormationRecord* record = world_.record();
  return record == nullptr || world_.any_rebuilding() ||
         std::ranges::any_of(record->in_force,
                             [&](const SyncConfig& config) { return config.required == 0; });
}

void Faults::isolate(const std::vector<NodeName>& group) {
  for (const NodeName& inside : group) {
    world_.note("fault: isolate " + inside.value);
    world_.network().cut_up.insert(inside);
    world_.network().cut_down.insert(inside);
    for (const NodeName& outside : world_.names()) {
      if (std::find(group.begin(), group.end(), outside) != group.end()) continue;
      world_.cluster().cut(inside, outside);
      world_.cluster().cut(outside, inside);
    }
  }
  later(kFaultLongest, [this, group] {
    for (const NodeName& inside : group) {
      world_.network().cut_up.erase(inside);
      world_.network().cut_down.erase(inside);
      for (const NodeName& outside : world_.names()) {
        world_.cluster().heal(inside, outside);
        world_.cluster().heal(outside, inside);
      }
    }
  });
}

void Faults::inject_network(FaultKind kind) {
  SimNetwork& network = world_.network();
  const NodeName node = draw_node();
  const NodeName other = draw_node();
  world_.note("fault: " + std::string(to_string(kind)) + " " + node.value + " " + other.value);
  switch (kind) {
    case FaultKind::cut_controller:
      if (prng_.chance(70)) network.cut_up.insert(node);
      if (prng_.chance(70)) network.cut_down.insert(node);
      later(kFaultLongest, [this, node] {
        world_.network().cut_up.erase(node);
        world_.network().cut_down.erase(node);
      });
      return;
    case FaultKind::cut_pair:
      if (prng_.chance(80)) world_.cluster().cut(node, other);
      if (prng_.chance(80)) world_.cluster().cut(other, node);
      later(kFaultLongest, [this, node, other] {
        world_.cluster().heal(node, other);
        world_.cluster().heal(other, node);
      });
      return;
    case FaultKind::cut_node: isolate({node}); return;
    case FaultKind::cut_region: {
      std::vector<NodeName> group;
      const auto& regions = world_.spec().regions;
      const auto region =
          static_cast<std::size_t>(prng_.between(0, static_cast<std::int64_t>(regions.size()) - 1));
      for (const NodeSpec& inside : regions[region].nodes)
        group.push_back(inside.name);
      isolate(group);
      return;
    }
    case FaultKind::loss:
      network.loss_percent = static_cast<int>(prng_.between(5, 50));
      network.doubled_percent = static_cast<int>(prng_.between(0, 30));
      later(kFaultLongest, [&network] { network.loss_percent = network.doubled_percent = 0; });
      return;
    case FaultKind::slow_network:
      network.slow_percent = static_cast<int>(prng_.between(5, 60));
      later(kFaultLongest, [&network] { network.slow_percent = 0; });
      return;
    case FaultKind::store_trouble:
      world_.store().trouble_percent = static_cast<int>(prng_.between(5, 60));
      later(kFaultLongest, [this] { world_.store().trouble_percent = 0; });
      return;
    case FaultKind::action_trouble:
      world_.set_action_trouble(static_cast<int>(prng_.between(3, 30)));
      later(kFaultLongest, [this] { world_.set_action_trouble(0); });
      return;
    default:
      world_.cluster().server(node).replay_delay = Duration{prng_.between(100, 4'000)};
      later(kFaultLongest,
            [this, node] { world_.cluster().server(node).replay_delay = Duration{0}; });
      return;
  }
}

void Faults::inject_user(FaultKind kind) {
  if (kind != FaultKind::switchover) {
    edit(kind);
    return;
  }
  MoveRequest request;
  if (prng_.chance(60)) request.to = draw_node();
  world_.note("user: switchover to " + (request.to ? request.to->value : "the best"));
  world_.move(request);
}

void Faults::edit(FaultKind kind) {
  FormationSpec spec = world_.wanted();
  auto& nodes = spec.regions[static_cast<std::size_t>(prng_.between(
                                 0, static_cast<std::int64_t>(spec.regions.size()) - 1))]
                    .nodes;
  if (nodes.empty() && kind != FaultKind::add_node) return;
  const auto at =
      nodes.empty()
          ? 0
          : static_cast<std::size_t>(prng_.between(0, static_cast<std::int64_t>(nodes.size()) - 1));
  if (kind == FaultKind::edit_priority) {
    nodes[at].candidate_priority = static_cast<int>(prng_.between(0, 100));
  } else if (kind == FaultKind::edit_quorum) {
    nodes[at].replication_quorum = prng_.chance(50);
  } else if (kind == FaultKind::edit_sync) {
    spec.number_sync_standbys = static_cast<int>(prng_.between(0, 2));
  } else if (kind == FaultKind::remove_node) {
    nodes.erase(nodes.begin() + static_cast<std::ptrdiff_t>(at));
  } else if (added_ < kNodesAddedMax) {
    NodeSpec node;
    node.name = NodeName("n" + std::to_string(++added_));
    node.host = "10.0.1." + std::to_string(added_);
    nodes.push_back(node);
  }
  if (!worth_running(spec)) return;
  std::string line = "user: " + std::string(to_string(kind)) + ", members now";
  for (const Member& member : spec.members()) {
    line += " " + member.name.value + ":" + std::to_string(member.candidate_priority) +
            (member.replication_quorum ? "q" : "");
  }
  world_.note(line + ", wait for " + std::to_string(spec.sync_standbys()));
  world_.apply(std::move(spec));
}

}  // namespace hactl
