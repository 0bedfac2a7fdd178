#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/join.h"
#include "model/durability.h"
#include "model/limits.h"
#include "model/network.h"
#include "model/validate.h"

namespace hactl {
namespace {

/// A node with its place in the file.
struct Placed {
  std::string field;  ///< "spec.regions[0].nodes[1]".
  Member member;
  std::string host;  ///< In a form in which equal hosts are equal.
};

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

/// Two spellings of one address are one host.
std::string canonical_host(const std::string& host) {
  const auto address = parse_ip(host);
  return address ? to_string(*address) : lower_case(host);
}

std::vector<Placed> placed_members(const FormationSpec& spec) {
  std::vector<Member> members = spec.members();
  std::vector<Placed> result;
  std::size_t next = 0;
  for (std::size_t region = 0; region < spec.regions.size(); ++region) {
    for (std::size_t node = 0; node < spec.regions[region].nodes.size(); ++node) {
      Member& member = members[next++];
      std::string host = canonical_host(member.host);
      result.push_back(
          {"spec.regions[" + std::to_string(region) + "].nodes[" + std::to_string(node) + "]",
           std::move(member), std::move(host)});
    }
  }
  return result;
}

/// Whether one path is the other, or lies in it.
bool overlap(const std::string& a, const std::string& b) {
  return a == b || a.starts_with(b + "/") || b.starts_with(a + "/");
}

void check_names(const FormationSpec& spec, const std::vector<Placed>& nodes,
                 std::vector<FieldProblem>& found) {
  std::map<std::string, std::string> seen;
  const auto check = [&](const std::string& name, const std::string& field) {
    if (name.empty()) return;
    const auto [first, fresh] = seen.emplace(lower_case(name), field);
    if (!fresh) {
      found.push_back({field, "\"" + name + "\" is already the name of " + first->second});
    }
  };
  for (std::size_t i = 0; i < spec.regions.size(); ++i) {
    check(spec.regions[i].name.value, "spec.regions[" + std::to_string(i) + "].name");
  }
  seen.clear();
  for (const Placed& node : nodes)
    check(node.member.name.value, node.field + ".name");
}

void check_pair(const Placed& first, const Placed& second, std::vector<FieldProblem>& found) {
  if (first.host.empty() || first.host != second.host) return;
  const std::string& name = first.member.name.value;
  if (first.member.port == second.member.port) {
    found.push_back({second.field + ".host", second.member.host + " port " +
                                                 std::to_string(second.member.port) +
                                                 " is already that of node " + name});
  }
  if (overlap(first.member.data_directory, second.member.data_directory)) {
    found.push_back({second.field + ".host", "its data directory " + second.member.data_directory +
                                                 " on " + second.member.host +
                                                 " is not apart from that of node " + name});
  }
}

void check_region_networks(const RegionSpec& region, const std::string& at,
                           std::vector<FieldProblem>& found) {
  const auto network = parse_network(region.network);
  const auto subnet = parse_network(region.subnet);
  if (network && subnet && !contains(*network, *subnet)) {
    found.push_back(
        {at + ".subnet", region.subnet + " is not within the network " + region.network});
  }
  const auto& innermost = subnet ? subnet : network;
  if (!innermost) return;
  for (std::size_t i = 0; i < region.nodes.size(); ++i) {
    const auto address = parse_ip(region.nodes[i].host);
    if (!address || contains(*innermost, *address)) continue;
    found.push_back({at + ".nodes[" + std::to_string(i) + "].host",
                     region.nodes[i].host + " is not within the region's " +
                         (subnet ? "subnet " : "network ") + to_string(*innermost)});
  }
}

void check_quorum(const FormationSpec& spec, const std::vector<Placed>& nodes,
                  std::vector<FieldProblem>& found) {
  const auto quorum =
      std::ranges::count_if(nodes, [](const Placed& n) { return n.member.replication_quorum; });
  const int wanted = spec.number_sync_standbys.value_or(0);
  if (wanted > 0 && quorum - 1 < wanted) {
    found.push_back({"spec.number-sync-standbys",
                     std::to_string(wanted) + " needs " + std::to_string(std::int64_t{wanted} + 1) +
                         " nodes with replication-quorum: true, but there " +
                         (quorum == 1 ? "is 1" : "are " + std::to_string(quorum))});
  }
  const bool electable =
      std::ranges::any_of(nodes, [](const Placed& n) { return n.member.candidate_priority > 0; });
  if (!electable) {
    found.push_back(
        {"spec.regions", "no node has a candidate-priority above 0, so none could become primary"});
  }
}

std::string there_are(std::size_t count) {
  return count == 1 ? "there is 1" : "there are " + std::to_string(count);
}

/// With a quorum node in so many regions, wherever the primary is, enough others are left; and
/// likewise for nodes.
void check_durable_counts(const DurabilitySpec& asked, const std::vector<Placed>& nodes,
                          std::vector<FieldProblem>& found) {
  std::set<RegionName> regions;
  std::size_t quorum = 0;
  for (const Placed& node : nodes) {
    if (!node.member.replication_quorum) continue;
    regions.insert(node.member.region);
    ++quorum;
  }
  const auto in_regions = static_cast<std::size_t>(asked.regions.value_or(1));
  if (regions.size() < in_regions) {
    found.push_back({"spec.durability.regions",
                     std::to_string(in_regions) +
                         " needs at least one node with replication-quorum: true in each of " +
                         std::to_string(in_regions) + " regions; " + there_are(regions.size()) +
                         " such" + (regions.empty() ? "" : ": ") +
                         join(regions, ", ", &RegionName::value)});
  }
  const auto on_nodes = static_cast<std::size_t>(asked.nodes.value_or(1));
  if (quorum < on_nodes) {
    found.push_back({"spec.durability.nodes",
                     std::to_string(on_nodes) + " needs at least " + std::to_string(on_nodes) +
                         " nodes with replication-quorum: true; " + there_are(quorum)});
  }
}

void check_durability(const FormationSpec& spec, const std::vector<Placed>& nodes,
                      std::vector<FieldProblem>& found) {
  if (!asks_for_durability(spec)) return;
  check_durable_counts(spec.durability, nodes, found);
  const int needed = spec.sync_standbys();
  if (spec.number_sync_standbys.value_or(needed) < needed) {
    found.push_back({"spec.number-sync-standbys",
                     std::to_string(*spec.number_sync_standbys) + " is less than the " +
                         std::to_string(needed) +
                         " that spec.durability needs: leave it out, or ask for less there"});
  }
  if (spec.when_short == WhenShort::degrade) {
    found.push_back({"spec.when-short",
                     "degrade would give up what spec.durability asks for when standbys are "
                     "missing: write block, or leave spec.durability out"});
  }
}

void check_counts(const FormationSpec& spec, std::size_t nodes, std::vector<FieldProblem>& found) {
  if (spec.regions.empty()) {
    found.push_back({"spec.regions", "at least one region is required"});
  } else if (nodes == 0) {
    found.push_back({"spec.regions", "at least one node is required"});
  }
  if (spec.regions.size() > kRegionsMax) {
    found.push_back({"spec.regions", std::to_string(spec.regions.size()) + " regions; at most " +
                                         std::to_string(kRegionsMax) + " are accepted"});
  }
  if (nodes > kNodesMax) {
    found.push_back({"spec.regions", std::to_string(nodes) + " nodes; at most " +
                                         std::to_string(kNodesMax) + " are accepted"});
  }
}

}  // namespace

std::vector<FieldProblem> validate_together(const Formation& formation) {
  const FormationSpec& spec = formation.spec;
  const std::vector<Placed> nodes = placed_members(spec);
  std::vector<FieldProblem> found;
  check_counts(spec, nodes.size(), found);
  // Every pair is looked at below: not before their number is known to be small.
  if (nodes.empty() || nodes.size() > kNodesMax) return found;
  check_quorum(spec, nodes, found);
  check_durability(spec, nodes, found);
  check_names(spec, nodes, found);
  for (std::size_t i = 0; i < spec.regions.size(); ++i) {
    check_region_networks(spec.regions[i], "spec.regions[" + std::to_string(i) + "]", found);
  }
  for (std::size_t second = 0; second < nodes.size(); ++second) {
    for (std::size_t first = 0; first < second; ++first) {
      check_pair(nodes[first], nodes[second], found);
    }
  }
  return found;
}

}  // namespace hactl
