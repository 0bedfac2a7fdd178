// Loss: one thing that fails for good in a simulation: a node, a region, or a link.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/spec.h"

namespace hactl {

/// Losses that are simulated at once.
inline constexpr std::size_t kLossesMax = 16;

struct Loss {
  enum class Kind { node, region, link };
  Kind kind = Kind::node;
  std::string name;   ///< Of a link its one side: a node, a region, or "controller".
  std::string other;  ///< Its other side; empty for nodes and regions.
  friend bool operator==(const Loss&, const Loss&) = default;
};

/// "node/paris-a", "region/paris" or "link/paris~amsterdam", as users write it. Errors: invalid,
/// when it is none of that or names what the spec does not have.
Result<Loss> parse_loss(const FormationSpec& spec, const std::string& text);

/// As parse_loss() reads it.
std::string to_string(const Loss& loss);

/// The nodes that are gone: none for links.
std::set<NodeName> lost_nodes(const FormationSpec& spec, const std::vector<Loss>& losses);

/// The nodes on one side of a link; empty: that side is the controller.
std::set<NodeName> side_of_link(const FormationSpec& spec, const std::string& side);

/// Every set of 1 to `most` nodes and regions, without those that say nothing new: a node beside
/// its region. By size, then in the order of the file; at most `limit` of them.
std::vector<std::vector<Loss>> every_loss(const FormationSpec& spec, int most, std::size_t limit);

}  // namespace hactl
