// A world for tests in which every living node does at once what it is told; the test breaks it.
#pragma once

#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include "planner/plan.h"
#include "tests/planner/formations.h"

namespace hactl::testing {

class ObedientWorld {
 public:
  explicit ObedientWorld(FormationSpec wanted) : spec(std::move(wanted)), record(fresh_record()) {
    for (const Member& member : spec.members())
      add(member.name);
  }

  void add(const NodeName& name) {
    ObservedNode& node = observed.nodes[name];
    node.report.node = name;
    node.report.state = NodeState::empty;
    node.received_at = node.steady_since = now;
    node.answers_us = node.knows_goal = true;
  }

  Plan next() const { return plan(spec, generation, record, observed, now); }

  /// Plans and obeys until nothing changes; the events on the way are kept in `events`.
  void settle() {
    constexpr int kRounds = 300;
    for (int round = 0; round < kRounds; ++round) {
      const Plan now_plan = next();
      if (planned) planned(now_plan);
      if (now_plan.record) {
        if (now_plan.record->phase != record.phase || now_plan.record->epoch != record.epoch) {
          observed.phase_since = now;
        }
        record = *now_plan.record;
        for (const Event& event : now_plan.events)
          events.push_back(event.reason);
        if (after_decision) after_decision(record);
        continue;
      }
      const auto before = observed.nodes;
      if (answer(now_plan.knocks)) continue;
      obey(now_plan.goals);
      if (before == observed.nodes && !pass()) return;
    }
  }

  void kill(const std::string& name) { dead.insert(NodeName(name)); }
  /// Its PostgreSQL has stopped, as its agent said in its last report.
  void stop_postgres(const std::string& name) {
    kill(name);
    report(name).state = NodeState::stopped;
    report(name).primary.reset();
  }
  void revive(const std::string& name) {
    dead.erase(NodeName(name));
    observed.nodes[NodeName(name)].received_at = now;
  }

  NodeReport& report(const std::string& name) { return observed.nodes[NodeName(name)].report; }

  std::string condition(const std::string& type) const {
    for (const Condition& c : next().conditions) {
      if (c.type == type) return std::string(to_string(c.status)) + " " + c.message;
    }
    return "";
  }

