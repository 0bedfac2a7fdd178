#include "planner/preview.h"

#include <algorithm>

#include "model/limits.h"
#include "planner/plan.h"

namespace hactl {
namespace {

/// Rounds of an ideal world before a preview gives up: far more than any real convergence takes.
constexpr int kRoundsMax = 400;
/// Time that passes from round to round when nothing else happens.
constexpr Duration kRound{1'000};

/// A formation in which every node does at once what it is told.
class IdealWorld {
 public:
  IdealWorld(const FormationSpec& spec, Generation generation, const FormationRecord& record,
             const Observed& observed, Instant now)
      : spec_(spec), generation_(generation), record_(record), observed_(observed), now_(now) {
    for (const Member& member : spec_.members()) {
      if (observed_.nodes.contains(member.name)) continue;
      ObservedNode& node = observed_.nodes[member.name];
      node.report.node = member.name;
      node.report.state = NodeState::empty;
      node.received_at = now_;
      node.steady_since = now_;
    }
  }

  Plan next() { return plan(spec_, generation_, record_, observed_, now_); }

  void adopt(const FormationRecord& record) {
    if (record.epoch != record_.epoch || record.phase != record_.phase)
      observed_.phase_since = now_;
    record_ = record;
  }

  /// Whether anything changed.
  bool obey(const std::map<NodeName, Goal>& goals) {
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

  void wait() {
    now_ += kRound;
    for (auto& [name, node] : observed_.nodes) {
      if (!was_silent(name)) node.received_at = now_;
    }
  }

  [[nodiscard]] const FormationRecord& record() const { return record_; }
  [[nodiscard]] const Observed& observed() const { return observed_; }

 private:
  [[nodiscard]] bool was_silent(const NodeName& name) const {
    const auto found = observed_.nodes.find(name);
    return found == observed_.nodes.end() || now_ - found->second.received_at >= kSilentAfter;
  }

  void obey_one(const Goal& goal, NodeReport& report) {
    report.promised = std::max(report.promised, goal.epoch);
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
        report.final_for = goal.epoch;
        report.primary.reset();
        break;
      case GoalState::drop:
        report = NodeReport{};
        report.node = goal.node;
        report.state = NodeState::dropped;
        break;
      case GoalState::init:
      case GoalState::maintenance: break;
    }
  }

  static void lead(const Goal& goal, NodeReport& report) {
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

  static void follow(const Goal& goal, NodeReport& report) {
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

  static void restarted(const Goal& goal, NodeReport& report) {
    if (goal.restart == 0) return;
    report.restart_done = goal.restart;
    report.restart_pending = false;
  }

  void stream_to(const NodeName& primary, const std::map<NodeName, Goal>& goals) {
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

  const FormationSpec& spec_;
  Generation generation_;
  FormationRecord record_;
  Observed observed_;
  Instant now_;
};

/// A goal in words, as far as it is news.
std::optional<std::string> goal_news(const NodeName& name, const Goal& goal,
                                     const std::map<NodeName, Goal>& before) {
  const auto was = before.find(name);
  const auto settings = [](PostgresGoal postgres) {
    postgres.password.clear();
    return postgres;
  };
  const bool same = was != before.end() && was->second.state == goal.state &&
                    was->second.upstream == goal.upstream &&
                    settings(was->second.postgres) == settings(goal.postgres) &&
                    was->second.restart == goal.restart;
  if (same || goal.state == GoalState::init) return std::nullopt;
  std::string text = name.value + ": " + std::string(to_string(goal.state));
  if (goal.upstream) text += " of " + goal.upstream->node.value;
  if (goal.restart != 0 && (was == before.end() || was->second.restart != goal.restart)) {
    text += ", with a restart";
  }
  return text;
}

PreviewStep describe(const Plan& plan, const IdealWorld& world,
                     const std::map<NodeName, Goal>& before) {
  PreviewStep step;
  if (!plan.events.empty()) step.title = plan.events.front().message;
  const Phase phase = plan.record ? plan.record->phase : world.record().phase;
  step.writes_pause = plan.record && (phase == Phase::switchover || phase == Phase::collect);
  for (const auto& [name, goal] : plan.goals) {
    const auto news = goal_news(name, goal, before);
    if (!news || plan.record) continue;
    step.details.push_back(*news);
    const auto& nodes = world.observed().nodes;
    const auto seen = nodes.find(name);
    const bool made = seen != nodes.end() && seen->second.report.state == NodeState::empty;
    if (made || goal.restart != 0 || goal.state == GoalState::demote ||
        goal.state == GoalState::rebuild) {
      step.restarts.push_back(name);
    }
  }
  if (step.title.empty() && !step.details.empty()) step.title = "the nodes are told their goals";
  return step;
}

}  // namespace

Preview preview(const FormationSpec& spec, Generation generation, const FormationRecord& record,
                const Observed& observed, Instant now) {
  IdealWorld world(spec, generation, record, observed, now);
  Preview result;
  std::map<NodeName, Goal> before = world.next().goals;
  bool first = true;
  for (int round = 0; round < kRoundsMax; ++round) {
    const Plan next = world.next();
    const bool converged = std::ranges::any_of(next.conditions, [](const Condition& c) {
      return c.type == "Converged" && c.status == ConditionStatus::yes;
    });
    PreviewStep step = describe(next, world, before);
    if (!step.title.empty()) result.steps.push_back(std::move(step));
    if (converged && !next.record && !first) {
      result.converges = true;
      result.blocked.clear();
      return result;
    }
    first = false;
    if (next.record) {
      world.adopt(*next.record);
      continue;
    }
    before = next.goals;
    if (!world.obey(next.goals)) world.wait();
    for (const Decision& decision : next.decisions) {
      if (!decision.node) result.blocked = decision.why;
    }
  }
  return result;
}

}  // namespace hactl
