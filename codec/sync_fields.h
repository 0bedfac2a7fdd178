// The fields of positions, synchronous settings and promotions: parts of most messages.
#pragma once

#include "codec/wire.h"
#include "model/lineage.h"
#include "model/lsn.h"
#include "model/sync_config.h"

namespace hactl {

template <typename Archive>
void fields(Archive& archive, wire::Of<WalPosition> auto& position) {
  archive("timeline", position.timeline);
  archive("lsn", position.lsn);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<Position> auto& position) {
  archive("epoch", position.epoch);
  archive("lsn", position.lsn);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<SyncConfig> auto& config) {
  archive("epoch", config.epoch);
  archive("generation", config.generation);
  archive("primary", config.primary);
  archive("required", config.required);
  archive("members", config.members);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<Promotion> auto& promotion) {
  archive("epoch", promotion.epoch);
  archive("node", promotion.node);
  archive("timeline", promotion.timeline);
  archive("parent", promotion.parent);
  archive("start", promotion.start);
  archive("opened", promotion.opened);
}

}  // namespace hactl
