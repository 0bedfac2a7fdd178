#include "controller/wal_times.h"

#include <algorithm>
#include <utility>

namespace hactl {

void WalTimes::heard(const NodeName& node, const WalPosition& position, Instant when) {
  if (node != node_ || position.timeline != timeline_) {
    node_ = node;
    timeline_ = position.timeline;
    times_.clear();
  }
  if (!times_.empty() && position.lsn <= times_.back().lsn) return;
  // What the primary had before it was first heard stays apart: of that no time is known.
  if (times_.size() > 1 && when - times_.back().when < kWalTimesEvery) {
    times_.back().lsn = position.lsn;
    return;
  }
  times_.push_back({when, position.lsn});
  if (times_.size() > kWalTimesMax) thin_out();
}

std::optional<Instant> WalTimes::beyond(Lsn lsn) const {
  const auto first = std::ranges::upper_bound(times_, lsn, {}, &Reached::lsn);
  if (first == times_.begin() || first == times_.end()) return std::nullopt;
  return first->when;
}

void WalTimes::thin_out() {
  const Instant now = times_.back().when;
  std::vector<Reached> kept{times_.front()};
  for (std::size_t i = 1; i < times_.size(); ++i) {
    const bool last = i + 1 == times_.size();
    const bool close = !last && (times_[i + 1].when - kept.back().when) * kWalTimesExactness <
                                    now - times_[i].when;
    if (!close) kept.push_back(times_[i]);
  }
  if (kept.size() > kWalTimesMax) kept.erase(kept.begin());
  times_ = std::move(kept);
}

}  // namespace hactl
