// Stories: runs of the simulator in which it is told what goes wrong, for harm that chance brings
// about too seldom. Each ends well as long as every guard is there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hactl::mutants {

std::vector<std::string> story_names();

/// The property that was violated; empty: none.
std::string tell(const std::string& story, std::uint64_t seed);

}  // namespace hactl::mutants
