#include "sim/scenarios.h"

#include <algorithm>

namespace hactl {

namespace {

constexpr std::array<std::string_view, kFaultKinds> kNames{
    "crash_agent",    "crash_postgres",  "crash_node",     "crash_primary",    "crash_standby",
    "freeze_node",    "freeze_postgres", "freeze_agent",   "crash_controller", "two_controllers",
    "cut_controller", "cut_pair",        "cut_node",       "cut_region",       "loss",
    "slow_network",   "store_trouble",   "action_trouble", "slow_replay",      "lose_disk",
    "edit_priority",  "edit_quorum",     "edit_sync",      "add_node",         "remove_node",
    "switchover"};

struct Weight {
  FaultKind kind = FaultKind::crash_agent;
  int weight = 0;
};

FaultWeights weights(std::initializer_list<Weight> wanted) {
  FaultWeights all{};
  for (const Weight& one : wanted)
    all[static_cast<std::size_t>(one.kind)] = one.weight;
  return all;
}

FaultWeights all_weights() {
  FaultWeights all{};
  all.fill(4);
  all[static_cast<std::size_t>(FaultKind::lose_disk)] = 0;
  all[static_cast<std::size_t>(FaultKind::remove_node)] = 1;
  all[static_cast<std::size_t>(FaultKind::add_node)] = 2;
  return all;
}

std::vector<Scenario> scenarios() {
  using enum FaultKind;
  return {
      {"bootstrap", 2, 7,
       weights({{loss, 3}, {slow_replay, 1}, {crash_agent, 2}, {crash_controller, 1}}), 5s, 3s},
      {"join", 2, 5,
       weights({{add_node, 3},
                {crash_agent, 2},
                {remove_node, 2},
                {cut_pair, 1},
                {crash_node, 1},
                {action_trouble, 1}}),
       20s, 4s},
      {"switchover", 2, 5,
       weights({{switchover, 6},
                {crash_agent, 1},
                {crash_controller, 1},
                {freeze_node, 1},
                {loss, 1},
                {crash_node, 1},
                {cut_pair, 1},
                {action_trouble, 1}}),
       30s, 6s},
      {"migration", 3, 7,
       weights({{edit_priority, 5},
                {edit_quorum, 2},
                {edit_sync, 2},
                {crash_node, 1},
                {crash_controller, 1},
                {cut_region, 1},
                {freeze_postgres, 1}}),
       30s, 6s},
      {"crash-primary", 2, 5,
       weights({{crash_primary, 6},
                {crash_postgres, 2},
                {crash_agent, 1},
                {crash_controller, 1},
                {cut_pair, 1}}),
       30s, 8s},
      {"crash-standby", 2, 5,
       weights({{crash_standby, 6},
                {crash_postgres, 2},
                {cut_pair, 2},
                {slow_replay, 1},
                {edit_sync, 1}}),
       30s, 8s},
      {"lost-disk", 3, 5,
       weights({{lose_disk, 2}, {crash_node, 2}, {crash_agent, 1}, {switchover, 1}}), 30s, 6s},
      {"chaos", 2, 7, all_weights(), 60s, 5s},
  };
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<Scenario> find_scenario(std::string_view name) {
  for (Scenario& scenario : scenarios()) {
    if (scenario.name == name) return scenario;
  }
  return std::nullopt;
}

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const Scenario& scenario : scenarios())
    names.push_back(scenario.name);
  return names;
}

bool worth_running(const FormationSpec& spec) {
  const auto members = spec.members();
  const auto quorum = std::count_if(members.begin(), members.end(),
                                    [](const Member& m) { return m.replication_quorum; });
  const bool candidate = std::any_of(members.begin(), members.end(),
                                     [](const Member& m) { return m.candidate_priority > 0; });
  return members.size() >= 2 && candidate && spec.sync_standbys() <= quorum - 1;
}

}  // namespace hactl
