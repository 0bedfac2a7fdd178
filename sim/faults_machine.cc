// Faults of processes, machines and disks.
#include <algorithm>
#include <array>

#include "sim/faults.h"

namespace hactl {

void Faults::crash(const NodeName& node) {
  world_.power_off(node);
  later([this, node] { world_.start_agent(node); });
}

void Faults::freeze(const NodeName& node, FaultKind kind) {
  const ProcessId process = world_.cluster().server(node).process();
  if (kind != FaultKind::freeze_agent) world_.queue().freeze(process);
  if (kind != FaultKind::freeze_postgres) world_.freeze_agent(node);
  later([this, node, process] {
    world_.queue().thaw(process);
    world_.thaw_agent(node);
  });
}

void Faults::inject_process(FaultKind kind) {
  NodeName node = draw_node();
  if (kind == FaultKind::crash_primary) node = world_.primary().value_or(node);
  if (kind == FaultKind::crash_standby) node = draw_standby().value_or(node);
  note(kind, node.value);
  switch (kind) {
    case FaultKind::crash_agent:
      world_.kill_agent(node);
      later([this, node] { world_.start_agent(node); });
      return;
    case FaultKind::crash_postgres: world_.cluster().server(node).crash(); return;
    case FaultKind::crash_all:
      for (const NodeName& each : world_.names())
        crash(each);
      return;
    case FaultKind::freeze_node:
    case FaultKind::freeze_postgres:
    case FaultKind::freeze_agent: freeze(node, kind); return;
    case FaultKind::slow_node:
      world_.slow_down(node, Duration{prng_.between(5, prng_.chance(20) ? 1'000 : 100)});
      later([this, node] { world_.slow_down(node, Duration{0}); });
      return;
    default: crash(node); return;
  }
}

void Faults::inject_controller(FaultKind kind) {
  const NodeName node = draw_node();
  note(kind, "");
  SimController* controller = world_.network().controller();
  switch (kind) {
    case FaultKind::crash_controller:
      world_.kill_controller();
      later([this] {
        if (world_.network().controller() == nullptr) world_.start_controller();
      });
      return;
    case FaultKind::two_controllers: {
      if (controller == nullptr) return;
      const ProcessId old = controller->process();
      // It may sleep through the other's beginning, or quarrel with it from the start.
      if (prng_.chance(70)) world_.queue().freeze(old);
      world_.start_controller();
      later([this, old] { world_.queue().thaw(old); });
      return;
    }
    case FaultKind::freeze_controller: {
      if (controller == nullptr) return;
      const ProcessId process = controller->process();
      world_.queue().freeze(process);
      later([this, process] { world_.queue().thaw(process); });
      return;
    }
    default: {
      constexpr std::int64_t kHourMs = 3'600'000;
      const Duration by{prng_.between(-kHourMs, kHourMs)};
      world_.set_wall_time(node, by);
      return;
    }
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

void Faults::roll_back(const NodeName& node) {
  constexpr std::array kParts{Forgets::machine, Forgets::data, Forgets::state, Forgets::state_file};
  const Forgets part = kParts[static_cast<std::size_t>(prng_.between(0, 3))];
  world_.take_snapshot(node);
  later([this, node, part] {
    // Since the copy was made, this may have become the only disk.
    if (commits_may_be_on_one_disk()) return;
    world_.note("fault: " + node.value + " is as it was");
    world_.roll_back(node, part);
    world_.start_agent(node);
  });
}

void Faults::inject_disk(FaultKind kind) {
  const NodeName node = draw_node();
  SimServer& server = world_.cluster().server(node);
  const bool forgets = kind == FaultKind::lose_disk || kind == FaultKind::corrupt_state ||
                       kind == FaultKind::roll_back;
  if (forgets && (data_given_up_ || commits_may_be_on_one_disk())) return;
  data_given_up_ = data_given_up_ || forgets;
  note(kind, node.value);
  switch (kind) {
    case FaultKind::slow_disk:
      server.flush_delay = Duration{prng_.between(10, prng_.chance(20) ? 15'000 : 1'000)};
      later([&server] { server.flush_delay = Duration{0}; });
      return;
    case FaultKind::slow_replay:
      server.replay_delay = Duration{prng_.between(100, 4'000)};
      later([&server] { server.replay_delay = Duration{0}; });
      return;
    case FaultKind::start_trouble:
      server.cannot_start_until = world_.now() + Duration{prng_.between(500, 20'000)};
      server.crash();
      return;
    case FaultKind::action_trouble:
      world_.set_action_trouble(static_cast<int>(prng_.between(3, 30)));
      later([this] { world_.set_action_trouble(0); });
      return;
    case FaultKind::lose_disk:
      world_.lose_disk(node);
      later([this, node] { world_.start_agent(node); });
      return;
    case FaultKind::corrupt_state:
      world_.power_off(node);
      world_.corrupt_state(node);
      later([this, node] { world_.start_agent(node); });
      return;
    default: roll_back(node); return;
  }
}

}  // namespace hactl
