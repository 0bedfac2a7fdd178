// Search: every state that a scope can reach, nearest first, until a property breaks or the scope's
// limit is met.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "check/scope.h"

namespace hactl::check {

struct SearchResult {
  std::string broken;              ///< Empty: every property held.
  std::vector<std::string> trace;  ///< The shortest way there, a step a line.
  std::uint64_t states = 0;
  std::uint64_t transitions = 0;
  std::uint64_t beyond = 0;   ///< Decisions left out because they lead beyond the scope.
  std::uint64_t settled = 0;  ///< States from which the formation was seen to come to rest.
  std::uint64_t nodes = 0;    ///< Different states of one node.
  std::size_t depth = 0;      ///< Steps from the start that were gone through whole.
  bool complete = false;      ///< Nothing is left within the scope.
};

SearchResult search(const Scope& scope);

}  // namespace hactl::check
