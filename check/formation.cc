#include "check/formation.h"

#include <algorithm>
#include <utility>

#include "planner/plan.h"

#include "check/actors.h"

namespace hactl::check {
namespace {
constexpr std::size_t kSettleSteps = 2'000;
}  // namespace

Formation::Formation(const Scope& scope)
    : scope_(scope), nodes_(catalog_, scope.grain), control_(catalog_, scope) {
  catalog_.standbys_tell = scope.standbys_tell;
}

State Formation::nothing() {
  State state;
  state.stored =
      catalog_.stored(Stored{first_record(FormationName("f"), Incarnation(1)), Generation(1)});
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    Agent agent;
    agent.state.formation = FormationName("f");
    agent.state.node = node_name(node);
    Server server;
    server.self = node;
    state.nodes[node] = catalog_.nodes(Node{catalog_.agents(agent), catalog_.servers(server)});
  }
  state.tally = catalog_.tallies(Tally{});
  return state;
}

std::optional<State> Formation::beginning() {
  const State state = settle(nothing(), kSettleSteps);
  if (!at_peace(state)) return std::nullopt;
  control_.begin_at(catalog_.stored[state.stored].record);
  return state;
}

const std::vector<Successor>& Formation::successors(const State& from) {
  from_ = from;
  tally_ = catalog_.tallies[from.tally];
  all_.clear();
  successors_.clear();
  collect();
  // A client hears at once: whatever could go wrong with it later goes wrong with it now.
  const auto heard = std::ranges::find(all_, kClients, &Successor::actor);
  if (heard != all_.end()) {
    successors_.push_back(*heard);
  } else if (is_prompt()) {
    keep_prompt();
  } else {
    successors_ = all_;
  }
  return successors_;
}

void Formation::collect() {
  for (std::uint8_t node = 0; node < kNodes; ++node)
    add_alone(node);
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    for (std::uint8_t upstream = 0; upstream < kNodes; ++upstream) {
      if (upstream != node) add_between(node, upstream);
    }
  }
  add_control();
  add_restart();
  add_users();
}

bool Formation::allows(const Outcome& outcome) const {
  return std::ranges::all_of(outcome.effects, [&](const Effect& effect) {
    switch (effect.kind) {
      case Effect::Kind::crash: return tally_.crashes < scope_.crashes;
      case Effect::Kind::late: return tally_.late < scope_.late;
      case Effect::Kind::stale: return tally_.stale < scope_.stale;
      case Effect::Kind::foreign: return tally_.foreign < scope_.foreign;
      case Effect::Kind::write:
        return tally_.writes < scope_.writes && effect.value == tally_.writes + 1;
      case Effect::Kind::expose: return tally_.exposed[effect.value - 1U] == 0;
      default: return true;
    }
  });
}

View Formation::view_of(const State& state) const {
  View view{catalog_.settings};
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    const Node& at = catalog_.nodes[state.nodes[node]];
    view.agents[node] = &catalog_.agents[at.agent];
    view.servers[node] = &catalog_.servers[at.server];
  }
  return view;
}

bool Formation::is_nobodys_business(const State& state, std::uint8_t self) const {
  if (tally_.foreign == 0) return false;
  const Node& node = catalog_.nodes[state.nodes[self]];
  const std::uint8_t epoch = epoch_of(catalog_.agents[node.agent]);
  const FormationRecord& record = catalog_.stored[state.stored].record;
  const bool recorded = std::ranges::any_of(record.in_force, [&](const SyncConfig& config) {
    return config.epoch.value == epoch && config.required == 0;
  });
  const bool told = node.report != kNoId && catalog_.reports[node.report].primary &&
                    catalog_.reports[node.report].primary->foreign_sync;
  return !recorded && !told;
}

