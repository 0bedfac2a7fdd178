#include "planner/preview.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/join.h"
#include "model/limits.h"
#include "model/parameter_rules.h"
#include "planner/draft.h"

namespace hactl {
namespace {

/// Rounds of an ideal world before a preview gives up: far more than any real convergence takes.
constexpr int kRoundsMax = 400;

/// Decisions that only say that what a step waited for has happened, or how it goes on.
constexpr std::array<std::string_view, 7> kGoOn{
    "QuorumChanged",  "PrimaryStopped", "PrimaryOpened", "CandidateChosen",
    "PrimarySettled", "NodeRestarted",  "SwitchoverDone"};

/// What a goal asks of a node; empty: nothing that shows.
std::string deed_of(const Goal& goal) {
  const std::string whom = goal.upstream ? goal.upstream->node.value : "";
  switch (goal.state) {
    case GoalState::standby: return whom.empty() ? "" : "to follow " + whom;
    case GoalState::rebuild: return "to be built anew from " + whom;
    case GoalState::bootstrap: return "to make the first data directory";
    case GoalState::demote: return "to stop in good order";
    case GoalState::promote: return "to take over";
    case GoalState::fast_forward: return "to fetch WAL from " + whom;
    case GoalState::hold: return "to take no more WAL and say how far they are";
    case GoalState::maintenance: return "to stop, for maintenance";
    case GoalState::fence: return "to stop";
    case GoalState::drop: return "to leave";
    case GoalState::primary:
    case GoalState::init: break;
  }
  return "";
}

bool is_new(const Goal& goal, const std::map<NodeName, Goal>& before) {
  const auto was = before.find(goal.node);
  return was == before.end() || was->second.state != goal.state ||
         was->second.upstream != goal.upstream;
}

bool restarts_now(const Goal& goal, const std::map<NodeName, Goal>& before) {
  const auto was = before.find(goal.node);
  return goal.restart != 0 && (was == before.end() || was->second.restart != goal.restart);
}

bool has_data(const IdealWorld& world, const NodeName& name) {
  const auto seen = world.observed().nodes.find(name);
  return seen != world.observed().nodes.end() && seen->second.report.state != NodeState::empty;
}

/// Writes the steps down as the world goes through them.
class Scribe {
 public:
  explicit Scribe(std::vector<PreviewStep>& steps) : steps_(steps) {}

  /// What changes in the nodes' settings files.
  void note_settings(const FormationSpec& before, const FormationSpec& after,
                     const IdealWorld& world) {
    const std::vector<std::string> changed =
        changed_parameters(before.postgres.parameters, after.postgres.parameters);
    const bool hba = before.postgres.hba != after.postgres.hba;
    if (changed.empty() && !hba) return;
    std::vector<std::string> reloaded;
    std::vector<std::string> restarted;
    for (const std::string& name : changed)
      (takes_a_restart(name) ? restarted : reloaded).push_back(name);
    PreviewStep& step = begin("settings change on every node");
    if (!reloaded.empty()) step.details.push_back("at once: " + join(reloaded));
    if (hba) step.details.emplace_back("at once: who may connect (hba)");
    if (!restarted.empty()) {
      step.details.push_back("with a restart, one node after the other: " + join(restarted));
    }
    for (const Member& member : after.members()) {
      if (has_data(world, member.name)) step.reloads.push_back(member.name);
    }
  }

  /// What nodes are told: part of the step under way, but for restarts.
  void note_goals(const std::map<NodeName, Goal>& goals, const std::map<NodeName, Goal>& before,
                  const std::set<NodeName>& asked_for) {
    std::map<std::string, std::set<NodeName>> who;
    for (const auto& [name, goal] : goals) {
      const std::string deed = deed_of(goal);
      if (!deed.empty() && is_new(goal, before)) who[deed].insert(name);
    }
    for (const auto& [deed, names] : who) {
      if (steps_.empty()) begin("nodes are told what to do");
      steps_.back().details.push_back(deed + ": " + join(names));
    }
    for (const auto& [name, goal] : goals) {
      const bool anew = goal.state == GoalState::rebuild && is_new(goal, before);
      if (anew) steps_.back().restarts.push_back(name);
      if (restarts_now(goal, before)) note_restart(goal, asked_for);
    }
  }

