#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/join.h"
#include "model/durability.h"

#include "lint/rules.h"

namespace hactl::lint_checks {
namespace {

std::string region_field(std::size_t region) {
  return "spec.regions[" + std::to_string(region) + "]";
}

std::string node_field(const FormationSpec& spec, const NodeName& name) {
  for (std::size_t i = 0; i < spec.regions.size(); ++i) {
    const std::vector<NodeSpec>& nodes = spec.regions[i].nodes;
    const auto found = std::ranges::find(nodes, name, &NodeSpec::name);
    if (found == nodes.end()) continue;
    return region_field(i) + ".nodes[" + std::to_string(found - nodes.begin()) + "]";
  }
  return "spec.regions";
}

/// Regions with a node that may become primary, the one that is preferred first.
std::vector<RegionName> electable_regions(const FormationSpec& spec) {
  std::vector<Member> members = spec.members();
  std::ranges::stable_sort(members, std::ranges::greater{}, &Member::candidate_priority);
  std::vector<RegionName> regions;
  for (const Member& member : members) {
    const bool known = std::ranges::find(regions, member.region) != regions.end();
    if (member.candidate_priority > 0 && !known) regions.push_back(member.region);
  }
  return regions;
}

std::ptrdiff_t quorum_nodes(const FormationSpec& spec) {
  return std::ranges::count_if(spec.members(),
                               [](const Member& member) { return member.replication_quorum; });
}

std::ptrdiff_t quorum_nodes(const FormationSpec& spec, const RegionName& region) {
  return std::ranges::count_if(spec.members(), [&](const Member& member) {
    return member.replication_quorum && member.region == region;
  });
}

std::string plural(std::ptrdiff_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// How many nodes to ask for so that of those whom commits wait for one may be away; unset: no
/// number does it.
std::optional<int> nodes_with_a_spare(FormationSpec spec) {
  const auto most = static_cast<int>(quorum_nodes(spec));
  for (int nodes = spec.sync_standbys() + 2; nodes <= most; ++nodes) {
    spec.durability.nodes = nodes;
    const SyncConfig setting = setting_when_well(spec, spec.usual_primary());
    if (static_cast<int>(setting.members.size()) > setting.required) return nodes;
  }
  return std::nullopt;
}

/// What gives whom commits wait for a spare: of three regions or more each has but one of them.
std::string way_to_a_spare(const FormationSpec& spec) {
  const int regions = spec.durability.regions.value_or(1);
  std::string way = "add a node with replication-quorum: true";
  if (regions == 2) way += " in another region";
  if (regions > 2) way += " in a region more";
  const std::optional<int> nodes = nodes_with_a_spare(spec);
  return nodes ? way + ", or set spec.durability.nodes to " + std::to_string(*nodes) : way;
}

void one_standby_of_the_durable(const FormationSpec& spec, Findings& found) {
  const SyncConfig setting = setting_when_well(spec, spec.usual_primary());
  if (static_cast<int>(setting.members.size()) > setting.required) return;
  found.push_back(
      {"", "spec.durability",
       "commits wait for " + to_string(setting) + ": when one of them is lost, writes stop",
       way_to_a_spare(spec)});
}

}  // namespace

void one_standby_stops_writes(const Formation& formation, Findings& found) {
  const FormationSpec& spec = formation.spec;
  if (asks_for_durability(spec)) return one_standby_of_the_durable(spec, found);
  const int wanted = spec.sync_standbys();
  const std::ptrdiff_t standbys = quorum_nodes(spec) - 1;
  if (spec.when_short != WhenShort::block || wanted == 0 || standbys > wanted) return;
  found.push_back({"", "spec.number-sync-standbys",
                   "commits wait for " + std::to_string(wanted) + " of " +
                       plural(standbys, "quorum standby") + ": when one is lost, writes stop",
                   "add a node with replication-quorum: true, or set number-sync-standbys to " +
                       std::to_string(wanted - 1) + ", or when-short to degrade"});
}

void one_region_holds_the_quorum(const Formation& formation, Findings& found) {
  const FormationSpec& spec = formation.spec;
  const std::vector<RegionName> electable = electable_regions(spec);
  const int wanted = spec.sync_standbys();
  const bool leaves_the_region = spec.durability.regions.value_or(1) > 1;
  if (electable.size() < 2 || wanted == 0 || leaves_the_region) return;
  for (std::size_t i = 0; i < spec.regions.size(); ++i) {
    const RegionName& region = spec.regions[i].name;
    // The primary is one of them, so one fewer acknowledges.
    const std::ptrdiff_t own = quorum_nodes(spec, region) - 1;
    if (std::ranges::find(electable, region) == electable.end() || own < wanted) continue;
    found.push_back({"", region_field(i),
                     "while the primary is in " + region.value + ", " + plural(own, "standby") +
                         " there can acknowledge a commit alone: when the region is lost, commits "
                         "that no other region has are lost with it, so no other region takes over",
                     "set spec.durability.regions to 2, with quorum nodes in another region"});
  }
}

void one_region_stops_writes(const Formation& formation, Findings& found) {
  const FormationSpec& spec = formation.spec;
  const auto wanted = static_cast<std::size_t>(spec.durability.regions.value_or(1));
  std::set<RegionName> regions;
  for (const Member& member : spec.members()) {
    if (member.replication_quorum) regions.insert(member.region);
  }
  if (wanted < 2 || regions.size() > wanted) return;
  found.push_back({"", "spec.durability.regions",
                   "every commit is to be in " + std::to_string(wanted) +
                       " regions, and no other than " + join(regions, ", ", &RegionName::value) +
                       " can hold it: when one of them is lost, writes stop until it is back",
                   "add a region with a node of replication-quorum: true, or ask for " +
                       std::to_string(wanted - 1)});
}

void region_cannot_take_over(const Formation& formation, Findings& found) {
  const FormationSpec& spec = formation.spec;
  const std::vector<RegionName> electable = electable_regions(spec);
  if (spec.regions.size() < 2 || electable.empty()) return;
  for (std::size_t i = 0; i < spec.regions.size(); ++i) {
    const RegionName& region = spec.regions[i].name;
    if (std::ranges::find(electable, region) != electable.end()) continue;
    found.push_back(
        {"", region_field(i) + ".candidate-priority",
         "region " + region.value +
             " can't take over: none of its nodes has a candidate-priority "
             "above 0, so when " +
             (electable.size() == 1 ? electable.front().value + " is lost, nobody becomes primary"
                                    : "the other regions are lost, nobody becomes primary"),
         "give one of its nodes a candidate-priority and, to lose no commit, replication-quorum: "
         "true"});
  }
}

void commits_wait_for_nobody(const Formation& formation, Findings& found) {
  const FormationSpec& spec = formation.spec;
  if (spec.sync_standbys() > 0 || spec.members().size() < 2) return;
  found.push_back({"", "spec.number-sync-standbys",
                   "commits wait for no standby: what the primary has acknowledged in its last "
                   "moments is lost with it",
                   "set number-sync-standbys to 1, with two nodes or more of the quorum"});
}

void equal_priorities(const Formation& formation, Findings& found) {
  const FormationSpec& spec = formation.spec;
  std::map<int, std::set<RegionName>> regions;
  for (const Member& member : spec.members()) {
    if (member.candidate_priority > 0) regions[member.candidate_priority].insert(member.region);
  }
  for (const auto& [priority, names] : regions) {
    if (names.size() < 2) continue;
    found.push_back({"", "spec.regions",
                     "regions " + join(names, ", ", &RegionName::value) +
                         " share the candidate-priority " + std::to_string(priority) +
                         ": a failover may take production to any of "
                         "them",
                     "give each region a candidate-priority of its own"});
  }
}

void one_host_has_several_nodes(const Formation& formation, Findings& found) {
  const FormationSpec& spec = formation.spec;
  std::map<std::string, NodeName> first;
  for (const Member& member : spec.members()) {
    const auto [known, fresh] = first.emplace(member.host, member.name);
    if (fresh) continue;
    found.push_back({"", node_field(spec, member.name) + ".host",
                     member.name.value + " is on the same host as " + known->second.value +
                         ": they are lost together",
                     "put every node on a host of its own"});
  }
}

void degrades_silently(const Formation& formation, Findings& found) {
  if (formation.spec.when_short != WhenShort::degrade || formation.spec.sync_standbys() == 0) {
    return;
  }
  found.push_back({"", "spec.when-short",
                   "with standbys missing, commits wait for fewer of them, down to none: what is "
                   "acknowledged then is lost with the primary",
                   "set when-short to block, or accept it: the condition Durable says so while it "
                   "lasts"});
}

void moves_between_regions_by_itself(const Formation& formation, Findings& found) {
  const FormationSpec& spec = formation.spec;
  if (spec.failback != Failback::automatic || electable_regions(spec).size() < 2) return;
  found.push_back({"", "spec.failback",
                   "the primary moves back to the preferred region by itself: each return of a "
                   "region that is not well yet costs another pause of writes",
                   "set failback to on-apply, and apply again when the region is trusted"});
}

void quorum_node_without_priority(const Formation& formation, Findings& found) {
  const FormationSpec& spec = formation.spec;
  const std::vector<Member> members = spec.members();
  const std::ptrdiff_t fit = std::ranges::count_if(members, [](const Member& member) {
    return member.replication_quorum && member.candidate_priority > 0;
  });
  if (spec.sync_standbys() == 0 || fit > 1) return;
  found.push_back({"", "spec.regions",
                   "of the nodes that acknowledge commits only " + plural(fit, "node") +
                       " may become primary: when it is lost, nobody can take over at once",
                   "give two nodes or more both a candidate-priority above 0 and "
                   "replication-quorum: true"});
}

}  // namespace hactl::lint_checks
