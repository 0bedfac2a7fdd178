#include "model/lineage.h"

#include <algorithm>

namespace hactl {

const Promotion* find_timeline(const Lineage& lineage, TimelineId timeline) {
  const auto found = std::ranges::find(lineage, timeline, &Promotion::timeline);
  return found == lineage.end() ? nullptr : &*found;
}

Lineage ancestry(const Lineage& lineage, TimelineId timeline) {
  Lineage chain;
  const Promotion* at = find_timeline(lineage, timeline);
  while (at != nullptr && chain.size() <= lineage.size()) {
    chain.push_back(*at);
    at = at->parent.value == 0 ? nullptr : find_timeline(lineage, at->parent);
  }
  std::ranges::reverse(chain);
  return chain;
}

std::optional<Position> locate(const Lineage& lineage, const WalPosition& wal) {
  const Promotion* writer = find_timeline(lineage, wal.timeline);
  if (writer == nullptr) return std::nullopt;
  // A standby may know of a timeline that it has no WAL of yet.
  for (std::size_t steps = 0; steps < lineage.size() && wal.lsn <= writer->start; ++steps) {
    const Promotion* parent = find_timeline(lineage, writer->parent);
    if (parent == nullptr) break;
    writer = parent;
  }
  return Position{writer->epoch, wal.lsn};
}

bool is_prefix(const Lineage& chain, const WalPosition& wal) {
  const auto own = std::ranges::find(chain, wal.timeline, &Promotion::timeline);
  if (own == chain.end()) return false;
  const auto next = std::next(own);
  return next == chain.end() || wal.lsn <= next->start;
}

}  // namespace hactl
