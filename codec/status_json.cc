#include "codec/messages.h"
#include "codec/wire.h"

namespace hactl {

template <typename Archive>
void fields(Archive& archive, wire::Of<Condition> auto& condition) {
  archive("type", condition.type);
  archive("status", condition.status);
  archive("reason", condition.reason);
  archive("message", condition.message);
  archive("last-transition-time", condition.last_transition);
  archive("observed-generation", condition.observed_generation);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<Event> auto& event) {
  archive("warning", event.warning);
  archive("reason", event.reason);
  archive("object", event.object);
  archive("message", event.message);
  archive("rule", event.rule);
  archive("epoch", event.epoch);
  archive("time", event.time);
  archive("number", event.number);
  archive.new_field("involved", event.involved);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<NodeStatus> auto& node) {
  archive("name", node.name);
  archive("region", node.region);
  archive("host", node.host);
  archive("port", node.port);
  archive("role", node.role);
  archive("goal-state", node.goal);
  archive("current-state", node.state);
  archive("candidate-priority", node.candidate_priority);
  archive("replication-quorum", node.replication_quorum);
  archive("timeline", node.timeline);
  archive("lsn", node.lsn);
  archive("lag-bytes", node.lag_bytes);
  archive("lag-seconds", node.lag_seconds);
  archive("healthy", node.healthy);
  archive("heard-ms-ago", node.heard_ms_ago);
  archive("rule", node.rule);
  archive("message", node.message);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<FormationStatus> auto& status) {
  archive("observed-generation", status.observed_generation);
  archive("epoch", status.epoch);
  archive("phase", status.phase);
  archive("primary", status.primary);
  archive("sync", status.sync);
  archive("conditions", status.conditions);
  archive("steps", status.steps);
  archive.new_field("done-steps", status.done_steps);
  archive("nodes", status.nodes);
}

nlohmann::json to_json(const FormationStatus& status) {
  return wire::encode(status);
}
Result<FormationStatus> formation_status_from_json(const nlohmann::json& json) {
  return wire::decode_message<FormationStatus>(json, "status");
}

nlohmann::json to_json(const NodeStatus& status) {
  return wire::encode(status);
}
Result<NodeStatus> node_status_from_json(const nlohmann::json& json) {
  return wire::decode_message<NodeStatus>(json, "node");
}

nlohmann::json to_json(const Condition& condition) {
  return wire::encode(condition);
}
Result<Condition> condition_from_json(const nlohmann::json& json) {
  return wire::decode_message<Condition>(json, "condition");
}

nlohmann::json to_json(const Event& event) {
  return wire::encode(event);
}
Result<Event> event_from_json(const nlohmann::json& json) {
  return wire::decode_message<Event>(json, "event");
}

}  // namespace hactl
