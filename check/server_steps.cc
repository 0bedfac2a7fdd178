// What happens to a node without its agent: PostgreSQL's processes take notice of things one by
// one, clients write, replies arrive, processes die.
#include <algorithm>

#include "base/check.h"

#include "check/steps.h"

namespace hactl::check {
namespace {

/// The node as its steps are collected.
class Collector {
 public:
  Collector(Catalog& catalog, std::uint8_t self, Id agent, Id server)
      : catalog_(catalog),
        self_(self),
        agent_(catalog.agents[agent]),
        server_(catalog.servers[server]) {}

  [[nodiscard]] const Agent& agent() const { return agent_; }
  [[nodiscard]] const Server& server() const { return server_; }
  [[nodiscard]] const Settings& settings() const { return catalog_.settings[server_.settings]; }
  [[nodiscard]] const SettingsTable& table() const { return catalog_.settings; }
  std::uint16_t emptied() { return catalog_.settings.emptied(server_.settings); }

  /// Adds a step if `change` answers true. It is an act of the node's own `actor`, or of
  /// `acting`'s.
  template <typename Change>
  void step(Actor actor, const std::string& words, Change change) {
    step(actor, self_, words, change);
  }
  template <typename Change>
  void step(Actor actor, std::uint8_t acting, const std::string& words, Change change) {
    Work work{agent_, server_, {}, Manner::prompt, actor, acting, {}};
    if (!change(work)) return;
    outcomes.push_back(finish(catalog_, server_, work, node_name(self_).value + words));
  }

  std::vector<Outcome> outcomes;

 private:
  Catalog& catalog_;
  std::uint8_t self_;
  const Agent& agent_;
  const Server& server_;
};

void add_progress(Collector& at) {
  at.step(Actor::process, " has replayed its WAL", [](Work& work) { return recover(work.server); });
  at.step(Actor::process, " has been promoted",
          [](Work& work) { return finish_promotion(work.server); });
  at.step(Actor::process, " has written its shutdown checkpoint",
          [](Work& work) { return write_shutdown(work.server); });
  const auto stopped = [](Work& work, StopEnd end) {
    if (!finish_stop(work.server, end)) return false;
    forget_postgres(work.agent);
    return true;
  };
  // One that was still on its way up has nothing to put in order.
  const StopEnd end = at.server().ready ? StopEnd::clean : StopEnd::cut_short;
  at.step(Actor::process, " has stopped", [&](Work& work) { return stopped(work, end); });
  at.step(Actor::other, " was stopped by force", [&](Work& work) {
    work.manner = Manner::mishap;
    return stopped(work, StopEnd::cut_short);
  });
}

void add_reloads(Collector& at) {
  const Server& server = at.server();
  if (!server.running) return;
  const bool wait = !at.settings().sync_names.empty();
  at.step(Actor::checkpointer,
          wait ? "'s checkpointer makes commits wait" : "'s checkpointer lets all commits go",
          [&](Work& work) { return std::exchange(work.server.commits_wait, wait) != wait; });
  at.step(Actor::process, "'s startup process has its new settings", [&](Work& work) {
    if (!server.in_recovery || server.startup == at.settings().conninfo) return false;
    work.server.startup = at.settings().conninfo;
    work.server.receiver = Receiver{};
    return true;
  });
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    const Sender& sender = server.senders[node];
    const bool stale =
        sender.open && at.table()[sender.settings].sync_names != at.settings().sync_names;
    if (!stale || server.in_recovery) continue;
    at.step(Actor::reload, node,
            "'s walsender for " + node_name(node).value + " has its new settings", [&](Work& work) {
              work.server.senders[node].settings = at.table().rule_of(server.settings);
              return true;
            });
  }
}

void add_replies(Collector& at) {
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    at.step(Actor::reply, node, " hears that " + node_name(node).value + " has flushed its WAL",
            [&](Work& work) { return take_reply(work.server, at.table(), node); });
  }
}

