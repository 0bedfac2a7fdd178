// Hunt: a place where the harm that a missing guard does may show: a scope of the checker, a seed
// of a scenario of the simulator, or a story that is told to the simulator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "check/scope.h"

namespace hactl::mutants {

struct Hunt {
  enum class Where { scope, scenario, story };
  Where where = Where::scope;
  std::string name;         ///< Of the scope, scenario or story.
  std::uint64_t first = 1;  ///< Seeds of the scenario or story.
  std::uint64_t last = 1;
  std::size_t states_max = 1'000'000;  ///< Of the scope.
  bool rests = false;  ///< Whether each way also has to come to rest (L1), where nothing is lost.
};

struct Catch {
  std::string broken;  ///< The property, in words; empty: nothing was seen.
  std::string place;   ///< "scope crash, 1234 states", "chaos, seed 17".
};

/// The checker's scopes for CI, and those that are worth a look only with a guard missing.
std::vector<check::Scope> all_scopes();

/// Looks there, with the guards missing that this process goes without.
Catch go(const Hunt& hunt);

/// Every place there is, the nearest first.
std::vector<Hunt> everywhere();

}  // namespace hactl::mutants
