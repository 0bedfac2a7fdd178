#include "planner/facts.h"

#include <algorithm>

#include "base/rule_switch.h"

namespace hactl {

Facts::Facts(const FormationSpec& spec_in, Generation generation_in,
             const FormationRecord& record_in, const Observed& observed_in, Instant now_in)
    : spec(spec_in),
      generation(generation_in),
      record(record_in),
      observed(observed_in),
      now(now_in),
      members(spec_in.members()) {
  for (const Member& member : members)
    nodes[member.name].member = member;
  for (const auto& [name, known] : record.nodes) {
    if (!record.dropped.contains(name)) nodes[name];
  }
  for (auto& [name, facts] : nodes) {
    learn(name, facts);
    if (facts.heard) static_cast<void>(passed(facts.heard_at, kSilentAfter));
  }
  learn_of_primary();
}

void Facts::learn_of_primary() {
  if (!record.primary) return;
  const auto on_record = nodes.find(*record.primary);
  if (on_record == nodes.end() || !on_record->second.heard) return;
  const NodeReport* primary = primary_report_ = on_record->second.report;
  if (!primary->primary) return;
  const Promotion* promotion = opened();
  primary_open_ = promotion != nullptr && primary->primary->epoch == promotion->epoch &&
                  primary->primary->gate_open;
  for (const SenderView& sender : primary->primary->senders) {
    const auto found = nodes.find(sender.node);
    if (found == nodes.end() || !sender.streaming) continue;
    if (sender.epoch == primary->primary->epoch) found->second.sender = &sender;
  }
}

void Facts::learn(const NodeName& name, NodeFacts& facts) const {
  const auto known = record.nodes.find(name);
  const bool on_record = known != record.nodes.end();
  facts.address = facts.member;
  if (!facts.address && on_record && !known->second.host.empty()) {
    Member last;
    last.name = name;
    last.host = known->second.host;
    last.port = known->second.port;
    last.data_directory = known->second.data_directory;
    last.candidate_priority = 0;
    last.replication_quorum = false;
    facts.address = last;
  }
  facts.excluded = on_record && known->second.excluded;
  facts.let_go = record.dropped.contains(name);
  const bool needed = record.recovering || record.primary == name || record.candidate == name ||
                      std::ranges::any_of(record.in_force, [&](const SyncConfig& config) {
                        return has_part(config, name);
                      });
  facts.maintained = facts.member && facts.member->maintenance && !needed;
  const auto seen = observed.nodes.find(name);
  if (seen == observed.nodes.end()) return;
  const NodeReport& report = seen->second.report;
  facts.report = &report;
  facts.heard_at = seen->second.received_at;
  facts.steady_since = seen->second.steady_since;
  facts.hung_up_at = seen->second.hung_up_at;
  facts.heard = now - facts.heard_at < kSilentAfter;
  facts.knows_goal = seen->second.knows_goal;
  facts.let_go = facts.let_go && !facts.knows_goal;
  facts.has_data = report.state != NodeState::unknown && report.state != NodeState::empty &&
                   report.state != NodeState::creating && report.state != NodeState::dropped;
  facts.position = locate(record.lineage, report.position);
  facts.complete_seen = seen->second.complete_seen;
  if (on_record && report.node_incarnation > known->second.incarnation) facts.excluded = false;
  if (on_record && report.node_incarnation == known->second.incarnation) {
    facts.complete_seen = std::max(facts.complete_seen, known->second.complete_seen);
  }
  // An old word that comes late shows less than is known, too: it neither shows that the node
  // forgot, nor is it a last word.
  if (!facts.heard || !seen->second.answers_us) return;
  if (on_record) compare(known->second, seen->second, facts);
  const bool of_this_ballot = report.final_for == record.epoch && report.promised == record.epoch;
  facts.final = (of_this_ballot || !rule_holds(Rule::r2_final_of_this_ballot)) &&
                report.final_for.value != 0 && facts.position.has_value() && !facts.forgot &&
                !facts.excluded;
}

void Facts::compare(const KnownNode& known, const ObservedNode& seen, NodeFacts& facts) const {
  const NodeReport& report = seen.report;
  const bool same = report.node_incarnation == known.incarnation;
  const bool notes_lost = report.node_incarnation < known.incarnation ||
                          (same && report.sequence < known.agent_seq_seen);
  const bool says_where = report.position.timeline.value != 0 && report.position.lsn.value != 0;
  const WalPosition once_had = std::max(facts.complete_seen, sent_by(report));
  const bool data_lost = same && facts.has_data && says_where && report.position < once_had;
  facts.forgot =
      (notes_lost && rule_holds(Rule::r13_notes)) || (data_lost && rule_holds(Rule::r13_data));
}

WalPosition Facts::sent_by(const NodeReport& writer) const {
  if (record.lineage.empty()) return {};
  const Promotion& newest = record.lineage.back();
  // While it writes, others may have been heard later than itself, and be further. Its word for the
  // ballot that chose it, which may come late, is of before it wrote anything.
  if (newest.node != writer.node || writer.final_for <= newest.epoch) return {};
  return shown_of(newest.timeline);
}

WalPosition Facts::shown_of(TimelineId timeline) const {
  WalPosition furthest;
  if (!rule_holds(Rule::r13_sent)) return furthest;
  const auto shown = [&](const WalPosition& position) {
    if (position.timeline == timeline) furthest = std::max(furthest, position);
  };
  for (const auto& [name, known] : record.nodes)
    shown(known.complete_seen);
  for (const auto& [name, seen] : observed.nodes)
    shown(seen.complete_seen);
  return furthest;
}

bool is_down(NodeState state) {
  return state == NodeState::stopped || state == NodeState::fenced || state == NodeState::empty ||
         state == NodeState::creating;
}

bool Facts::passed(Instant since, Duration wait) {
  const Instant due = since + wait;
  if (now >= due) return true;
  wake_at = wake_at ? std::min(*wake_at, due) : due;
  return false;
}

std::optional<KnockAnswer> Facts::knock(const NodeName& name, Instant since) {
  const auto last = observed.knocks.find(name);
  const bool good = last != observed.knocks.end() && last->second.begun_at >= since &&
                    !passed(last->second.begun_at, kKnockGoodFor);
  if (!good || passed(last->second.begun_at, kKnockTime)) {
    const auto found = nodes.find(name);
    if (found == nodes.end() || !found->second.address) return std::nullopt;
    knocks[name] = KnockOrder{found->second.address->host, found->second.address->port};
  }
  return good ? std::optional(last->second.answer) : std::nullopt;
}

const Promotion* Facts::opened() const {
  const auto last = std::find_if(record.lineage.rbegin(), record.lineage.rend(),
                                 [](const Promotion& p) { return p.opened; });
  return last == record.lineage.rend() || last->epoch.value == 0 ? nullptr : &*last;
}

}  // namespace hactl
