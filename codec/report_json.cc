#include "codec/messages.h"
#include "codec/sync_fields.h"

namespace hactl {

template <typename Archive>
void fields(Archive& archive, wire::Of<SenderView> auto& sender) {
  archive("node", sender.node);
  archive("epoch", sender.epoch);
  archive("streaming", sender.streaming);
  archive("flushed", sender.flushed);
  archive("replayed", sender.replayed);
  archive("sync-priority", sender.sync_priority);
  archive("fresh", sender.fresh);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<ReceiverView> auto& receiver) {
  archive("upstream", receiver.upstream);
  archive("epoch", receiver.epoch);
  archive("timeline", receiver.timeline);
  archive("streaming", receiver.streaming);
  archive("quiet", receiver.quiet);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<PrimaryView> auto& primary) {
  archive("epoch", primary.epoch);
  archive("timeline", primary.timeline);
  archive("start", primary.start);
  archive("gate-open", primary.gate_open);
  archive("confirmed", primary.confirmed);
  archive("applied", primary.applied);
  archive("stalled", primary.stalled);
  archive("foreign-sync", primary.foreign_sync);
  archive("oldest", primary.oldest);
  archive("granted", primary.granted);
  archive("senders", primary.senders);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<Problem> auto& problem) {
  archive("reason", problem.reason);
  archive("message", problem.message);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<NodeReport> auto& report) {
  archive("formation", report.formation);
  archive("node", report.node);
  archive("number", report.number);
  archive("process", report.process);
  archive("node-incarnation", report.node_incarnation);
  archive("system-id", report.system_id);
  archive("sequence", report.sequence);
  archive("incarnation-seen", report.incarnation_seen);
  archive("revision-seen", report.revision_seen);
  archive("promised", report.promised);
  archive("state", report.state);
  archive("position", report.position);
  archive("final-for", report.final_for);
  archive("receiver", report.receiver);
  archive("replayed", report.replayed);
  archive("primary", report.primary);
  archive("restart-pending", report.restart_pending);
  archive("parameters-held", report.parameters_held);
  archive("restart-done", report.restart_done);
  archive("stop-took-ms", report.stop_took_ms);
  archive.long_number("start-nonce", report.start_nonce);
  archive("goal-tag", report.goal_tag);
  archive("lineage", report.lineage);
  archive("doing", report.doing);
  archive("problem", report.problem);
}

nlohmann::json to_json(const NodeReport& report) {
  return wire::encode(report);
}
Result<NodeReport> report_from_json(const nlohmann::json& json) {
  return wire::decode_message<NodeReport>(json, "report");
}

}  // namespace hactl