void Formation::add(State next, std::uint8_t self, Id node, const Outcome& outcome) {
  next.nodes[self] = node;
  Successor successor{next, outcome.words, outcome.manner, bit(outcome.actor, outcome.acting)};
  if (outcome.broken != kNoId) successor.broken = say(outcome.broken);
  const Id before = catalog_.nodes[from_.nodes[self]].server;
  const Id after = catalog_.nodes[node].server;
  const bool set_anew = catalog_.servers[before].settings != catalog_.servers[after].settings;
  if (set_anew && scope_.foreign == 0) {
    const FormationRecord& record = catalog_.stored[next.stored].record;
    successor.broken += judge_settings(view_of(next), record, nullptr);
  }
  if (outcome.effects[0].kind != Effect::Kind::none) {
    Tally tally = tally_;
    const View view = view_of(next);
    for (const Effect& effect : outcome.effects) {
      if (!successor.broken.empty()) break;
      if (effect.kind == Effect::Kind::expose && is_nobodys_business(next, self)) {
        tally.exposed[effect.value - 1U] = kUnprotected;
        continue;
      }
      successor.broken = judge(view, self, effect, tally);
    }
    successor.state.tally = catalog_.tallies(tally);
  }
  if (successor.state == from_ && successor.broken.empty()) return;
  all_.push_back(std::move(successor));
}

void Formation::add_alone(std::uint8_t self) {
  for (const NodeStep& step : nodes_.of(self, from_.nodes[self])) {
    if (allows(step.outcome)) add(from_, self, step.node, step.outcome);
  }
}

void Formation::add_between(std::uint8_t self, std::uint8_t upstream) {
  const Node node = catalog_.nodes[from_.nodes[self]];
  const Node other = catalog_.nodes[from_.nodes[upstream]];
  for (const NodeStep& step : nodes_.between(self, node, upstream, other.server)) {
    if (!allows(step.outcome)) continue;
    Node next = node;
    next.agent = step.outcome.agent;
    next.server = step.outcome.server;
    Node next_other = other;
    next_other.server = step.upstream_server;
    State state = from_;
    state.nodes[upstream] = catalog_.nodes(next_other);
    add(state, self, catalog_.nodes(next), step.outcome);
  }
}

std::string Formation::judge_record(Id stored) const {
  const FormationRecord& before = catalog_.stored[from_.stored].record;
  const FormationRecord& after = catalog_.stored[stored].record;
  const View view = view_of(from_);
  std::string broken;
  if (before.in_force != after.in_force) {
    broken = judge_settings(view, after, scope_.foreign == 0 ? nullptr : &before);
  }
  const bool ordered = after.phase == Phase::promote && before.phase != Phase::promote;
  if (ordered && broken.empty()) broken = judge_words(view, after);
  const bool settled = before.in_force.size() > 1 && after.in_force.size() == 1;
  if (settled && broken.empty()) broken = judge_quorum(view, after, tally_);
  const bool taken_over = before.phase == Phase::promote && after.phase == Phase::stable;
  if (taken_over && broken.empty()) broken = judge_retirement(view, after);
  return broken;
}

void Formation::publish(const ControlStep& step, const std::array<Id, kNodes>& nodes) {
  if (step.beyond && !settling_) {
    ++beyond_;
    return;
  }
  const bool decides = step.stored != from_.stored;
  if (tally_.waited && step.manner == Manner::prompt && !decides) return;
  Tally tally = tally_;
  tally.waited = !decides && (step.manner != Manner::prompt || tally.waited);
  State next = from_;
  next.stored = step.stored;
  next.nodes = nodes;
  std::array<bool, kNodes> changed{};
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    Node told = catalog_.nodes[nodes[node]];
    const Id goal = step.goals[node];
    if (goal == kNoId) continue;
    if (told.told != kNoId && control_.order_of(goal) == control_.order_of(told.told)) continue;
    changed[node] = true;
    told.told = goal;
    next.nodes[node] = catalog_.nodes(told);
  }
  const bool acts = decides || std::ranges::find(changed, true) != changed.end();
  if (!acts && step.broken == kNoId) return;
  Successor successor{next, step.words, step.manner, kController};
  if (step.broken != kNoId) successor.broken = say(step.broken);
  if (decides && successor.broken.empty()) successor.broken = judge_record(step.stored);
  if (step.candidate != 0 && successor.broken.empty()) {
    successor.broken = judge_candidate(step.epoch, step.candidate, tally);
    if (step.waived) tally.waived = step.epoch;
  }
  successor.state.tally = catalog_.tallies(tally);
  all_.push_back(successor);
  if (tally.late >= scope_.late || !successor.broken.empty()) return;
  // What was published before may still be on its way to one of them.
  ++tally.late;
  successor.state.tally = catalog_.tallies(tally);
  successor.manner = Manner::mishap;
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    const Node before = catalog_.nodes[from_.nodes[node]];
    if (!changed[node] || before.told == kNoId || before.late_goal != kNoId) continue;
    Node late = catalog_.nodes[next.nodes[node]];
    late.late_goal = before.told;
    Successor held = successor;
    held.state.nodes[node] = catalog_.nodes(late);
    all_.push_back(held);
  }
}

