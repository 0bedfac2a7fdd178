// What the controller wants of one node. A goal is a target and not a step: an agent can start
// toward any goal from any state, and the same goal may arrive any number of times.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"
#include "model/lineage.h"
#include "model/lsn.h"
#include "model/spec.h"
#include "model/sync_config.h"

namespace hactl {

enum class GoalState {
  init,          ///< Wait; nothing is asked yet.
  bootstrap,     ///< Make the formation's first data directory and promote it.
  standby,       ///< Follow `upstream`: clone, rewind or attach, whatever is needed.
  rebuild,       ///< Throw the local data away, clone `upstream`, then follow it.
  hold,          ///< Promise the epoch, take no more WAL, say how far you are.
  fast_forward,  ///< Held, but fetch WAL from `upstream` up to `position`; then hold again.
  promote,       ///< Become primary in this epoch, holding `position`; open when it is safe.
  primary,       ///< Be the primary; keep `sync` in force.
  demote,        ///< Stop in an orderly way, promise the epoch, say where the WAL ends.
  maintenance,   ///< Stopped, and out of the quorum: for work on its machine.
  fence,         ///< Stop at once and stay down.
  drop,          ///< Leave the formation: stop, forget it, keep the data.
};

/// The goal state's name on the wire: "init", "fast_forward", …
std::string_view to_string(GoalState state);
std::optional<GoalState> parse_goal_state(std::string_view text);

/// Where to get WAL from.
struct Upstream {
  NodeName node;
  std::string host;
  std::uint16_t port = 5432;
  Epoch epoch;  ///< In which the upstream is primary; part of the name that standbys stream under.
  friend bool operator==(const Upstream&, const Upstream&) = default;
};

/// Another node of the formation, as far as a node must know it.
struct Peer {
  NodeName name;
  std::string host;
  std::uint16_t port = 5432;
  friend bool operator==(const Peer&, const Peer&) = default;
};

/// How the local PostgreSQL is to be set up, whatever its role.
struct PostgresGoal {
  int version = 15;
  std::string listen_host;
  std::uint16_t port = 5432;
  std::string data_directory;
  std::string database;
  std::string username;
  /// The application role's password; only in the goals of nodes that are to be primary.
  std::string password;
  std::map<std::string, std::string> parameters;
  std::vector<HbaRule> hba;
  std::vector<Peer> peers;  ///< Every other node; each gets a slot and a replication login.
  friend bool operator==(const PostgresGoal&, const PostgresGoal&) = default;
};

struct Goal {
  FormationName formation;
  Incarnation incarnation;
  Revision revision;
  Epoch epoch;
  NodeName node;
  GoalState state = GoalState::init;
  /// standby, rebuild, fast_forward: whom to follow. promote: whom it followed until now.
  /// demote: who takes over.
  std::optional<Upstream> upstream;
  /// bootstrap, promote, primary: what commits must wait for. standby: the setting of the primary
  /// that is to be followed and needs this node to open; or, with this node as its primary, the one
  /// to be armed with.
  std::optional<SyncConfig> sync;
  /// promote: hold exactly this; fast_forward: reach this. primary, while it is not open: it has
  /// shown that it holds this, and with less lets nobody have its WAL.
  std::optional<WalPosition> position;
  TimelineId timeline;  ///< bootstrap, promote: the one reserved for it.
  Lineage chain;        ///< Ancestry of the primary's timeline, itself included.
  SystemId system_id;   ///< 0: not known yet.
  /// Echo of the node's own question: lets a primary without synchronous standbys open.
  std::uint64_t start_nonce = 0;
  /// Restart PostgreSQL for parameters that a reload does not set; the number of the order.
  std::uint64_t restart = 0;
  /// primary: another node may be promoted without this one's word, so that it must close when it
  /// has not heard the controller for kLease. Only where the spec asks for no synchronous standby.
  bool lease = false;
  bool delete_data = false;   ///< drop: remove the data directory, as an operator asked.
  bool tell_lineage = false;  ///< Say in the report what is known of the history of the WAL.
  /// rebuild: build the data anew unless the node's incarnation is above this one already.
  NodeIncarnation rebuild_above;
  PostgresGoal postgres;
  friend bool operator==(const Goal&, const Goal&) = default;
};

}  // namespace hactl
