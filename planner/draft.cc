#include "planner/draft.h"

#include <algorithm>

#include "base/join.h"

namespace hactl {

Draft::Draft(const Facts& facts) : record_(facts.record) {
  record_.revision = facts.record.revision.next();
  for (const auto& [name, node] : facts.nodes) {
    if (node.report != nullptr && !node.forgot) remember(name, *node.report, node);
  }
}

NextStep Draft::done(std::uint32_t rule, std::string reason, std::string message, bool warning) {
  Event event;
  event.warning = warning;
  event.reason = std::move(reason);
  event.object = "formation/" + record_.formation.value;
  event.message = message;
  event.rule = rule;
  event.epoch = record_.epoch;
  NextStep step;
  step.record = std::move(record_);
  step.events.push_back(std::move(event));
  step.decisions.push_back(Decision{std::nullopt, rule, std::move(message)});
  return step;
}

void Draft::remember(const NodeName& name, const NodeReport& report, const NodeFacts& node) {
  if (node.let_go) return;
  record_.dropped.erase(name);
  KnownNode& known = record_.nodes[name];
  if (report.node_incarnation < known.incarnation) return;
  if (report.node_incarnation > known.incarnation) known = KnownNode{};
  known.incarnation = report.node_incarnation;
  known.agent_seq_seen = std::max(known.agent_seq_seen, report.sequence);
  if (node.address) note_address(known, *node.address);
  known.complete_seen = std::max(known.complete_seen, node.complete_seen);
}

NextStep hold(std::uint32_t rule, std::string why) {
  NextStep step;
  step.decisions.push_back(Decision{std::nullopt, rule, std::move(why)});
  return step;
}

std::string join(const std::set<NodeName>& names) {
  return join(names, ", ", &NodeName::value);
}

void note_address(KnownNode& known, const Member& member) {
  known.host = member.host;
  known.port = member.port;
  known.data_directory = member.data_directory;
}

std::set<NodeName> names_of(const std::map<NodeName, FinalReport>& finals) {
  std::set<NodeName> names;
  for (const auto& [name, final_report] : finals)
    names.insert(name);
  return names;
}

}  // namespace hactl