void Formation::add_looks(const std::array<Id, kNodes>& nodes) {
  std::array<Id, kNodes> reports{};
  for (std::uint8_t node = 0; node < kNodes; ++node)
    reports[node] = catalog_.nodes[nodes[node]].report;
  for (const ControlStep& step : control_.of(from_.stored, reports)) {
    if (is_prompt() && (step.silent & ~unheard(tally_.asleep)) != 0) continue;
    publish(step, nodes);
  }
}

void Formation::add_control() {
  std::array<Id, kNodes> fresh{};
  news_ = 0;
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    Node heard = catalog_.nodes[from_.nodes[node]];
    const Id report = nodes_.report(node, heard);
    if (report == heard.report) continue;
    news_ |= 1U << node;
    heard.report = report;
    heard.late_report = kNoId;
    fresh[node] = catalog_.nodes(heard);
  }
  // Any of the news may have come in before the controller looks; when all is prompt, all has.
  const unsigned prompt = news_ & ~unheard(tally_.asleep);
  for (unsigned heard = 0; heard < (1U << kNodes); ++heard) {
    if ((heard & ~news_) != 0) continue;
    if (is_prompt() && heard != prompt) continue;
    std::array<Id, kNodes> nodes = from_.nodes;
    for (std::uint8_t node = 0; node < kNodes; ++node) {
      if ((heard >> node & 1U) != 0) nodes[node] = fresh[node];
    }
    add_looks(nodes);
  }
}

void Formation::add_restart() {
  if (tally_.restarts >= scope_.restarts) return;
  Successor successor{from_, catalog_.say("the controller is restarted"), Manner::mishap};
  Tally tally = tally_;
  ++tally.restarts;
  successor.state.tally = catalog_.tallies(tally);
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    Node forgotten = catalog_.nodes[from_.nodes[node]];
    forgotten.report = forgotten.late_report = kNoId;
    successor.state.nodes[node] = catalog_.nodes(forgotten);
  }
  all_.push_back(successor);
}

void Formation::add_users() {
  if (tally_.edits >= scope_.edits.size()) return;
  Successor successor{from_, catalog_.say("a user " + scope_.edits[tally_.edits].words),
                      Manner::mishap, kUsers};
  successor.state.stored = control_.edited(from_.stored, tally_.edits);
  if (successor.state.stored == kNoId) return;
  Tally tally = tally_;
  ++tally.edits;
  successor.state.tally = catalog_.tallies(tally);
  all_.push_back(successor);
}

State Formation::settle(State from, std::size_t steps_max, std::vector<std::string>* trace) {
  Tally tally = catalog_.tallies[from.tally];
  tally.asleep = 0;
  from.tally = catalog_.tallies(tally);
  settling_ = true;
  for (std::size_t step = 0; step < steps_max; ++step) {
    const std::vector<Successor>& next = successors(from);
    auto chosen = std::ranges::find(next, Manner::prompt, &Successor::manner);
    if (chosen == next.end()) chosen = std::ranges::find(next, Manner::patient, &Successor::manner);
    if (chosen == next.end()) break;
    if (trace != nullptr) trace->push_back(say(chosen->words));
    from = State(chosen->state);
  }
  settling_ = false;
  return from;
}

bool Formation::at_peace(const State& state) {
  const Stored& stored = catalog_.stored[state.stored];
  const FormationRecord& record = stored.record;
  if (record.phase != Phase::stable || !record.primary) return false;
  const View view = view_of(state);
  const std::uint8_t primary = node_index(*record.primary);
  if (!is_open(*view.servers[primary], catalog_.settings)) return false;
  if (record.in_force.back().required != scope_.spec_of(stored.generation).sync_standbys()) {
    return false;
  }
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    const Server& server = *view.servers[node];
    if (node != primary && (!runs_as_standby(server) || server.receiver.upstream != primary ||
                            server.length != view.servers[primary]->length)) {
      return false;
    }
  }
  return true;
}

}  // namespace hactl::check
