// What the programs tell each other and keep on disk, as JSON: kebab-case keys, enumerators by
// their names, positions as "0/5000148", and numbers that may exceed 2^53 as text.
//
// Decoding is strict, because what arrives is not trusted: a missing key, a wrong type, an unknown
// enumerator, or a number or length out of range is `invalid`, and the message names the place:
// "goal.upstream.port: 70000 is not between 1 and 65535". Unknown keys are ignored, so that
// programs of neighbouring versions understand each other. A decoded name is empty or well-formed.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "model/agent_state.h"
#include "model/goal.h"
#include "model/lineage.h"
#include "model/record.h"
#include "model/report.h"
#include "model/status.h"
#include "model/sync_config.h"

namespace hactl {

/// Secret when the goal holds the application's password.
nlohmann::json to_json(const Goal& goal);
Result<Goal> goal_from_json(const nlohmann::json& json);

nlohmann::json to_json(const NodeReport& report);
Result<NodeReport> report_from_json(const nlohmann::json& json);

/// Secret when its goal is.
nlohmann::json to_json(const AgentState& state);
Result<AgentState> agent_state_from_json(const nlohmann::json& json);

nlohmann::json to_json(const FormationRecord& record);
Result<FormationRecord> record_from_json(const nlohmann::json& json);

nlohmann::json to_json(const SyncConfig& config);
Result<SyncConfig> sync_config_from_json(const nlohmann::json& json);

nlohmann::json to_json(const Promotion& promotion);
Result<Promotion> promotion_from_json(const nlohmann::json& json);

nlohmann::json to_json(const MoveRequest& request);
Result<MoveRequest> move_request_from_json(const nlohmann::json& json);

nlohmann::json to_json(const FailoverRequest& request);
Result<FailoverRequest> failover_request_from_json(const nlohmann::json& json);

nlohmann::json to_json(const FormationStatus& status);
Result<FormationStatus> formation_status_from_json(const nlohmann::json& json);

nlohmann::json to_json(const NodeStatus& status);
Result<NodeStatus> node_status_from_json(const nlohmann::json& json);

nlohmann::json to_json(const Condition& condition);
Result<Condition> condition_from_json(const nlohmann::json& json);

nlohmann::json to_json(const Event& event);
Result<Event> event_from_json(const nlohmann::json& json);

}  // namespace hactl
