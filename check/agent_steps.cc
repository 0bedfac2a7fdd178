// The agent: the real next_action() and report_of() over an abstract PostgreSQL. What AgentLoop
// remembers of an action's outcome is remembered here in the same way.
#include <algorithm>
#include <variant>

#include "base/check.h"
#include "converge/next_action.h"

#include "check/steps.h"

namespace hactl::check {
namespace {

/// Time is a choice: no wait of the agent's is over, or all are but the one for the controller, or
/// that one as well.
enum class Waits { not_over, over, over_and_alone };

constexpr Instant kNow{Duration{1'000'000'000}};
constexpr Duration kLongAgo = 1h;

Instant since(Waits waits) {
  return waits == Waits::not_over ? kNow : kNow - kLongAgo;
}

LocalState local_state(const Catalog& catalog, std::uint8_t self, const Agent& agent,
                       const Server& server, Waits waits) {
  LocalState local;
  local.paths.state_directory = "/state";
  local.paths.socket_directory = "/socket";
  local.state = agent.state;
  if (agent.noted != kNoId) local.state.goal = catalog.goals[agent.noted];
  local.seen = look(server, catalog.settings, self);
  if (!server.running) local.stopped_since = since(waits);
  local.start_nonce = agent.start_nonce;
  local.asked_at = kNow;
  local.checkpointed_for = agent.checkpointed_for;
  local.promote_ordered_for = agent.promote_ordered_for;
  local.attached_for = agent.attached_for;
  if (agent.detached) local.detached_at = since(waits);
  local.cloned = agent.cloned;
  local.restarting = agent.restarting;
  local.foreign_sync_in = agent.foreign_in;
  local.slots_advanced_at = kNow;
  local.proof = agent.proof;
  if (local.proof.barrier_at) local.proof.barrier_at = since(waits);
  local.source_ready_for = agent.source_ready_for;
  local.rewind = agent.rewind;
  local.controller_heard_at = waits == Waits::over_and_alone ? kNow - kLongAgo : kNow;
  local.answered = server.running && server.ready && !server.stopping;
  // Ticks are of no consequence: one was just written.
  local.tick = WalTick{Lsn(1), kNow, true};
  return local;
}

/// As AgentLoop does whenever it looks.
void learn(const Catalog& catalog, Agent& agent, const Server& server) {
  const bool seen = server.running && server.ready && !server.stopping;
  if (seen) agent.restarting = false;
  if (!seen || !catalog.settings[server.settings].foreign) return;
  const Goal& goal = catalog.goals[agent.goal];
  if (!goal.sync) return;
  agent.foreign_in = goal.sync->generation;
  agent.proof = SyncProof{};
}

/// What only counts writes would make one state many.
void keep_state(Catalog& catalog, Agent& agent, AgentState state) {
  agent.noted = kNoId;
  if (state.goal) agent.noted = catalog.goals(*state.goal);
  state.goal.reset();
  state.sequence = AgentSeq(1);
  agent.state = std::move(state);
}

void proves_for(Agent& agent, const Goal& goal) {
  if (!goal.sync) return;
  SyncProof& proof = agent.proof;
  if (proof.epoch == goal.sync->epoch && proof.generation == goal.sync->generation) return;
  proof = SyncProof{};
  proof.epoch = goal.sync->epoch;
  proof.generation = goal.sync->generation;
}

/// Carries out one action; an overload for each.
struct Performer {
  Catalog& catalog;
  const Goal& goal;
  Work& work;
  Agent& agent = work.agent;
  Server& server = work.server;

  bool operator()(const action::SaveState& save) {
    const AgentState& state = save.state;
    const bool left = state.goal && state.goal->state == GoalState::drop;
    if (!left && state.promised < agent.state.promised)
      work.broken = "I5: a promise was taken back";
    if (state.grant && state.grant->sync.epoch > state.promised) {
      work.broken = "I5: a grant of an epoch that was not promised";
    }
    const bool anew = state.promoted && (!agent.state.promoted ||
                                         agent.state.promoted->epoch != state.promoted->epoch);
    if (anew) work.add({Effect::Kind::promoted, 0, epoch_number(state.promoted->epoch)});
    if (state.rewinding && !agent.state.rewinding) agent.rewind = RewindProgress::noted;
    if (!state.rebuilding) agent.cloned = false;
    keep_state(catalog, agent, state);
    return true;
  }
  bool operator()(const action::InitDatabase&) {
    if (server.length != 0) return false;
    server.clean = server.was_primary = true;
    server.checkpoint_timeline = 1;
    return append(server, {1});
  }
  bool operator()(const action::Configure& order) {
    const bool to_set = server.length != 0;
    if (to_set) server.settings = catalog.settings.add(order.files);
    return to_set;
  }
  /// R1: from here on the node's WAL counts for somebody.
  void acts_for_goal() {
    if (goal.epoch < agent.state.promised) {
      work.broken = "I5: it acts for an epoch older than the one that it has promised";
    }
  }
  bool operator()(const action::StartStandby&) { return start(server, catalog.settings, true); }
  bool operator()(const action::ResumeGated&) {
    acts_for_goal();
    if (!start(server, catalog.settings, false)) return false;
    forget_postgres(agent);
    return true;
  }
  bool operator()(const action::Stop& order) {
    agent.restarting = order.restart;
    if (!server.running) return true;
    if (order.mode == action::Stop::Mode::immediate) {
      crash(server);
      forget_postgres(agent);
      return true;
    }
    agent.stopping = true;
    return server.stopping || begin_stop(server);
  }
  bool operator()(const action::Attach& order) {
    acts_for_goal();
    server.credentials |= static_cast<std::uint8_t>(1U << order.epoch.value);
    agent.attached_for = order.epoch;
    return true;
  }
  bool operator()(const action::Detach&) {
    server.credentials = 0;
    server.receiver = Receiver{};
    agent.attached_for.reset();
    agent.detached = true;
    return true;
  }
  bool operator()(const action::NudgeReceiver&) {
    server.receiver = Receiver{};
    return true;
  }
  bool operator()(const action::Promote& order) {
    acts_for_goal();
    agent.promote_ordered_for = goal.epoch;
    server.credentials = 0;
    return promote(server, static_cast<std::uint8_t>(order.timeline.value));
  }
  bool operator()(const action::Checkpoint& order) {
    server.checkpoint_timeline = last_timeline(server);
    agent.checkpointed_for = order.epoch;
    return true;
  }
  bool operator()(const action::ProveCheckpointer&) {
    server.commits_wait = !catalog.settings[server.settings].sync_names.empty();
    proves_for(agent, goal);
    agent.proof.checkpointed = true;
    return true;
  }
  bool operator()(const action::NoteMarker&) {
    proves_for(agent, goal);
    agent.proof.marker_proven = true;
    return true;
  }
  bool operator()(const action::WriteBarrier&) {
    if (!append(server, {last_timeline(server)})) return false;
    proves_for(agent, goal);
    agent.proof.barrier = Lsn(server.length);
    agent.proof.barrier_at = Instant{};
    return true;
  }
  bool operator()(const action::NoteConfirmed&) {
    proves_for(agent, goal);
    agent.proof.confirmed = true;
    return true;
  }
  bool operator()(const action::AskToOpen&) {
    agent.start_nonce = ++server.questions;
    return true;
  }
  bool operator()(const action::DeleteData&) { return false; }
  bool operator()(const action::PrepareDatabase&) { return false; }
  bool operator()(const action::SetSlots&) { return false; }
  bool operator()(const action::Tick&) { return false; }
  bool operator()(const action::AskSource&) { return false; }
  bool operator()(const action::Clone&) { return false; }
  bool operator()(const action::Rewind&) { return false; }

  static std::uint8_t epoch_number(Epoch epoch) { return static_cast<std::uint8_t>(epoch.value); }
};

/// Whether it makes no difference to anybody when the action is carried out.
bool is_quiet(const Action& action, const Agent& agent, const Server& server) {
  if (const auto* save = std::get_if<action::SaveState>(&action)) {
    const AgentState& next = save->state;
    const AgentState& now = agent.state;
    return next.promised == now.promised && next.grant == now.grant &&
           next.attached == now.attached && next.promoted == now.promoted &&
           next.rebuilding == now.rebuilding && next.rewinding == now.rewinding;
  }
  const bool no_primary = !server.running || server.in_recovery;
  if (std::holds_alternative<action::Configure>(action)) return no_primary;
  return std::holds_alternative<action::Attach>(action) ||
         std::holds_alternative<action::StartStandby>(action) ||
         std::holds_alternative<action::Checkpoint>(action) ||
         std::holds_alternative<action::NoteMarker>(action) ||
         std::holds_alternative<action::NoteConfirmed>(action) ||
         std::holds_alternative<action::AskToOpen>(action);
}

bool needs_source(const Action& action) {
  return std::holds_alternative<action::AskSource>(action) ||
         std::holds_alternative<action::Clone>(action) ||
         std::holds_alternative<action::Rewind>(action);
}

bool answers(const Server& source) {
  return source.running && source.ready && !source.stopping;
}

void copy(Server& server, const Server& source) {
  server.log = source.log;
  server.length = source.length;
  server.history = source.history;
  server.settings = source.settings;
  server.checkpoint_timeline = source.checkpoint_timeline;
  server.clean = server.corrupt = false;
  server.was_primary = !source.in_recovery;
}

/// As pg_rewind does: it trusts the control files and the history files.
void rewind(Server& server, const Server& source) {
  if (server.checkpoint_timeline == source.checkpoint_timeline) return;
  const auto ancestry = [](const Server& of) {
    std::vector<std::pair<std::uint8_t, std::uint8_t>> stretches{{last_timeline(of), kLogMax}};
    while (of.history[stretches.back().first].parent != 0) {
      const Branch& branch = of.history[stretches.back().first];
      stretches.emplace_back(branch.parent, branch.start);
    }
    std::ranges::reverse(stretches);
    return stretches;
  };
  const auto own = ancestry(server);
  const auto other = ancestry(source);
  std::uint8_t common = 0;
  for (std::size_t i = 0; i < std::min(own.size(), other.size()); ++i) {
    if (own[i].first != other[i].first) break;
    common = std::min(own[i].second, other[i].second);
  }
  // Its own records up to there stay as they are; the source's come after them.
  for (std::uint8_t i = std::min(common, server.length); i < kLogMax; ++i)
    server.log[i] = i < source.length ? source.log[i] : Entry{};
  server.length = source.length;
  server.history = source.history;
  server.checkpoint_timeline = source.checkpoint_timeline;
  server.clean = server.corrupt = server.was_primary = false;
}

}  // namespace

bool obey(const SourceOrder& order, Work& work, const Server& source) {
  if (!answers(source)) return false;
  if (const auto* ask = std::get_if<action::AskSource>(&order.action)) {
    if (source.checkpoint_timeline != ask->timeline.value) return false;
    work.agent.source_ready_for = ask->upstream.epoch;
    return true;
  }
  if (work.server.running) return false;
  if (std::holds_alternative<action::Clone>(order.action)) {
    copy(work.server, source);
    work.agent.cloned = true;
    return true;
  }
  const auto& asked = std::get<action::Rewind>(order.action);
  if (source.checkpoint_timeline != asked.timeline.value) return false;
  rewind(work.server, source);
  work.agent.rewind = RewindProgress::done;
  return true;
}

AgentChoices agent_choices(Catalog& catalog, std::uint8_t self, Id agent_id, Id server_id) {
  AgentChoices choices;
  Agent agent = catalog.agents[agent_id];
  const Server& server = catalog.servers[server_id];
  if (agent.goal == kNoId || agent.stopping) return choices;
  learn(catalog, agent, server);
  const Goal& goal = catalog.goals[agent.goal];
  for (const Waits waits : {Waits::not_over, Waits::over, Waits::over_and_alone}) {
    const Step step = next_action(goal, local_state(catalog, self, agent, server, waits), kNow);
    if (!step.action) continue;
    const std::string words =
        node_name(self).value + " does " + std::string(name_of(*step.action)) + ": " + step.why;
    if (needs_source(*step.action)) {
      if (choices.orders.empty()) choices.orders.push_back({*step.action, words});
      continue;
    }
    constexpr std::array kManners{Manner::prompt, Manner::patient, Manner::alone};
    const Manner manner = kManners[static_cast<std::size_t>(waits)];
    Work work{agent, server, {}, manner, Actor::agent, self, {}};
    if (!std::visit(Performer{catalog, goal, work}, *step.action)) continue;
    const Outcome outcome = finish(catalog, server, work, words);
    const bool known = std::ranges::any_of(choices.outcomes, [&](const Outcome& other) {
      return other.agent == outcome.agent && other.server == outcome.server;
    });
    if (known) continue;
    const bool first = waits == Waits::not_over;
    if (first) choices.quiet = outcome.broken == kNoId && is_quiet(*step.action, agent, server);
    choices.outcomes.push_back(outcome);
  }
  return choices;
}

NodeReport report_now(const Catalog& catalog, std::uint8_t self, const Agent& agent,
                      const Server& server) {
  std::optional<Goal> goal;
  Agent knowing = agent;
  if (agent.goal != kNoId) {
    goal = catalog.goals[agent.goal];
    learn(catalog, knowing, server);
    knowing.restarting = agent.restarting;
  }
  NodeReport report =
      report_of(goal, local_state(catalog, self, knowing, server, Waits::not_over), kNow);
  report.formation = FormationName("f");
  report.node = node_name(self);
  if (!catalog.standbys_tell) report.receiver.reset();
  report.problem.reset();
  report.replayed = Lsn{};
  report.revision_seen = Revision{};
  if (report.final_for.value == 0) report.position = WalPosition{};
  if (report.primary) {
    for (SenderView& sender : report.primary->senders) {
      sender.flushed = sender.replayed = Lsn{};
      sender.sync_priority = 0;
    }
  }
  return report;
}

}  // namespace hactl::check
