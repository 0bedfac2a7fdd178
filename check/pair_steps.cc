// What happens between a standby and its upstream: streams of WAL begin, carry records and end;
// data is copied and rewound.
#include <algorithm>
#include <utility>

#include "check/node_steps.h"

namespace hactl::check {
namespace {

/// A standby and its upstream while they are being changed.
struct Two {
  std::uint8_t self = 0;
  std::uint8_t upstream = 0;
  Work standby;
  Server server;  ///< The upstream's.

  [[nodiscard]] bool receives() const {
    return standby.server.running && standby.server.receiver.upstream == upstream;
  }
  [[nodiscard]] bool sends() const { return server.running && server.senders[self].open; }
};

enum class Match { follows, left_behind, refused };

/// As PostgreSQL decides whether a standby may stream: by timelines and positions alone.
Match match(const Server& upstream, const Server& standby) {
  const std::uint8_t own = last_timeline(standby);
  const std::uint8_t newest = last_timeline(upstream);
  if (own == newest) return standby.length <= upstream.length ? Match::follows : Match::refused;
  for (std::uint8_t at = newest; upstream.history[at].parent != 0;) {
    const Branch& branch = upstream.history[at];
    if (branch.parent == own) {
      // It is let in at the start of a segment, and then never gets anything.
      return standby.length <= branch.start ? Match::follows : Match::left_behind;
    }
    at = branch.parent;
  }
  return Match::refused;
}

bool connect(Two& two, const SettingsTable& settings) {
  Server& standby = two.standby.server;
  Server& upstream = two.server;
  const Conninfo& by = standby.startup;
  if (!runs_as_standby(standby) || standby.promoting != 0) return false;
  if (standby.receiver.upstream != kNoNode || by.upstream != two.upstream) return false;
  if ((standby.credentials >> by.credential & 1U) == 0) return false;
  if (!upstream.running || !upstream.ready || upstream.stopping) return false;
  // One walsender a slot.
  if (upstream.senders[two.self].open) return false;
  const Match matched = match(upstream, standby);
  if (matched == Match::refused) return false;
  if (matched == Match::follows && !holds_prefix(upstream, standby, standby.length)) {
    two.standby.broken = "I10: " + node_name(two.self).value + " streams from " +
                         node_name(two.upstream).value + ", whose WAL is another";
  }
  for (std::size_t timeline = last_timeline(standby) + 1U; timeline <= last_timeline(upstream);
       ++timeline) {
    standby.history[timeline] = upstream.history[timeline];
  }
  const bool left = matched == Match::left_behind;
  // On a branch that was left it asks for no other timeline than its own.
  const std::uint8_t timeline = left ? last_timeline(standby) : last_timeline(upstream);
  standby.receiver = Receiver{two.upstream, by.name_epoch, timeline, left};
  Sender& sender = upstream.senders[two.self];
  sender.open = true;
  sender.epoch = by.name_epoch;
  sender.settings = settings.rule_of(upstream.settings);
  sender.flushed = 0;
  sender.reply = standby.length;
  return true;
}

bool ship(Two& two) {
  Server& standby = two.standby.server;
  if (!two.receives() || !two.sends() || standby.receiver.stuck) return false;
  if (standby.length >= two.server.length) return false;
  append(standby, two.server.log[standby.length]);
  two.server.senders[two.self].reply = standby.length;
  return true;
}

bool lose_upstream(Two& two) {
  if (!two.receives() || two.sends()) return false;
  two.standby.server.receiver = Receiver{};
  return true;
}

bool lose_standby(Two& two) {
  if (!two.sends() || two.receives()) return false;
  two.server.senders[two.self] = Sender{};
  return true;
}

/// An agent that dies while pg_rewind runs leaves data of two histories.
bool die_in_rewind(Two& two, const SourceOrder& order) {
  if (!std::holds_alternative<action::Rewind>(order.action)) return false;
  Work tried = two.standby;
  const bool changed = obey(order, tried, two.server) && tried.server != two.standby.server;
  if (!changed) return false;
  two.standby.server.corrupt = true;
  forget_all(two.standby.agent);
  two.standby.add({Effect::Kind::crash, 0, 0});
  two.standby.manner = Manner::mishap;
  two.standby.actor = Actor::other;
  return true;
}

const Upstream& source_of(const Action& action) {
  if (const auto* ask = std::get_if<action::AskSource>(&action)) return ask->upstream;
  if (const auto* clone = std::get_if<action::Clone>(&action)) return clone->upstream;
  return std::get<action::Rewind>(action).upstream;
}

}  // namespace

std::vector<NodeStep> NodeSteps::work_out(std::uint8_t self, std::uint8_t upstream,
                                          const Pair& pair) {
  const Two before{self, upstream,
                   Work{catalog_.agents[pair.standby.agent],
                        catalog_.servers[pair.standby.server],
                        {},
                        Manner::prompt,
                        Actor::stream,
                        self,
                        {}},
                   catalog_.servers[pair.upstream_server]};
  const std::string name = node_name(self).value;
  const std::string other = node_name(upstream).value;
  std::vector<NodeStep> steps;
  const auto step = [&](const std::string& words, auto change) {
    Two two = before;
    if (!change(two)) return;
    Outcome outcome = finish(catalog_, before.standby.server, two.standby, words);
    const Both both = settled(self, {outcome.agent, outcome.server});
    outcome.agent = both.agent;
    outcome.server = both.server;
    steps.push_back({outcome, 0, catalog_.servers(two.server)});
  };
  step(name + " connects to " + other, [&](Two& two) { return connect(two, catalog_.settings); });
  step(name + " flushes a record from " + other, ship);
  step(name + " loses its stream from " + other, lose_upstream);
  step(other + " sees that " + name + " is gone", lose_standby);
  const std::vector<SourceOrder> orders = local(self, pair.standby).orders;
  for (const SourceOrder& order : orders) {
    if (node_index(source_of(order.action).node) != upstream) continue;
    step(order.words, [&](Two& two) {
      two.standby.actor = Actor::agent;
      return obey(order, two.standby, two.server);
    });
    step(name + "'s agent dies in a rewind", [&](Two& two) { return die_in_rewind(two, order); });
  }
  return steps;
}

}  // namespace hactl::check
