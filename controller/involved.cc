#include "controller/involved.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace hactl {
namespace {

/// Primary, candidate, donor, and the one to avoid.
std::set<NodeName> players(const FormationRecord& record) {
  std::set<NodeName> names;
  for (const std::optional<NodeName>* each :
       {&record.primary, &record.candidate, &record.donor, &record.avoid}) {
    if (*each) names.insert(**each);
  }
  return names;
}

/// Those whose acknowledgement may count.
std::set<NodeName> quorum(const FormationRecord& record) {
  return record.in_force.empty() ? std::set<NodeName>() : record.in_force.back().members;
}

std::set<NodeName> excluded(const FormationRecord& record) {
  std::set<NodeName> names;
  for (const auto& [name, known] : record.nodes) {
    if (known.excluded) names.insert(name);
  }
  return names;
}

void add_difference(const std::set<NodeName>& a, const std::set<NodeName>& b,
                    std::set<NodeName>& names) {
  std::ranges::set_symmetric_difference(a, b, std::inserter(names, names.end()));
}

}  // namespace

std::set<NodeName> involved(const FormationRecord& before, const FormationRecord& after) {
  std::set<NodeName> names;
  const std::set<NodeName> was = players(before);
  const std::set<NodeName> is = players(after);
  const bool goes_on = before.phase != after.phase || before.epoch != after.epoch || was != is;
  if (goes_on) std::ranges::set_union(was, is, std::inserter(names, names.end()));
  add_difference(quorum(before), quorum(after), names);
  add_difference(excluded(before), excluded(after), names);
  add_difference(before.dropped, after.dropped, names);
  return names;
}

}  // namespace hactl
