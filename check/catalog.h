// Catalog: every value that the search has met, by number. A state of the formation is made of
// these numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/agent_state.h"
#include "model/goal.h"
#include "model/ids.h"
#include "model/local.h"
#include "model/record.h"
#include "model/report.h"

#include "check/intern.h"
#include "check/server.h"

namespace hactl {

// Found by argument, so beside their types.
std::uint64_t fingerprint(const Goal& goal);
std::uint64_t fingerprint(const NodeReport& report);

namespace check {

/// What an agent has on its disk, and what it would forget with its process (see LocalState).
struct Agent {
  AgentState state;  ///< Without `goal`, which is `noted`.
  Id noted = kNoId;
  // Forgotten when the process ends.
  Id goal = kNoId;
  SyncProof proof;
  std::optional<Epoch> checkpointed_for;
  std::optional<Epoch> promote_ordered_for;
  std::optional<Epoch> attached_for;
  std::optional<Epoch> source_ready_for;
  std::optional<ConfigGeneration> foreign_in;  ///< LocalState::foreign_sync_in.
  RewindProgress rewind = RewindProgress::unknown;
  bool detached = false;  ///< LocalState::detached_at has a value.
  bool cloned = false;
  bool restarting = false;
  bool stopping = false;  ///< A Stop is under way: the agent does nothing else meanwhile.
  std::uint64_t start_nonce = 0;
  friend bool operator==(const Agent&, const Agent&) = default;
};

/// What the controllers have stored; the spec is number generation - 1 of the scope's.
struct Stored {
  FormationRecord record;
  Generation generation;
  friend bool operator==(const Stored&, const Stored&) = default;
};

/// A node with the messages from and to it.
struct Node {
  Id agent = 0;
  Id server = 0;
  Id report = kNoId;       ///< As the controller last received it.
  Id told = kNoId;         ///< The goal that was last published for it.
  Id late_report = kNoId;  ///< Sent some time ago, still on its way.
  Id late_goal = kNoId;    ///< Published before `told`, still on its way.
  friend bool operator==(const Node&, const Node&) = default;
};

/// How much has happened so far of what a scope allows, and what the properties must remember.
struct Tally {
  std::uint8_t writes = 0;
  std::uint8_t crashes = 0;
  std::uint8_t late = 0;      ///< Messages that were delayed beyond a newer one.
  std::uint8_t restarts = 0;  ///< Of the controller.
  std::uint8_t edits = 0;     ///< Of the scope's edits, in their order.
  std::uint8_t stale = 0;     ///< Reports that were heard and not acted on at once.
  std::uint8_t slow = 0;      ///< Actors that were slow, those that go on again included.
  bool waited = false;        ///< The waits of the record's phase are over.
  std::uint8_t waived = 0;    ///< Last epoch that by the spec may lack what was seen before it.
  std::uint8_t foreign = 0;   ///< Settings that somebody else made.
  std::array<std::uint8_t, 2> spare{};
  std::array<std::uint8_t, kWritesMax> exposed{};   ///< Epoch in which it was first seen; 0: never.
  std::array<std::uint8_t, kEpochsMax> promoted{};  ///< Node + 1 that promoted itself in it.
  std::array<std::uint8_t, kEpochsMax> candidate{};   ///< Node + 1 that the record named.
  std::array<std::uint8_t, kTimelinesMax> writers{};  ///< Node + 1 that wrote on it.
  std::uint32_t asleep = 0;                           ///< A bit for each actor that is slow now.
  friend bool operator==(const Tally&, const Tally&) = default;
};

/// The whole formation.
struct State {
  Id stored = 0;
  std::array<Id, kNodes> nodes{};
  Id tally = 0;
  friend bool operator==(const State&, const State&) = default;
};

std::uint64_t fingerprint(const Agent& agent);
std::uint64_t fingerprint(const Stored& stored);
std::uint64_t fingerprint(const Node& node);
std::uint64_t fingerprint(const Tally& tally);
std::uint64_t fingerprint(const State& state);

/// A line of a trace.
struct Words {
  std::string text;
  friend bool operator==(const Words&, const Words&) = default;
};
std::uint64_t fingerprint(const Words& words);

struct Catalog {
  SettingsTable settings;
  Interner<Agent> agents;
  Interner<Server> servers;
  Interner<Goal> goals;
  Interner<NodeReport> reports;
  Interner<Node> nodes;
  Interner<Stored> stored;
  Interner<Tally> tallies;
  Interner<Words> words;
  bool standbys_tell = false;  ///< As the scope has it.

  Id say(const std::string& text) { return words(Words{text}); }
};

}  // namespace check
}  // namespace hactl
