// What one node can do by itself, and what that brings about beyond it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/action.h"

#include "check/catalog.h"

namespace hactl::check {

/// What a step means to the rest of the formation: it is counted, or properties look at it.
struct Effect {
  enum class Kind : std::uint8_t {
    none,
    crash,     ///< Something died: of the scope's number of crashes.
    late,      ///< A message was held back: of the scope's number of those.
    stale,     ///< A report was heard and not acted on: of the scope's number of those.
    foreign,   ///< Somebody else changed a setting: of the scope's number of those.
    write,     ///< The client's commit `value` was written.
    expose,    ///< The commit `value` was acknowledged by a primary of `epoch`.
    open,      ///< The node lets clients in, as a primary of `epoch`.
    promoted,  ///< The node noted that it is primary in `epoch`.
    timeline,  ///< The node writes on timeline `value` from now on.
  };
  Kind kind = Kind::none;
  std::uint8_t value = 0;
  std::uint8_t epoch = 0;
};

inline constexpr std::size_t kEffectsMax = 4;

/// When a step comes about.
enum class Manner : std::uint8_t {
  prompt,   ///< As soon as it can.
  patient,  ///< Once the waits that forbid it are over.
  alone,    ///< Once the controller has not been heard for long.
  mishap,   ///< Only by misfortune, or because a user wants it.
};

/// Who acts in a step, of a node. A search may let some of them be slow.
enum class Actor : std::uint8_t {
  process,       ///< PostgreSQL on its way up, down or to be a primary.
  checkpointer,  ///< Takes notice of settings.
  reload,        ///< The walsender for the node, as it takes notice of settings.
  reply,         ///< The walsender for the node, as it hears how much WAL the node has.
  stream,        ///< The node's WAL receiver.
  agent,         ///< The agent at its actions; it goes on to hear and to report.
  downlink,      ///< The way of goals to the node.
  uplink,        ///< The way of reports from the node.
  link,          ///< Both ways.
  client,        ///< Acknowledgements reach their clients at once.
  other,         ///< Misfortune and users.
};
inline constexpr std::uint8_t kActors = 9;  ///< Of them may be slow.

/// A node being changed.
struct Work {
  Agent agent;
  Server server;
  std::array<Effect, kEffectsMax> effects{};
  Manner manner = Manner::prompt;
  Actor actor = Actor::agent;
  std::uint8_t acting = 0;  ///< The node that `actor` belongs to.
  std::string broken;       ///< The property that the step breaks in the node itself, in words.

  void add(Effect effect);
};

/// The node after a step; what it was before is known from where the step was found.
struct Outcome {
  Id agent = 0;
  Id server = 0;
  Id words = 0;
  Id broken = kNoId;
  Manner manner = Manner::prompt;
  Actor actor = Actor::agent;
  std::uint8_t acting = 0;
  std::array<Effect, kEffectsMax> effects{};
};

/// Notes what `work` has become, and the effects that show by comparing it with what it was.
Outcome finish(Catalog& catalog, const Server& before, Work work, const std::string& words);

/// The epoch in which the node was promoted last; 0: never.
std::uint8_t epoch_of(const Agent& agent);

/// Forgets what the agent knew of a PostgreSQL that is gone.
void forget_postgres(Agent& agent);

/// Forgets what an agent's process forgets when it ends. The next one begins with the goal on disk.
void forget_all(Agent& agent);

/// An action that needs the upstream: asking it, copying it, rewinding to it.
struct SourceOrder {
  Action action;
  std::string words;
};

/// All that the node's agent may do next: of its own accord, or with the source of its data.
struct AgentChoices {
  std::vector<Outcome> outcomes;
  std::vector<SourceOrder> orders;
  bool quiet = false;  ///< Nobody else can notice when the first outcome comes about.
};
AgentChoices agent_choices(Catalog& catalog, std::uint8_t self, Id agent, Id server);

/// Carries out `order` against `source`; false: it fails, and the node is as before.
bool obey(const SourceOrder& order, Work& work, const Server& source);

/// Lets PostgreSQL's processes take notice at once of what only matters to a standby itself: it has
/// replayed the WAL that lay there, and has its new settings. False: they had.
bool settle_standby(Server& server, const SettingsTable& settings);

/// What happens to the node's PostgreSQL, agent and clients by themselves.
std::vector<Outcome> server_choices(Catalog& catalog, std::uint8_t self, Id agent, Id server);

/// What the agent would report now, without what plan() does not read.
NodeReport report_now(const Catalog& catalog, std::uint8_t self, const Agent& agent,
                      const Server& server);

}  // namespace hactl::check
