// The part of FormationLoop that hears what agents say.
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

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

/// What a report says beyond the one before.
enum class News {
  none,
  progress,  ///< How far its WAL has come.
  facts,
};

News news_in(const NodeReport& before, const NodeReport& after) {
  NodeReport same = before;
  same.number = after.number;
  if (same == after) return News::none;
  if (before.final_for != after.final_for || after.final_for.value != 0) return News::facts;
  same.position.lsn = after.position.lsn;
  same.replayed = after.replayed;
  if (same.primary && after.primary) {
    std::vector<SenderView>& senders = same.primary->senders;
    const std::vector<SenderView>& now = after.primary->senders;
    for (std::size_t i = 0; i < std::min(senders.size(), now.size()); ++i) {
      senders[i].flushed = now[i].flushed;
      senders[i].replayed = now[i].replayed;
    }
  }
  return same == after ? News::progress : News::facts;
}

/// Lives of an agent are told apart by its wall clock, which may have been put back: when the life
/// that seemed to be newer has fallen silent, the other one is. Of a life that was replaced by one
/// that seemed to be older, words may still be on their way.
bool is_late(const ObservedNode& known, const NodeReport& report, Instant now) {
  if (report.process == known.report.process) return report.number <= known.report.number;
  const auto former = known.former_lives.find(report.process);
  const bool was_replaced = former != known.former_lives.end();
  if (was_replaced && report.number <= former->second) return true;
  const bool seems_older = report.process < known.report.process || was_replaced;
  return seems_older && now - known.received_at < kSilentAfter;
}

void note_life(ObservedNode& node, std::uint64_t process) {
  if (process == node.report.process) return;
  node.former_lives.erase(process);
  node.former_lives[node.report.process] = node.report.number;
  if (node.former_lives.size() > kFormerLivesMax)
    node.former_lives.erase(node.former_lives.begin());
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
    heard.knows_goal = has_goal(heard.report);
    if (heard.answers_us) heard.complete_seen = complete_position(heard.report);
    note_wal(heard.report, received_at);
    observed_.nodes.emplace(node, std::move(heard));
  } else {
    ObservedNode& node = known->second;
    if (is_late(node, report, received_at)) return;
    const bool heard =
        received_at - node.received_at < kPrimarySilentAfter && !node.hung_up_at.has_value();
    News news = heard ? news_in(node.report, report) : News::facts;
    if (!is_steady(node.report, report)) node.steady_since = received_at;
    note_stop(report, received_at);
    note_wal(report, received_at);
    if (node.report.node_incarnation != report.node_incarnation) node.complete_seen = {};
    note_life(node, report.process);
    node.report = std::move(report);
    node.received_at = received_at;
    node.answers_us = node.report.goal_tag.starts_with(tag_prefix());
    const bool knew = std::exchange(node.knows_goal, has_goal(node.report));
    if (knew != node.knows_goal) news = News::facts;
    const WalPosition complete = complete_position(node.report);
    if (node.answers_us) node.complete_seen = std::max(node.complete_seen, complete);
    node.hung_up_at.reset();
    // That the node is heard still, the plan asks by itself at wake_at.
    if (news == News::none) return;
    const Phase phase = stored_.record.phase;
    const bool calm = phase == Phase::stable || phase == Phase::reconfigure;
    if (news == News::progress && calm) return wake_by(scheduler_.now() + kProgressPause);
  }
  wake();
}

void FormationLoop::note_stop(const NodeReport& report, Instant received_at) {
  const FormationRecord& record = stored_.record;
  const bool moves = record.phase == Phase::switchover || record.phase == Phase::promote;
  const bool stopped = moves && record.primary == report.node && report.final_for == record.epoch &&
                       report.stop_took_ms != 0;
  if (!stopped || observed_.writes_stopped_at) return;
  constexpr std::uint64_t kLongest = 3'600'000;
  const auto took = static_cast<std::int64_t>(std::min(report.stop_took_ms, kLongest));
  observed_.writes_stopped_at = received_at - Duration{took};
}

void FormationLoop::note_wal(const NodeReport& report, Instant received_at) {
  if (!report.primary || stored_.record.primary != report.node) return;
  wal_times_.heard(report.node, report.position, received_at);
}

void FormationLoop::ask_anew() {
  ++lives_of_others_;
  for (auto& [node, told] : goals_) {
    told.tag = next_tag();
    if (callbacks_.goal_changed) callbacks_.goal_changed(node);
  }
  // Whoever wrote may be the one that nodes talk to: what was heard before is no reason to decide.
  observed_.nodes.clear();
  observed_.started_at = scheduler_.now();
}

std::string FormationLoop::tag_prefix() const {
  return std::to_string(tag_life_) + "-" + std::to_string(lives_of_others_) + "-";
}

std::string FormationLoop::next_tag() {
  return tag_prefix() + std::to_string(++tag_count_);
}

bool FormationLoop::has_goal(const NodeReport& report) const {
  const auto told = goals_.find(report.node);
  return told != goals_.end() && told->second.tag == report.goal_tag;
}

void FormationLoop::hung_up(const NodeName& node) {
  const auto known = observed_.nodes.find(node);
  if (known == observed_.nodes.end()) return;
  known->second.hung_up_at = scheduler_.now();
  wake();
}

bool FormationLoop::knows(const NodeName& node) const {
  if (stored_.record.nodes.contains(node) || stored_.record.dropped.contains(node)) return true;
  return std::ranges::any_of(stored_.spec_in_force().regions, [&](const RegionSpec& region) {
    return std::ranges::find(region.nodes, node, &NodeSpec::name) != region.nodes.end();
  });
}

}  // namespace hactl
