#include "codec/messages.h"
#include "codec/sync_fields.h"

namespace hactl {

template <typename Archive>
void fields(Archive& archive, wire::Of<FinalReport> auto& final_report) {
  archive("position", final_report.position);
  archive("timeline", final_report.timeline);
  archive("agent-seq", final_report.agent_seq);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<KnownNode> auto& node) {
  archive("incarnation", node.incarnation);
  archive("agent-seq-seen", node.agent_seq_seen);
  archive("complete-seen", node.complete_seen);
  archive("excluded", node.excluded);
  archive("host", node.host);
  archive("port", node.port);
  archive("data-directory", node.data_directory);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<Override> auto& accepted) {
  archive("epoch", accepted.epoch);
  archive("reason", accepted.reason);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<MoveRequest> auto& request) {
  archive("to", request.to);
  archive("to-region", request.to_region);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<FailoverRequest> auto& request) {
  archive("accept-loss", request.accept_loss);
  archive("accept-any-loss", request.accept_any_loss);
  archive("assume-lost", request.assume_lost);
  archive("by", request.by);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<FormationRecord> auto& record) {
  archive("formation", record.formation);
  archive("incarnation", record.incarnation);
  archive("revision", record.revision);
  archive("epoch", record.epoch);
  archive("phase", record.phase);
  archive("primary", record.primary);
  archive("candidate", record.candidate);
  archive("target-position", record.target_position);
  archive("donor", record.donor);
  archive("timeline-max", record.timeline_max);
  archive("in-force", record.in_force);
  archive("config-generation", record.config_generation);
  archive("finals", record.finals);
  archive("avoid", record.avoid);
  archive("lineage", record.lineage);
  archive("nodes", record.nodes);
  archive("dropped", record.dropped);
  archive("overrides", record.overrides);
  archive("system-id", record.system_id);
  archive("request", record.request);
  archive("failover", record.failover);
  archive.new_field("restarts", record.restarts);
  archive("recovering", record.recovering);
  archive("pauses-ms", record.pauses_ms);
  archive("settled-generation", record.settled_generation);
  archive("paused", record.paused);
  archive("deleting", record.deleting);
  archive.new_field("deleting-data", record.deleting_data);
}

nlohmann::json to_json(const FormationRecord& record) {
  return wire::encode(record);
}
Result<FormationRecord> record_from_json(const nlohmann::json& json) {
  return wire::decode_message<FormationRecord>(json, "record");
}

nlohmann::json to_json(const MoveRequest& request) {
  return wire::encode(request);
}
nlohmann::json to_json(const FailoverRequest& request) {
  return wire::encode(request);
}
Result<FailoverRequest> failover_request_from_json(const nlohmann::json& json) {
  return wire::decode_message<FailoverRequest>(json, "request");
}

Result<MoveRequest> move_request_from_json(const nlohmann::json& json) {
  return wire::decode_message<MoveRequest>(json, "request");
}

}  // namespace hactl
