// What the deciding controller knows of a formation right now. In memory only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/ids.h"
#include "model/lsn.h"
#include "model/report.h"

namespace hactl {

/// What the controller's own knock at a node's PostgreSQL came to.
enum class KnockAnswer {
  answered,  ///< The server spoke the protocol: it lives and is scheduled.
  refused,   ///< The machine answered that nobody listens there.
  silent,    ///< Nothing came in time, or there is no way to the machine.
};

struct Knocked {
  KnockAnswer answer = KnockAnswer::silent;
  Instant begun_at;
  friend bool operator==(const Knocked&, const Knocked&) = default;
};

struct ObservedNode {
  NodeReport report;
  Instant received_at;
  /// The report was made after the agent had a goal of this controller's: it is no late word to an
  /// earlier one.
  bool answers_us = false;
  bool knows_goal = false;    ///< It was made after the agent had its present goal.
  WalPosition complete_seen;  ///< Highest complete_position() of this incarnation of the node.
  /// The agent's processes that were heard before, with the number of the last report of each.
  std::map<std::uint64_t, std::uint64_t> former_lives;
  /// The agent's connection was closed from its side, and it has not been heard since.
  std::optional<Instant> hung_up_at;
  /// Since when the report has shown the same state, source of WAL and streaming standbys.
  Instant steady_since;
  friend bool operator==(const ObservedNode&, const ObservedNode&) = default;
};

struct Observed {
  std::map<NodeName, ObservedNode> nodes;  ///< The latest report of each node that was heard from.
  std::map<NodeName, Knocked> knocks;      ///< The latest of each node that was knocked at.
  Instant started_at;                      ///< When this controller began to listen.
  Instant phase_since;  ///< When the record's phase or epoch last changed, or started_at.
  /// Since when clients can't write, as far as a primary that was told to stop has said; until the
  /// next one is on record as open.
  std::optional<Instant> writes_stopped_at;
  std::optional<Instant> last_failover;
  int failovers_recently = 0;  ///< Within ten minutes, since the formation was last whole.
  /// The last switchovers that nobody asked for by name, oldest first; at most kMovesMax.
  std::vector<Instant> moves;
  /// An operator says that the store was put back to an older copy, whose incarnation this is.
  std::optional<Incarnation> put_back_to;
  std::string password;  ///< The application role's; secret.
  friend bool operator==(const Observed&, const Observed&) = default;
};

}  // namespace hactl
