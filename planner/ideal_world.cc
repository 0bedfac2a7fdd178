#include "planner/ideal_world.h"

#include <algorithm>

#include "model/limits.h"
#include "model/parameter_rules.h"
#include "planner/plan.h"

namespace hactl {
namespace {

/// Time that passes from round to round when nothing else happens.
constexpr Duration kRound{1'000};

void restarted(const Goal& goal, NodeReport& report) {
  if (goal.restart == 0) return;
  report.restart_done = goal.restart;
  report.restart_pending = false;
}

void lead(const Goal& goal, NodeReport& report) {
  constexpr SystemId kMadeUp{1};
  if (report.system_id.value == 0)
    report.system_id = goal.system_id.value == 0 ? kMadeUp : goal.system_id;
  report.state = NodeState::primary;
  report.receiver.reset();
  report.final_for = Epoch(0);
  PrimaryView view = report.primary.value_or(PrimaryView{});
  view.epoch = goal.sync->epoch;
  view.timeline = goal.timeline;
  view.gate_open = true;
  view.confirmed = true;
  view.applied = goal.sync->generation;
  report.position.timeline = goal.timeline;
  report.position.lsn = std::max(report.position.lsn, Lsn(1));
  view.start = goal.chain.empty() ? Lsn(0) : goal.chain.back().start;
  report.primary = view;
  restarted(goal, report);
}

void follow(const Goal& goal, NodeReport& report) {
  if (!goal.upstream) return;
  report.state = NodeState::standby;
  report.primary.reset();
  report.final_for = Epoch(0);
  report.system_id = goal.system_id;
  report.node_incarnation = std::max(report.node_incarnation, goal.rebuild_above);
  if (goal.state == GoalState::rebuild) report.node_incarnation = goal.rebuild_above.next();
  report.receiver =
      ReceiverView{goal.upstream->node, goal.upstream->epoch,
                   goal.chain.empty() ? TimelineId(0) : goal.chain.back().timeline, true, false};
  restarted(goal, report);
}

}  // namespace

IdealWorld::IdealWorld(const FormationSpec& wanted, Generation generation,
                       const PreviewStart& start)
    : spec_(wanted),
      generation_(generation),
      record_(start.record),
      observed_(start.observed),
      now_(start.now) {
  for (const Member& member : spec_.members()) {
    if (observed_.nodes.contains(member.name)) continue;
    ObservedNode& node = observed_.nodes[member.name];
    node.report.node = member.name;
    node.report.state = NodeState::empty;
    node.received_at = now_;
    node.steady_since = now_;
  }
  for (const auto& [name, node] : observed_.nodes) {
    const bool has_data = node.report.state != NodeState::empty;
    if (start.running != nullptr && has_data) {
      parameters_[name] = start.running->postgres.parameters;
    }
  }
}

Plan IdealWorld::next() const {
  return plan(spec_, generation_, record_, observed_, now_);
}

void IdealWorld::adopt(const FormationRecord& record) {
  if (record.epoch != record_.epoch || record.phase != record_.phase) observed_.phase_since = now_;
  record_ = record;
}

bool IdealWorld::obey(const std::map<NodeName, Goal>& goals) {
  const std::map<NodeName, ObservedNode> before = observed_.nodes;
  for (const auto& [name, goal] : goals) {
    if (was_silent(name)) continue;
    observed_.nodes[name].knows_goal = true;
    obey_one(goal, observed_.nodes[name].report);
  }
  for (const auto& [name, goal] : goals) {
    if (goal.state == GoalState::primary || goal.state == GoalState::promote)
      stream_to(name, goals);
  }
  for (auto& [name, node] : observed_.nodes) {
    const auto was = before.find(name);
    if (was == before.end() || was->second.report != node.report) node.steady_since = now_;
  }
  return before != observed_.nodes;
}

void IdealWorld::wait() {
  now_ += kRound;
  for (auto& [name, node] : observed_.nodes) {
    if (!was_silent(name)) node.received_at = now_;
  }
}

bool IdealWorld::was_silent(const NodeName& name) const {
  const auto found = observed_.nodes.find(name);
  return found == observed_.nodes.end() || now_ - found->second.received_at >= kSilentAfter;
}

void IdealWorld::obey_one(const Goal& goal, NodeReport& report) {
  report.promised = std::max(report.promised, goal.epoch);
  take_parameters(goal, report);
  switch (goal.state) {
    case GoalState::bootstrap:
    case GoalState::promote:
    case GoalState::primary: lead(goal, report); break;
    case GoalState::standby:
    case GoalState::rebuild: follow(goal, report); break;
    case GoalState::hold:
      report.state = NodeState::held;
      report.final_for = goal.epoch;
      report.receiver.reset();
      report.primary.reset();
      break;
    case GoalState::fast_forward:
      if (goal.position) report.position = *goal.position;
      report.final_for = goal.epoch;
      break;
    case GoalState::demote:
    case GoalState::fence:
      report.state = NodeState::fenced;
      report.restart_pending = false;
      report.final_for = goal.epoch;
      report.primary.reset();
      break;
    case GoalState::drop:
      report = NodeReport{};
      report.node = goal.node;
      report.state = NodeState::dropped;
      break;
    case GoalState::maintenance:
      report.state = NodeState::stopped;
      report.restart_pending = false;
      report.receiver.reset();
      report.primary.reset();
      break;
    case GoalState::init: break;
  }
}

void IdealWorld::take_parameters(const Goal& goal, NodeReport& report) {
  if (goal.postgres.data_directory.empty()) return;
  const auto known = parameters_.find(goal.node);
  if (known == parameters_.end()) {
    parameters_[goal.node] = goal.postgres.parameters;
    return;
  }
  for (const std::string& name : changed_parameters(known->second, goal.postgres.parameters)) {
    if (takes_a_restart(name)) report.restart_pending = true;
  }
  known->second = goal.postgres.parameters;
}

void IdealWorld::stream_to(const NodeName& primary, const std::map<NodeName, Goal>& goals) {
  NodeReport& report = observed_.nodes[primary].report;
  if (!report.primary) return;
  report.primary->senders.clear();
  for (const auto& [name, goal] : goals) {
    NodeReport& standby = observed_.nodes[name].report;
    if (name == primary || standby.state != NodeState::standby || was_silent(name)) continue;
    // The primary may have been heard a moment before it: it has no less than it has shown.
    standby.position = std::max(standby.position, report.position);
    standby.replayed = standby.position.lsn;
    report.primary->senders.push_back(SenderView{
        name, report.primary->epoch, true, report.position.lsn, report.position.lsn, 1, true});
  }
}

}  // namespace hactl
