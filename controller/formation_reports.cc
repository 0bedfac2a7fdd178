// The part of FormationLoop that hears what agents say.
#include <algorithm>
#include <set>
#include <utility>

#include "controller/formation_loop.h"

namespace hactl {
namespace {

/// Standbys that stream from the reporting primary, as they name themselves.
std::set<std::pair<NodeName, Epoch>> streaming_standbys(const NodeReport& report) {
  std::set<std::pair<NodeName, Epoch>> result;
  if (!report.primary) return result;
  for (const SenderView& sender : report.primary->senders) {
    if (sender.streaming && sender.fresh) result.emplace(sender.node, sender.epoch);
  }
  return result;
}

bool is_steady(const NodeReport& before, const NodeReport& after) {
  return before.state == after.state && receiving_from(before) == receiving_from(after) &&
         streaming_standbys(before) == streaming_standbys(after);
}

bool is_late(const NodeReport& known, const NodeReport& report) {
  return std::pair(report.process, report.number) <= std::pair(known.process, known.number);
}

}  // namespace

void FormationLoop::report_received(NodeReport report) {
  report_received(std::move(report), scheduler_.now());
}

void FormationLoop::report_received(NodeReport report, Instant received_at) {
  if (!knows(report.node)) return;
  const auto known = observed_.nodes.find(report.node);
  if (known == observed_.nodes.end()) {
    if (observed_.nodes.size() >= kObservedNodesMax) return;
    const NodeName node = report.node;
    ObservedNode heard;
    heard.report = std::move(report);
    heard.received_at = heard.steady_since = received_at;
    heard.answers_us = heard.report.goal_tag.starts_with(tag_prefix());
    if (heard.answers_us) heard.complete_seen = complete_position(heard.report);
    observed_.nodes.emplace(node, std::move(heard));
  } else {
    ObservedNode& node = known->second;
    if (is_late(node.report, report)) return;
    if (!is_steady(node.report, report)) node.steady_since = received_at;
    if (node.report.node_incarnation != report.node_incarnation) node.complete_seen = {};
    node.report = std::move(report);
    node.received_at = received_at;
    node.answers_us = node.report.goal_tag.starts_with(tag_prefix());
    const WalPosition complete = complete_position(node.report);
    if (node.answers_us) node.complete_seen = std::max(node.complete_seen, complete);
    node.hung_up_at.reset();
  }
  wake();
}

void FormationLoop::hung_up(const NodeName& node) {
  const auto known = observed_.nodes.find(node);
  if (known == observed_.nodes.end()) return;
  known->second.hung_up_at = scheduler_.now();
  wake();
}

bool FormationLoop::knows(const NodeName& node) const {
  if (stored_.record.nodes.contains(node) || stored_.record.dropped.contains(node)) return true;
  return std::ranges::any_of(stored_.formation.spec.regions, [&](const RegionSpec& region) {
    return std::ranges::find(region.nodes, node, &NodeSpec::name) != region.nodes.end();
  });
}

}  // namespace hactl
