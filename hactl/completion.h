// What the shells' completion asks for: names that only the server, or the configuration, knows.
#pragma once

#include <string>
#include <vector>

#include "hactl/session.h"

namespace hactl {

/// What a word of the command line may be.
enum class Names { none, types, formations, nodes, regions, contexts };

/// The names, in their order; none when they cannot be had: completion does not complain.
std::vector<std::string> complete_names(Session& session, Names names);

/// The words that a verb takes, after those in `before`: the types, and the names of the type that
/// was named.
std::vector<std::string> complete_targets(Session& session, const std::vector<std::string>& before,
                                          const std::string& partial);

}  // namespace hactl