  void note_decision(const Event& event, const FormationRecord& before,
                     const FormationRecord& after) {
    const bool goes_on = std::ranges::find(kGoOn, event.reason) != kGoOn.end();
    if (goes_on && !steps_.empty()) {
      steps_.back().events.push_back(event.reason);
      return;
    }
    PreviewStep& step = begin(event.message);
    step.events.push_back(event.reason);
    const bool moves = after.phase == Phase::switchover || after.phase == Phase::collect;
    if (moves && after.phase != before.phase) note_move(before, step);
    if (after.phase == Phase::reconfigure && before.primary) step.reloads = {*before.primary};
    const bool waited = !before.in_force.empty() && before.in_force.back().required > 0;
    if (waited && after.in_force.back().required == 0) {
      step.exposes = "commits wait for no standby: what only the primary has is lost with it";
    }
  }

  /// What the formation says that it waits for.
  void note_wait(const std::vector<Decision>& decisions) {
    constexpr std::string_view kWaiting = "waiting for ";
    for (const Decision& decision : decisions) {
      if (decision.node || !decision.why.starts_with(kWaiting) || steps_.empty()) continue;
      std::string& barrier = steps_.back().waits_for;
      const std::string what = decision.why.substr(kWaiting.size());
      if (!barrier.ends_with(what)) barrier += (barrier.empty() ? "" : ", then ") + what;
    }
  }

 private:
  PreviewStep& begin(std::string title) {
    PreviewStep step;
    step.title = std::move(title);
    steps_.push_back(std::move(step));
    return steps_.back();
  }

  void note_restart(const Goal& goal, const std::set<NodeName>& asked_for) {
    PreviewStep& step = begin(goal.node.value + (asked_for.contains(goal.node)
                                                     ? " restarts, as was asked for"
                                                     : " restarts for changed parameters"));
    step.kind = StepKind::restart;
    step.restarts = step.disconnects = {goal.node};
    step.writes_pause = goal.state == GoalState::primary;
    step.waits_for = goal.node.value + (step.writes_pause ? " to open" : " to stream again");
  }

  static void note_move(const FormationRecord& before, PreviewStep& step) {
    step.kind = StepKind::move;
    step.writes_pause = true;
    step.no_way_back = true;
    if (before.primary) step.restarts = step.disconnects = {*before.primary};
  }

  std::vector<PreviewStep>& steps_;
};

/// What the nodes have been told.
std::map<NodeName, Goal> goals_now(const FormationSpec& wanted, Generation generation,
                                   const PreviewStart& start) {
  const FormationSpec& spec = start.running == nullptr ? wanted : *start.running;
  return IdealWorld(spec, generation, start).next().goals;
}

}  // namespace

std::string_view to_string(StepKind kind) {
  switch (kind) {
    case StepKind::change: return "change";
    case StepKind::restart: return "restart";
    case StepKind::move: return "move";
  }
  return "";
}

PausePrediction predicted_pause(const FormationRecord& record) {
  if (record.pauses_ms.empty()) return {kPauseUsual, kPauseWorst, 0};
  std::vector<std::uint64_t> pauses = record.pauses_ms;
  std::ranges::sort(pauses);
  const auto duration = [](std::uint64_t ms) { return Duration{static_cast<std::int64_t>(ms)}; };
  return {duration(pauses[pauses.size() / 2]), duration(pauses.back()), pauses.size()};
}

Preview preview(const FormationSpec& spec, Generation generation, const PreviewStart& start) {
  IdealWorld world(spec, generation, start);
  Preview result;
  result.pause = predicted_pause(start.record);
  Scribe scribe(result.steps);
  if (start.running != nullptr) scribe.note_settings(*start.running, spec, world);
  std::map<NodeName, Goal> before = goals_now(spec, generation, start);
  bool obeyed = false;
  for (int round = 0; round < kRoundsMax; ++round) {
    const Plan next = world.next();
    scribe.note_goals(next.goals, before, world.record().restarts);
    before = next.goals;
    if (next.record) {
      for (const Event& event : next.events)
        scribe.note_decision(event, world.record(), *next.record);
      world.adopt(*next.record);
      continue;
    }
    if (is_true(next.conditions, "Converged") && obeyed) {
      result.converges = true;
      result.blocked.clear();
      return result;
    }
    scribe.note_wait(next.decisions);
    if (!world.obey(next.goals)) world.wait();
    obeyed = true;
    if (const Decision* decision = formation_decision(next)) result.blocked = decision->why;
  }
  return result;
}

}  // namespace hactl