void add_clients(Collector& at) {
  const Server& server = at.server();
  if (is_open(server, at.table())) {
    for (std::uint8_t write = 1; write <= kWritesMax; ++write) {
      at.step(Actor::other, "'s client writes " + std::to_string(write), [&](Work& work) {
        work.add({Effect::Kind::write, write, epoch_of(work.agent)});
        work.manner = Manner::mishap;
        return append(work.server, {last_timeline(server), write});
      });
    }
  }
  if (!runs_as_primary(server)) return;
  for (std::uint8_t i = server.life; i < server.length; ++i) {
    const std::uint8_t write = server.log[i].write;
    if (write == 0) continue;
    if (server.commits_wait && server.released <= i) continue;
    at.step(Actor::client, " acknowledges " + std::to_string(write), [&](Work& work) {
      work.add({Effect::Kind::expose, write, epoch_of(work.agent)});
      return true;
    });
  }
}

void add_strangers(Collector& at) {
  if (!is_open(at.server(), at.table()) || at.settings().sync_names.empty()) return;
  at.step(Actor::other, "'s synchronous_standby_names is emptied by somebody", [&](Work& work) {
    work.server.settings = at.emptied();
    work.add({Effect::Kind::foreign, 0, 0});
    work.manner = Manner::mishap;
    return true;
  });
}

void add_crashes(Collector& at) {
  const auto counted = [](Work& work) {
    work.add({Effect::Kind::crash, 0, 0});
    work.manner = Manner::mishap;
    return true;
  };
  if (at.server().running) {
    at.step(Actor::other, "'s PostgreSQL crashes", [&](Work& work) {
      crash(work.server);
      forget_postgres(work.agent);
      return counted(work);
    });
    at.step(Actor::other, " crashes whole", [&](Work& work) {
      crash(work.server);
      forget_all(work.agent);
      return counted(work);
    });
  }
  at.step(Actor::other, "'s agent crashes and is started again", [&](Work& work) {
    forget_all(work.agent);
    return counted(work);
  });
}

}  // namespace

void Work::add(Effect effect) {
  const auto free = std::ranges::find(effects, Effect::Kind::none, &Effect::kind);
  HACTL_CHECK(free != effects.end());
  *free = effect;
}

std::uint8_t epoch_of(const Agent& agent) {
  return agent.state.promoted ? static_cast<std::uint8_t>(agent.state.promoted->epoch.value) : 0;
}

void forget_postgres(Agent& agent) {
  agent.proof = SyncProof{};
  agent.promote_ordered_for.reset();
  agent.start_nonce = 0;
  agent.stopping = false;
}

void forget_all(Agent& agent) {
  Agent next;
  next.state = agent.state;
  next.noted = next.goal = agent.noted;
  agent = next;
}

Outcome finish(Catalog& catalog, const Server& before, Work work, const std::string& words) {
  const std::uint8_t epoch = epoch_of(work.agent);
  const bool leads = runs_as_primary(work.server);
  if (leads && !runs_as_primary(before)) {
    work.add({Effect::Kind::timeline, last_timeline(work.server), epoch});
  }
  if (is_open(work.server, catalog.settings) && !is_open(before, catalog.settings)) {
    work.add({Effect::Kind::open, 0, epoch});
  }
  if (work.server.running && !before.running && work.server.corrupt) {
    work.broken = "I10: PostgreSQL was started on half rewound data";
  }
  Outcome outcome;
  outcome.agent = catalog.agents(work.agent);
  outcome.server = catalog.servers(work.server);
  outcome.words = catalog.say(words);
  outcome.manner = work.manner;
  outcome.actor = work.actor;
  outcome.acting = work.acting;
  outcome.effects = work.effects;
  if (!work.broken.empty()) outcome.broken = catalog.say(work.broken);
  return outcome;
}

bool settle_standby(Server& server, const SettingsTable& settings) {
  if (!server.running || !server.in_recovery || server.stopping) return false;
  const Server before = server;
  const Settings& own = settings[server.settings];
  // The checkpointer looks as it starts; what is changed later it may notice only as a primary's.
  if (!server.ready) server.commits_wait = !own.sync_names.empty();
  server.ready = true;
  if (server.startup != own.conninfo) {
    server.startup = own.conninfo;
    server.receiver = Receiver{};
  }
  return server != before;
}

std::vector<Outcome> server_choices(Catalog& catalog, std::uint8_t self, Id agent, Id server) {
  Collector at(catalog, self, agent, server);
  add_progress(at);
  add_reloads(at);
  add_replies(at);
  add_clients(at);
  add_strangers(at);
  add_crashes(at);
  return at.outcomes;
}

}  // namespace hactl::check
