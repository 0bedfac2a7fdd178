// Faults of the network and of the store.
#include <algorithm>

#include "sim/faults.h"

namespace hactl {

void Faults::cut_from_controller(const NodeName& node) {
  if (prng_.chance(70)) world_.network().cut_up.insert(node);
  if (prng_.chance(70)) world_.network().cut_down.insert(node);
  later([this, node] {
    world_.network().cut_up.erase(node);
    world_.network().cut_down.erase(node);
  });
}

/// Cuts the group off from all the others and, perhaps, from the controller.
void Faults::isolate(const std::vector<NodeName>& group) {
  const bool from_controller = prng_.chance(60);
  for (const NodeName& inside : group) {
    world_.note("fault: isolate " + inside.value);
    if (from_controller) world_.network().cut_up.insert(inside);
    if (from_controller) world_.network().cut_down.insert(inside);
    for (const NodeName& outside : world_.names()) {
      if (std::ranges::find(group, outside) != group.end()) continue;
      world_.cluster().cut(inside, outside);
      world_.cluster().cut(outside, inside);
    }
  }
  later([this, group] {
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

/// Cuts any of the ways there are, each in one direction.
void Faults::cut_one_way() {
  const int percent = static_cast<int>(prng_.between(5, 50));
  const std::vector<NodeName> names = world_.names();
  for (const NodeName& from : names) {
    if (prng_.chance(percent)) world_.network().cut_up.insert(from);
    if (prng_.chance(percent)) world_.network().cut_down.insert(from);
    for (const NodeName& to : names) {
      if (from != to && prng_.chance(percent)) world_.cluster().cut(from, to);
    }
  }
  later([this] {
    world_.cluster().heal_all();
    world_.network().cut_up.clear();
    world_.network().cut_down.clear();
  });
}

void Faults::inject_network(FaultKind kind) {
  const NodeName node = draw_node();
  const NodeName other = draw_node();
  note(kind, node.value + " " + other.value);
  switch (kind) {
    case FaultKind::cut_controller: cut_from_controller(node); return;
    case FaultKind::cut_primary: cut_from_controller(world_.primary().value_or(node)); return;
    case FaultKind::cut_pair:
      if (prng_.chance(80)) world_.cluster().cut(node, other);
      if (prng_.chance(80)) world_.cluster().cut(other, node);
      later([this, node, other] {
        world_.cluster().heal(node, other);
        world_.cluster().heal(other, node);
      });
      return;
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
    case FaultKind::partition: isolate(draw_group()); return;
    case FaultKind::one_way: cut_one_way(); return;
    case FaultKind::slow_link:
      world_.cluster().slow_down(node, other, Duration{prng_.between(50, 9'000)});
      later([this, node, other] { world_.cluster().slow_down(node, other, Duration{0}); });
      return;
    default: isolate({node}); return;
  }
}

void Faults::inject_messages(FaultKind kind) {
  SimNetwork& network = world_.network();
  note(kind, "");
  switch (kind) {
    case FaultKind::loss:
      network.loss_percent = static_cast<int>(prng_.between(5, 50));
      network.doubled_percent = static_cast<int>(prng_.between(0, 30));
      later([&network] { network.loss_percent = network.doubled_percent = 0; });
      return;
    case FaultKind::slow_network:
      network.slow_percent = static_cast<int>(prng_.between(5, 60));
      later([&network] { network.slow_percent = 0; });
      return;
    case FaultKind::old_messages:
      network.replay_percent = static_cast<int>(prng_.between(5, 50));
      network.doubled_percent = static_cast<int>(prng_.between(0, 50));
      later([&network] { network.replay_percent = network.doubled_percent = 0; });
      return;
    case FaultKind::store_trouble:
      world_.store().trouble_percent = static_cast<int>(prng_.between(5, 60));
      later([this] { world_.store().trouble_percent = 0; });
      return;
    default:
      world_.restore_store();
      later([this] {
        if (world_.network().controller() == nullptr) world_.start_controller();
      });
      return;
  }
}

}  // namespace hactl
