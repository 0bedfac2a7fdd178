#include "sim/faults.h"

#include <algorithm>
#include <utility>

namespace hactl {

namespace {

constexpr std::array<std::string_view, kFaultKinds> kNames{
    "crash_agent",      "crash_postgres",  "crash_node",        "crash_primary",  "crash_standby",
    "crash_all",        "freeze_node",     "freeze_postgres",   "freeze_agent",   "slow_node",
    "crash_controller", "two_controllers", "freeze_controller", "clock_jump",     "slow_disk",
    "slow_replay",      "start_trouble",   "action_trouble",    "lose_disk",      "corrupt_state",
    "roll_back",        "cut_controller",  "cut_primary",       "cut_pair",       "cut_node",
    "cut_region",       "partition",       "one_way",           "slow_link",      "loss",
    "slow_network",     "old_messages",    "store_trouble",     "restore_store",  "edit_priority",
    "edit_quorum",      "edit_sync",       "edit_policy",       "edit_parameter", "edit_many",
    "add_node",         "remove_node",     "move_node",         "switchover",     "restart"};

constexpr Duration kFaultLongest{12'000};
/// Of one in ten: longer than every timeout.
constexpr Duration kFaultVeryLong{40'000};

FaultKind draw_kind(Prng& prng, const FaultWeights& weights) {
  int total = 0;
  for (const int weight : weights)
    total += weight;
  std::int64_t at = prng.between(1, total);
  for (std::size_t kind = 0; kind < kFaultKinds; ++kind) {
    at -= weights[kind];
    if (at <= 0) return static_cast<FaultKind>(kind);
  }
  return FaultKind::crash_agent;
}

/// Leaves out about half of the kinds: what many kinds hide from each other, a few show.
FaultWeights swarm(Prng& prng, const FaultWeights& all) {
  FaultWeights some = all;
  for (std::size_t kind = 0; kind < kSwarmKinds; ++kind) {
    if (prng.chance(55)) some[kind] = 0;
  }
  return std::ranges::all_of(some, [](int weight) { return weight == 0; }) ? all : some;
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

std::vector<Fault> schedule_faults(const Scenario& scenario, std::uint64_t seed) {
  Prng prng(seed * 13 + 5);
  const FaultWeights weights = scenario.swarm ? swarm(prng, scenario.weights) : scenario.weights;
  const std::int64_t slowest =
      prng.between(scenario.pause_max.count() / 4, scenario.pause_max.count());
  std::vector<Fault> schedule;
  Duration at{0};
  while (true) {
    at += Duration{prng.between(10, prng.chance(25) ? 300 : slowest)};
    if (at >= scenario.length) return schedule;
    const FaultKind kind = draw_kind(prng, weights);
    schedule.push_back({static_cast<int>(schedule.size()), at, kind, prng.next()});
  }
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

/// Some of the nodes, at least one, and any.
std::vector<NodeName> Faults::draw_group() {
  std::vector<NodeName> group;
  for (const NodeName& node : world_.names()) {
    if (prng_.chance(50)) group.push_back(node);
  }
  if (group.empty()) group.push_back(draw_node());
  return group;
}

void Faults::later(std::function<void()> end) {
  const Duration longest = prng_.chance(10) ? kFaultVeryLong : kFaultLongest;
  world_.queue().at(kWorldProcess, world_.now() + Duration{prng_.between(50, longest.count())},
                    [this, end = std::move(end)] {
                      if (!over_) end();
                    });
}

void Faults::note(FaultKind kind, const std::string& what) {
  world_.note("fault: " + std::string(to_string(kind)) + " " + what);
}

void Faults::run() {
  constexpr std::int64_t kLastFaultMs = 5'000;
  const Instant begin = world_.now();
  for (const Fault& fault : schedule_) {
    world_.run_for(std::max(Duration{0}, begin + fault.at - world_.now()));
    if (!world_.checkers().violation().empty()) return;
    prng_ = Prng(fault.seed);
    inject(fault);
    world_.stir();
  }
  world_.run_for(Duration{prng_.between(0, kLastFaultMs)});
  over_ = true;
  world_.heal();
}

void Faults::inject(const Fault& fault) {
  const FaultKind kind = fault.kind;
  ++counts_[kind];
  injected_.push_back(fault.index);
  if (kind < FaultKind::crash_controller) return inject_process(kind);
  if (kind < FaultKind::slow_disk) return inject_controller(kind);
  if (kind < FaultKind::cut_controller) return inject_disk(kind);
  if (kind < FaultKind::loss) return inject_network(kind);
  if (kind < FaultKind::edit_priority) return inject_messages(kind);
  inject_user(kind);
}

}  // namespace hactl
