// Whether the primary is lost: never on the word of one observer, unless it is its own agent's.
#pragma once

#include <cstdint>
#include <string>

#include "planner/facts.h"

namespace hactl {

struct Verdict {
  bool dead = false;
  bool ill = false;  ///< It lives, or may: let it be the last choice of the ballot.
  std::uint32_t rule = 0;
  std::string why;
};

/// Judges the record's primary. Requires a primary on record.
Verdict judge_primary(Facts& facts);

}  // namespace hactl
