#include "codec/goal_fields.h"
#include "codec/messages.h"

namespace hactl {

nlohmann::json to_json(const Goal& goal) {
  return wire::encode(goal);
}
Result<Goal> goal_from_json(const nlohmann::json& json) {
  return wire::decode_message<Goal>(json, "goal");
}

nlohmann::json to_json(const SyncConfig& config) {
  return wire::encode(config);
}
Result<SyncConfig> sync_config_from_json(const nlohmann::json& json) {
  return wire::decode_message<SyncConfig>(json, "sync");
}

nlohmann::json to_json(const Promotion& promotion) {
  return wire::encode(promotion);
}
Result<Promotion> promotion_from_json(const nlohmann::json& json) {
  return wire::decode_message<Promotion>(json, "promotion");
}

}  // namespace hactl
