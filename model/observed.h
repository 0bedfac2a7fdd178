// What the deciding controller knows of a formation right now. In memory only.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/ids.h"
#include "model/lsn.h"
#include "model/report.h"

namespace hactl {

struct ObservedNode {
  NodeReport report;
  Instant received_at;
  /// Since when the report has shown the same state, receiver and streaming standbys.
  Instant steady_since;
  friend bool operator==(const ObservedNode&, const ObservedNode&) = default;
};

struct Observed {
  std::map<NodeName, ObservedNode> nodes;  ///< The latest report of each node that was heard from.
  Instant started_at;                      ///< When this controller began to listen.
  Instant phase_since;  ///< When the record's phase or epoch last changed, or started_at.
  std::optional<Instant> last_failover;
  int failovers_recently = 0;        ///< Within the last ten minutes.
  std::optional<Instant> last_move;  ///< Last switchover that nobody asked for.
  std::string password;              ///< The application role's; secret.
};

}  // namespace hactl
