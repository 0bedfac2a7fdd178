#include <algorithm>

#include "model/durability.h"

#include "simulate/simulate.h"

namespace hactl {
namespace {

std::string list_of(const std::set<NodeName>& names, const std::string& last) {
  std::string text;
  std::size_t left = names.size();
  for (const NodeName& name : names) {
    const bool final = --left == 0 && !text.empty();
    text += (text.empty() ? "" : final ? " " + last + " " : ", ") + name.value;
  }
  return text;
}

bool may_be_primary(const FormationSpec& spec, const NodeName& node) {
  return std::ranges::any_of(spec.members(), [&](const Member& member) {
    return member.name == node && member.candidate_priority > 0;
  });
}

std::set<NodeName> survivors(const FormationSpec& spec, const Outcome& outcome) {
  std::set<NodeName> left;
  for (const Member& member : spec.members()) {
    if (!outcome.lost.contains(member.name)) left.insert(member.name);
  }
  return left;
}

}  // namespace

std::vector<std::string> what_to_do(const FormationSpec& spec, const Outcome& outcome) {
  if (outcome.loses_commits()) {
    return {"nothing brings the lost commits back but " + list_of(outcome.holders, "and")};
  }
  if (outcome.writes_go_on()) return {"nothing: what comes back joins by itself"};
  const std::set<NodeName> left = survivors(spec, outcome);
  if (left.empty()) return {"bring a node back: nobody is left"};
  std::vector<std::string> steps;
  if (!outcome.lost.contains(outcome.primary)) {
    steps.push_back("bring back " + list_of(outcome.lost, "or"));
    steps.push_back(asks_for_durability(spec)
                        ? "or ask for less in spec.durability, and apply: each commit is then in "
                          "fewer places"
                        : "or lower spec.number-sync-standbys, or set spec.when-short to degrade, "
                          "and apply: fewer nodes then hold each commit");
    return steps;
  }
  const bool electable =
      std::ranges::any_of(left, [&](const NodeName& node) { return may_be_primary(spec, node); });
  std::set<NodeName> knowing{outcome.primary};
  for (const NodeName& member : outcome.setting.members) {
    if (outcome.lost.contains(member)) knowing.insert(member);
  }
  steps.push_back("bring back " + list_of(electable ? knowing : outcome.lost, "or"));
  if (!electable) {
    steps.push_back("or give one of " + list_of(left, "and") +
                    " a candidate-priority above 0, and apply");
  }
  if (outcome.may_be_on_lost_nodes_only) {
    steps.push_back(std::string(electable ? "or" : "and then") +
                    " accept the loss: hactl failover --accept-data-loss=any");
  }
  return steps;
}

}  // namespace hactl
