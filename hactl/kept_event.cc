#include "hactl/kept_event.h"

#include <utility>

#include <fmt/format.h>

#include "base/utc.h"
#include "codec/decided_json.h"
#include "codec/messages.h"
#include "hactl/connection_uri.h"

#include "why/replay.h"

namespace hactl {

Result<KeptEvent> kept_event(const nlohmann::json& object) {
  KeptEvent kept;
  Result<Event> event = event_from_json(object);
  if (!event.ok()) return event.error().within("error: the event cannot be read");
  kept.event = std::move(*event);
  kept.formation = text_at(object.value("metadata", nlohmann::json::object()), "formation");
  const auto inputs = object.find("inputs");
  const auto answer = object.find("answer");
  if (inputs == object.end() || answer == object.end()) return kept;
  Result<PlanInputs> asked = plan_inputs_from_json(*inputs);
  if (!asked.ok()) return asked.error().within("error: the event cannot be read");
  const Result<Done> sound = check_sound(*asked);
  if (!sound.ok()) return sound.error().within("error: nothing was decided from this");
  kept.inputs = std::move(*asked);
  kept.answer = *answer;
  return kept;
}

Result<KeptEvent> fetch_event(Session& session, const std::string& formation,
                              const std::string& name) {
  const std::size_t dot = name.rfind('.');
  const std::string named = dot == std::string::npos ? std::string() : name.substr(0, dot);
  const Result<std::string> chosen = session.formation_name(formation.empty() ? named : formation);
  if (!chosen.ok()) return chosen.error();
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  const Result<nlohmann::json> object =
      (*api)->get(formation_path(*chosen, "/events/" + percent_encoded(name)));
  if (!object.ok()) return object.error();
  return kept_event(*object);
}

std::string event_title(const Event& event) {
  return fmt::format("{} {}, {}", event.number, event.reason, to_string(event.time));
}

}  // namespace hactl
