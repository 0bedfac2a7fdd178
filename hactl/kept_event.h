// KeptEvent: an event as the controller serves it by itself, with the decision that is kept with
// it: what the planner was asked, and what it answered.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "hactl/session.h"
#include "model/decided.h"
#include "model/status.h"

namespace hactl {

struct KeptEvent {
  Event event{};
  std::string formation{};
  std::optional<PlanInputs> inputs{};  ///< Sound; unset: no decision is kept with it.
  nlohmann::json answer{};             ///< As answer_json() wrote it then.
};

/// Decodes an event object. Errors: invalid, also when the planner could not have been asked that.
Result<KeptEvent> kept_event(const nlohmann::json& object);

/// The event called `name` ("41000" or "default.41000") of `formation`; empty: that of the name, or
/// the only one that there is.
Result<KeptEvent> fetch_event(Session& session, const std::string& formation,
                              const std::string& name);

/// "41000 PrimaryOpened, 2026-11-25T18:03:12Z".
std::string event_title(const Event& event);

}  // namespace hactl
