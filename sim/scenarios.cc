#include "sim/scenarios.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "model/validate.h"

namespace hactl {

namespace {

struct Weight {
  FaultKind kind = FaultKind::crash_agent;
  int weight = 0;
};

FaultWeights weights(const std::vector<Weight>& wanted) {
  FaultWeights all{};
  for (const Weight& one : wanted)
    all[static_cast<std::size_t>(one.kind)] = one.weight;
  return all;
}

FaultWeights all_weights() {
  FaultWeights all{};
  all.fill(4);
  for (const FaultKind none : {FaultKind::lose_disk, FaultKind::corrupt_state, FaultKind::roll_back,
                               FaultKind::restore_store, FaultKind::restart}) {
    all[static_cast<std::size_t>(none)] = 0;
  }
  for (const FaultKind rare : {FaultKind::remove_node, FaultKind::crash_all}) {
    all[static_cast<std::size_t>(rare)] = 1;
  }
  return all;
}

constexpr Duration kUsualLength{200'000};

/// Formations that come to be and change.
std::vector<Scenario> growing() {
  using enum FaultKind;
  return {
      {.name = "bootstrap",
       .weights = weights({{loss, 3},
                           {slow_replay, 1},
                           {crash_agent, 2},
                           {crash_controller, 1},
                           {clock_jump, 1},
                           {slow_node, 1}}),
       .length = Duration{60'000},
       .pause_max = Duration{8'000}},
      {.name = "join",
       .nodes_max = 6,
       .weights = weights({{add_node, 4},
                           {crash_agent, 2},
                           {remove_node, 3},
                           {move_node, 1},
                           {cut_pair, 1},
                           {crash_node, 1},
                           {slow_disk, 1},
                           {action_trouble, 1}}),
       .length = kUsualLength,
       .pause_max = Duration{20'000}},
      {.name = "switchover",
       .weights = weights({{switchover, 8},
                           {crash_agent, 1},
                           {crash_controller, 1},
                           {two_controllers, 1},
                           {old_messages, 1},
                           {freeze_node, 1},
                           {loss, 1},
                           {crash_node, 1},
                           {cut_pair, 1},
                           {slow_link, 1},
                           {action_trouble, 1}}),
       .length = kUsualLength,
       .pause_max = Duration{14'000}},
      {.name = "migration",
       .nodes_min = 3,
       .weights = weights({{edit_priority, 5},
                           {edit_quorum, 3},
                           {edit_sync, 3},
                           {edit_policy, 1},
                           {edit_parameter, 2},
                           {edit_many, 2},
                           {crash_node, 1},
                           {crash_controller, 1},
                           {cut_region, 1},
                           {slow_node, 1},
                           {freeze_postgres, 1}}),
       .length = kUsualLength,
       .pause_max = Duration{14'000}},
  };
}

/// Machines, disks and networks that fail.
std::vector<Scenario> failing() {
  using enum FaultKind;
  return {
      {.name = "crash-primary",
       .weights = weights({{crash_primary, 6},
                           {crash_postgres, 2},
                           {crash_agent, 1},
                           {crash_all, 1},
                           {start_trouble, 2},
                           {slow_disk, 1},
                           {crash_controller, 1},
                           {cut_pair, 1}}),
       .length = kUsualLength,
       .pause_max = Duration{20'000}},
      {.name = "crash-standby",
       .weights = weights({{crash_standby, 6},
                           {crash_postgres, 2},
                           {cut_pair, 2},
                           {slow_replay, 1},
                           {slow_disk, 1},
                           {start_trouble, 1},
                           {edit_sync, 1}}),
       .length = kUsualLength,
       .pause_max = Duration{16'000}},
      {.name = "partition",
       .weights = weights({{partition, 4},
                           {one_way, 3},
                           {cut_controller, 2},
                           {cut_primary, 2},
                           {cut_pair, 2},
                           {cut_node, 2},
                           {cut_region, 2},
                           {slow_link, 2},
                           {slow_network, 1},
                           {two_controllers, 1},
                           {freeze_agent, 1},
                           {edit_sync, 1}}),
       .length = kUsualLength,
       .pause_max = Duration{20'000}},
      {.name = "lost-disk",
       .nodes_min = 3,
       .weights = weights({{lose_disk, 2},
                           {corrupt_state, 1},
                           {crash_node, 2},
                           {crash_agent, 1},
                           {switchover, 1}}),
       .length = Duration{120'000},
       .pause_max = Duration{14'000}},
  };
}

/// Nothing that fails, everything that does, and what hactl can't know by itself.
std::vector<Scenario> other() {
  using enum FaultKind;
  return {
      {.name = "calm",
       .weights = weights({{edit_priority, 3},
                           {edit_quorum, 2},
                           {edit_sync, 2},
                           {edit_policy, 1},
                           {edit_parameter, 2},
                           {edit_many, 1},
                           {add_node, 1},
                           {remove_node, 1},
                           {switchover, 3}}),
       .length = kUsualLength,
       .pause_max = Duration{40'000},
       .calm = true},
      {.name = "harmless",
       .weights = weights({{crash_agent, 3},
                           {crash_controller, 3},
                           {freeze_controller, 2},
                           {two_controllers, 2},
                           {cut_primary, 3},
                           {clock_jump, 1},
                           {old_messages, 1},
                           {store_trouble, 1}}),
       .length = kUsualLength,
       .pause_max = Duration{40'000},
       .calm = true},
      {.name = "chaos",
       .weights = all_weights(),
       .length = kUsualLength,
       .pause_max = Duration{20'000},
       .swarm = true},
      {.name = "amnesia",
       .nodes_min = 3,
       .weights = weights({{roll_back, 3},
                           {crash_node, 2},
                           {crash_primary, 1},
                           {crash_agent, 1},
                           {switchover, 1}}),
       .length = kUsualLength,
       .pause_max = Duration{16'000}},
      {.name = "restore",
       .weights = weights({{restore_store, 2},
                           {crash_node, 2},
                           {crash_primary, 1},
                           {switchover, 2},
                           {edit_sync, 1},
                           {cut_node, 1}}),
       .length = kUsualLength,
       .pause_max = Duration{20'000}},
  };
}

/// Formations that ask for durability, and everything that could take it away.
std::vector<Scenario> spread() {
  using enum FaultKind;
  return {
      {.name = "durable",
       .nodes_min = 3,
       .weights = weights(
           {{crash_primary, 2}, {crash_standby, 3}, {crash_node, 1},       {crash_all, 1},
            {cut_region, 4},    {partition, 2},     {cut_node, 1},         {cut_pair, 1},
            {one_way, 1},       {cut_primary, 1},   {slow_link, 2},        {slow_replay, 1},
            {freeze_node, 1},   {loss, 1},          {crash_controller, 1}, {two_controllers, 1},
            {old_messages, 1},  {switchover, 3},    {edit_priority, 2},    {edit_quorum, 2},
            {edit_policy, 1},   {add_node, 2},      {remove_node, 2},      {move_node, 1}}),
       .length = kUsualLength,
       .pause_max = Duration{16'000},
       .durable = true},
  };
}

/// Restarts that an operator asks for, whatever else happens.
std::vector<Scenario> restarting() {
  using enum FaultKind;
  return {
      {.name = "restart",
       .weights = weights({{restart, 5},
                           {switchover, 2},
                           {edit_parameter, 1},
                           {edit_priority, 1},
                           {add_node, 1},
                           {remove_node, 1},
                           {crash_agent, 1},
                           {crash_postgres, 1},
                           {crash_node, 1},
                           {crash_controller, 1},
                           {two_controllers, 1},
                           {freeze_node, 1},
                           {cut_pair, 1},
                           {old_messages, 1},
                           {loss, 1}}),
       .length = kUsualLength,
       .pause_max = Duration{20'000}},
  };
}

std::vector<Scenario> listed() {
  std::vector<Scenario> all = growing();
  for (std::vector<Scenario> more : {failing(), other(), spread(), restarting()})
    std::ranges::move(more, std::back_inserter(all));
  return all;
}

}  // namespace

std::optional<Scenario> find_scenario(std::string_view name) {
  for (Scenario& each : listed()) {
    if (each.name == name) return std::move(each);
  }
  return std::nullopt;
}

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const Scenario& each : listed())
    names.push_back(each.name);
  return names;
}

bool worth_running(const FormationSpec& spec) {
  const auto members = spec.members();
  const auto quorum = std::ranges::count_if(members, &Member::replication_quorum);
  const bool candidate =
      std::ranges::any_of(members, [](const Member& m) { return m.candidate_priority > 0; });
  if (members.size() < 2 || !candidate || spec.sync_standbys() > quorum - 1) return false;
  Formation formation;
  formation.name = FormationName("sim");
  formation.spec = spec;
  return validate(formation).empty();
}

}  // namespace hactl
