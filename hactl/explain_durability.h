// What `hactl explain durability` prints: whom commits wait for, the two conditions with their
// numbers, and what the losses come to that they are there for. Counted, not simulated.
#pragma once

#include <string>

#include "model/spec.h"
#include "model/sync_config.h"

namespace hactl {

/// What is explained: a formation, and a setting of one of its nodes.
struct DurabilityCase {
  Formation formation{};
  std::string source{};  ///< "as the file has it".
  SyncConfig setting{};
  /// What keeps a running formation from it, in the words of its conditions; empty: nothing.
  std::string trouble{};
};

/// The whole page. Requires a valid formation, and a primary that is in it.
std::string durability_text(const DurabilityCase& subject);

/// Whether every commit that the setting lets go is where the spec wants it, and nothing is in the
/// way.
bool durability_holds(const DurabilityCase& subject);

}  // namespace hactl
