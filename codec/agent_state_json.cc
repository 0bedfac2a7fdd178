#include "codec/goal_fields.h"
#include "codec/messages.h"

namespace hactl {

template <typename Archive>
void fields(Archive& archive, wire::Of<Grant> auto& grant) {
  archive("sync", grant.sync);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<Attachment> auto& attachment) {
  archive("epoch", attachment.epoch);
  archive("upstream", attachment.upstream);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<OwnPromotion> auto& promotion) {
  archive("epoch", promotion.epoch);
  archive("timeline", promotion.timeline);
  archive("start", promotion.start);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<AgentState> auto& state) {
  archive("formation", state.formation);
  archive("node", state.node);
  archive("node-incarnation", state.node_incarnation);
  archive("system-id", state.system_id);
  archive("sequence", state.sequence);
  archive("incarnation-seen", state.incarnation_seen);
  archive("revision-seen", state.revision_seen);
  archive("promised", state.promised);
  archive("grant", state.grant);
  archive("attached", state.attached);
  archive("promoted", state.promoted);
  archive("applied-generation", state.applied_generation);
  archive("timelines", state.timelines);
  archive("rebuilding", state.rebuilding);
  archive("rewinding", state.rewinding);
  archive("must-hold", state.must_hold);
  archive("restart-done", state.restart_done);
  archive("boot-id", state.boot_id);
  archive("goal", state.goal);
}

nlohmann::json to_json(const AgentState& state) {
  return wire::encode(state);
}
Result<AgentState> agent_state_from_json(const nlohmann::json& json) {
  return wire::decode_message<AgentState>(json, "state");
}

}  // namespace hactl
