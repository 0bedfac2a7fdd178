// WalTimes: when the primary's WAL came how far, so that a standby's lag can be told as time.
//
// A plain value; used from tasks of the scheduler.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.h"
#include "model/ids.h"
#include "model/lsn.h"

namespace hactl {

/// Positions that are heard within this time of one that is kept are taken for its own.
inline constexpr Duration kWalTimesEvery{250};
/// Positions that are kept: enough for years of writing.
inline constexpr std::size_t kWalTimesMax = 1'024;
/// When there are more, those go that lie closer together than this part of how long ago they were.
inline constexpr int kWalTimesExactness = 32;

class WalTimes {
 public:
  /// The primary `node` said at `when` that its WAL ends at `position`. With another node or
  /// another timeline everything begins anew.
  void heard(const NodeName& node, const WalPosition& position, Instant when);

  /// Since when the primary has had WAL beyond `lsn`: exact to kWalTimesEvery, to the time between
  /// two of its reports, and to a part of how long ago it was. nullopt: it has none, or had it
  /// before it was heard here.
  [[nodiscard]] std::optional<Instant> beyond(Lsn lsn) const;

  [[nodiscard]] std::size_t size() const { return times_.size(); }

 private:
  struct Reached {
    Instant when;
    Lsn lsn;
  };

  void thin_out();

  NodeName node_;
  TimelineId timeline_;
  std::vector<Reached> times_;  ///< Both rise.
};

}  // namespace hactl
