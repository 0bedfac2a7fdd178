// Node c, which is to follow another primary: what it is told, and what it has.
#pragma once

#include <string>

#include "converge/next_action.h"

namespace hactl {

inline constexpr SystemId kSystem{77};
inline constexpr Instant kNow{Duration{1'000'000}};

/// Node c is to follow b, which was promoted in epoch 2 at 0/2000 on timeline 3; a led before.
inline Goal follow_b() {
  Goal goal;
  goal.formation = FormationName("test");
  goal.node = NodeName("c");
  goal.incarnation = Incarnation(1);
  goal.revision = Revision(9);
  goal.state = GoalState::standby;
  goal.epoch = Epoch(2);
  goal.system_id = kSystem;
  goal.upstream = Upstream{NodeName("b"), "10.0.0.2", 5432, Epoch(2)};
  goal.chain = {
      Promotion{Epoch(1), NodeName("a"), TimelineId(2), TimelineId(1), Lsn(0x100), true},
      Promotion{Epoch(2), NodeName("b"), TimelineId(3), TimelineId(2), Lsn(0x2000), true}};
  goal.postgres.data_directory = "/data";
  return goal;
}

/// A detached standby whose WAL ends on timeline 2 at `end`.
inline LocalState detached_standby(Lsn end) {
  LocalState local;
  local.state.formation = FormationName("test");
  local.state.node = NodeName("c");
  local.state.node_incarnation = NodeIncarnation(1);
  local.state.incarnation_seen = Incarnation(1);
  local.state.system_id = kSystem;
  local.state.promised = Epoch(2);
  local.state.timelines = {{TimelineId(2), Epoch(1)}};
  local.seen.data = DataKind::cluster;
  local.seen.control = ControlData{};
  local.seen.control->system_id = kSystem;
  local.seen.control->version = 15;
  local.seen.history = {{TimelineId(2), Lsn(0x100)}};
  local.seen.running = true;
  local.seen.sql = SqlView{};
  local.seen.sql->timeline = TimelineId(2);
  local.seen.sql->received = end;
  local.seen.sql->replayed = end;
  local.seen.sql->replay_at_end = true;
  return local;
}

/// Carries out what only changes files and memory, until something else is wanted.
inline Step settled(const Goal& goal, LocalState& local) {
  for (int i = 0; i < 20; ++i) {
    const Step step = next_action(goal, local, kNow);
    if (!step.action) return step;
    if (const auto* save = std::get_if<action::SaveState>(&*step.action)) {
      if (save->state.rewinding && !local.state.rewinding) local.rewind = RewindProgress::noted;
      local.state = save->state;
    } else if (const auto* write = std::get_if<action::Configure>(&*step.action)) {
      local.seen.config_id_on_disk = write->files.id;
      if (local.seen.sql) local.seen.sql->config_id = write->files.id;
    } else {
      return step;
    }
  }
  return next_action(goal, local, kNow);
}

inline std::string name_of_next(const Goal& goal, LocalState& local) {
  const Step step = settled(goal, local);
  if (step.problem) return "stuck: " + step.problem->reason;
  return step.action ? std::string(name_of(*step.action)) : "wait: " + step.why;
}

}  // namespace hactl
