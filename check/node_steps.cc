#include "check/node_steps.h"

#include <utility>

#include "converge/next_action.h"

namespace hactl::check {
namespace {
/// Steps that may follow one another at once; an agent that never stops is seen as one that does.
constexpr int kQuietMax = 16;
}  // namespace

const NodeSteps::Local& NodeSteps::local(std::uint8_t self, Both both) {
  Place& place = places_[self];
  const Id number = place.known(both);
  if (place.local.size() <= number) place.local.resize(number + 1);
  if (place.local[number]) return *place.local[number];
  auto made = std::make_unique<Local>();
  AgentChoices choices = agent_choices(catalog_, self, both.agent, both.server);
  if (choices.quiet) made->quiet = Both{choices.outcomes[0].agent, choices.outcomes[0].server};
  Server server = catalog_.servers[both.server];
  if (settle_standby(server, catalog_.settings)) {
    made->quiet = Both{both.agent, catalog_.servers(server)};
  }
  made->outcomes = std::move(choices.outcomes);
  made->orders = std::move(choices.orders);
  for (const Outcome& outcome : server_choices(catalog_, self, both.agent, both.server))
    made->outcomes.push_back(outcome);
  made->report = catalog_.reports(
      report_now(catalog_, self, catalog_.agents[both.agent], catalog_.servers[both.server]));
  place.local[number] = std::move(made);
  return *place.local[number];
}

NodeSteps::Both NodeSteps::settled(std::uint8_t self, Both both) {
  if (grain_ == Grain::fine) return both;
  for (int i = 0; i < kQuietMax; ++i) {
    const std::optional<Both> next = local(self, both).quiet;
    if (!next) break;
    both = *next;
  }
  return both;
}

const std::vector<NodeStep>& NodeSteps::of(std::uint8_t self, Id id) {
  Place& place = places_[self];
  if (place.steps.size() <= id) place.steps.resize(id + id / 2 + 16);
  if (place.steps[id]) return *place.steps[id];
  const Node node = catalog_.nodes[id];
  auto steps = std::make_unique<std::vector<NodeStep>>();
  for (const Outcome& outcome : local(self, {node.agent, node.server}).outcomes) {
    const Both both = settled(self, {outcome.agent, outcome.server});
    Node next = node;
    next.agent = both.agent;
    next.server = both.server;
    steps->push_back({outcome, catalog_.nodes(next)});
  }
  add_messages(self, id, *steps);
  place.steps[id] = std::move(steps);
  return *place.steps[id];
}

void NodeSteps::add_messages(std::uint8_t self, Id id, std::vector<NodeStep>& steps) {
  const Node node = catalog_.nodes[id];
  const Agent agent = catalog_.agents[node.agent];
  const std::string name = node_name(self).value;
  const auto add = [&](const Node& next, const std::string& words, Actor actor,
                       Effect::Kind kind = Effect::Kind::none) {
    Outcome outcome;
    outcome.words = catalog_.say(words);
    outcome.manner = kind == Effect::Kind::none ? Manner::prompt : Manner::mishap;
    outcome.actor = actor;
    outcome.acting = self;
    outcome.effects[0].kind = kind;
    steps.push_back({outcome, catalog_.nodes(next)});
  };
  const auto hear = [&](Id goal, Node next, const std::string& how) {
    const Goal& heard = catalog_.goals[goal];
    const Goal* obeyed = agent.goal == kNoId ? nullptr : &catalog_.goals[agent.goal];
    if (goal == agent.goal || !acceptable(heard, agent.state, obeyed)) return;
    Agent told = agent;
    told.goal = goal;
    const Both both = settled(self, {catalog_.agents(told), node.server});
    next.agent = both.agent;
    next.server = both.server;
    add(next,
        name + " " + how + ": " + std::string(to_string(heard.state)) + ", epoch " +
            std::to_string(heard.epoch.value) + ", revision " +
            std::to_string(heard.revision.value),
        Actor::downlink);
  };
  if (node.told != kNoId) hear(node.told, node, "hears its goal");
  if (node.late_goal != kNoId) {
    Node next = node;
    next.late_goal = kNoId;
    hear(node.late_goal, next, "hears a goal that comes late");
  }
  const Id report = local(self, {node.agent, node.server}).report;
  if (report != node.report) {
    Node next = node;
    next.report = report;
    next.late_report = kNoId;
    const std::string what = std::string(to_string(catalog_.reports[report].state));
    add(next, "the controller hears " + name + ": " + what, Actor::other, Effect::Kind::stale);
    if (node.late_report == kNoId) {
      next = node;
      next.late_report = report;
      add(next, "a report of " + name + " is held up", Actor::other, Effect::Kind::late);
    }
  }
  if (node.late_report != kNoId && node.late_report != node.report) {
    Node next = node;
    next.report = node.late_report;
    next.late_report = kNoId;
    add(next, "the controller hears what " + name + " said some time ago", Actor::other);
  }
}

const std::vector<NodeStep>& NodeSteps::between(std::uint8_t self, const Node& node,
                                                std::uint8_t upstream, Id upstream_server) {
  Place& place = places_[self];
  const Pair pair{{node.agent, node.server}, upstream_server};
  const Id number = place.pairs[upstream](pair);
  auto& known = place.between[upstream];
  // Numbers are given in order, so that a new one is the next.
  if (number == known.size()) known.push_back(work_out(self, upstream, pair));
  return known[number];
}

}  // namespace hactl::check
