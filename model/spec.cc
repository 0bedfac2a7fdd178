#include "model/spec.h"

#include <algorithm>
#include <tuple>

namespace hactl {

namespace {
bool counts_for_commits(const RegionSpec& region, const NodeSpec& node) {
  if (node.maintenance) return false;
  return node.replication_quorum.value_or(region.replication_quorum.value_or(true));
}
}  // namespace

std::vector<Member> FormationSpec::members() const {
  constexpr int kPriorityDefault = 50;
  std::vector<Member> result;
  for (const RegionSpec& region : regions) {
    for (const NodeSpec& node : region.nodes) {
      Member member;
      member.name = node.name;
      member.region = region.name;
      member.host = node.host;
      member.port = node.port.value_or(postgres.port);
      member.data_directory = node.data_directory.value_or(postgres.data_directory);
      member.candidate_priority =
          node.candidate_priority.value_or(region.candidate_priority.value_or(kPriorityDefault));
      member.replication_quorum = counts_for_commits(region, node);
      member.maintenance = node.maintenance;
      if (node.maintenance) member.candidate_priority = 0;
      result.push_back(std::move(member));
    }
  }
  return result;
}

int FormationSpec::sync_standbys() const {
  // The primary is in one of the regions, and is one of the nodes.
  const int needed = std::max(durability.regions.value_or(1), durability.nodes.value_or(1)) - 1;
  if (number_sync_standbys) return std::max(*number_sync_standbys, needed);
  std::ptrdiff_t quorum = 0;
  for (const RegionSpec& region : regions) {
    quorum += std::ranges::count_if(
        region.nodes, [&](const NodeSpec& node) { return counts_for_commits(region, node); });
  }
  return std::max(quorum >= 2 ? 1 : 0, needed);
}

NodeName FormationSpec::usual_primary() const {
  const std::vector<Member> all = members();
  return std::ranges::min(all,
                          [](const Member& left, const Member& right) {
                            return std::tuple(-left.candidate_priority, left.name) <
                                   std::tuple(-right.candidate_priority, right.name);
                          })
      .name;
}

}  // namespace hactl