  FormationSpec spec;
  Generation generation{1};
  FormationRecord record;
  Observed observed;
  Instant now = at(100'000);
  std::set<NodeName> dead;
  std::set<NodeName> hung;    ///< Their agents live, and say that PostgreSQL does not answer.
  bool only_unheard = false;  ///< The dead still stream: only the controller does not hear them.
  std::vector<std::string> events;
  std::function<void(const FormationRecord&)> after_decision;
  std::function<void(const Plan&)> planned;  ///< Hears of every plan before it is obeyed.

  /// Those that are not dead do what they are told.
  void obey(const std::map<NodeName, Goal>& goals) {
    const auto before = observed.nodes;
    carry_out(goals);
    for (auto& [name, node] : observed.nodes) {
      const NodeReport& was = before.at(name).report;
      const bool same = was.state == node.report.state && streaming(was) == streaming(node.report);
      if (!same) node.steady_since = now;
    }
  }

 private:
  /// Lets time go on until something could change; false when nothing would for a long time.
  bool pass() {
    if (++quiet_ > 70) {
      quiet_ = 0;
      return false;
    }
    now += Duration{1'000};
    for (auto& [name, node] : observed.nodes) {
      if (!dead.contains(name)) node.received_at = now;
    }
    return true;
  }

  /// Whether anything new was learnt.
  bool answer(const std::map<NodeName, KnockOrder>& knocks) {
    const auto before = observed.knocks;
    for (const auto& [name, order] : knocks) {
      const bool lives = only_unheard || !dead.contains(name);
      observed.knocks[name] = Knocked{lives ? KnockAnswer::answered : KnockAnswer::refused, now};
    }
    return observed.knocks != before;
  }

  static std::set<NodeName> streaming(const NodeReport& report) {
    std::set<NodeName> names;
    if (!report.primary) return names;
    for (const SenderView& sender : report.primary->senders)
      names.insert(sender.node);
    return names;
  }

  void carry_out(const std::map<NodeName, Goal>& goals) {
    for (const auto& [name, goal] : goals) {
      if (dead.contains(name)) continue;
      NodeReport& report = observed.nodes[name].report;
      if (hung.contains(name)) {
        report.state = NodeState::hung;
      } else {
        obey_one(goal, report);
      }
    }
    for (const auto& [name, goal] : goals) {
      if (observed.nodes[name].report.primary) stream(name, goals);
    }
  }

  /// History files do not say whose each timeline was.
  static Lineage as_files_tell(Lineage chain) {
    for (Promotion& promotion : chain)
      promotion.node = NodeName();
    return chain;
  }

  void obey_one(const Goal& goal, NodeReport& report) {
    if (goal.tell_lineage) report.lineage = as_files_tell(chains_[goal.node]);
    if (goal.epoch < report.promised && goal.state != GoalState::drop) return;
    if (std::pair(goal.incarnation, goal.revision) <
        std::pair(report.incarnation_seen, report.revision_seen)) {
      return;
    }
    if (goal.state != GoalState::init) {
      report.incarnation_seen = goal.incarnation;
      report.revision_seen = goal.revision;
      if (!goal.tell_lineage) chains_[goal.node] = goal.chain;
    }
    report.promised = std::max(report.promised, goal.epoch);
    switch (goal.state) {
      case GoalState::bootstrap:
      case GoalState::promote:
      case GoalState::primary: lead(goal, report); break;
      case GoalState::standby:
      case GoalState::rebuild:
        if (!goal.upstream) return;
        report.state = NodeState::standby;
        report.system_id = goal.system_id;
        report.primary.reset();
        report.final_for = Epoch(0);
        if (goal.state == GoalState::rebuild) report.node_incarnation = goal.rebuild_above.next();
        report.receiver =
            ReceiverView{goal.upstream->node, goal.upstream->epoch, goal.chain.back().timeline,
                         only_unheard || !dead.contains(goal.upstream->node), false};
        break;
      case GoalState::hold:
        report.state = NodeState::held;
        report.final_for = goal.epoch;
        report.receiver.reset();
        report.primary.reset();
        break;
      case GoalState::fast_forward:
        report.position = *goal.position;
        report.final_for = goal.epoch;
        break;
      case GoalState::demote:
        report.state = NodeState::fenced;
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
        report.receiver.reset();
        report.primary.reset();
        break;
      case GoalState::init:
      case GoalState::fence: break;
    }
  }

  static void lead(const Goal& goal, NodeReport& report) {
    report.state = NodeState::primary;
    report.system_id = SystemId(7);
    report.final_for = Epoch(0);
    report.receiver.reset();
    PrimaryView view = report.primary.value_or(PrimaryView{});
    view.epoch = goal.sync->epoch;
    view.timeline = goal.timeline;
    view.gate_open = true;
    view.confirmed = true;
    view.applied = goal.sync->generation;
    view.granted = goal.sync;
    if (report.position.timeline != goal.timeline) view.start = report.position.lsn;
    report.position = WalPosition{goal.timeline, report.position.lsn};
    report.primary = view;
  }

  void stream(const NodeName& primary, const std::map<NodeName, Goal>& goals) {
    NodeReport& report = observed.nodes[primary].report;
    if (dead.contains(primary)) return;
    report.primary->senders.clear();
    for (const auto& [name, goal] : goals) {
      NodeReport& standby = observed.nodes[name].report;
      const bool follows = standby.receiver && standby.receiver->upstream == primary;
      if (!follows || dead.contains(name)) continue;
      standby.position = report.position;
      report.primary->senders.push_back(SenderView{
          name, report.primary->epoch, true, report.position.lsn, report.position.lsn, 1, true});
    }
  }

  int quiet_ = 0;
  std::map<NodeName, Lineage> chains_;  ///< What each was last told of its history.
};

/// Whether `then` comes after `first` in what was decided.
inline bool before(const std::vector<std::string>& events, const std::string& first,
                   const std::string& then) {
  const auto a = std::ranges::find(events, first);
  return a != events.end() && std::find(a, events.end(), then) != events.end();
}

}  // namespace hactl::testing
