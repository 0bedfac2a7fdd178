#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/utc.h"
#include "codec/decided_json.h"
#include "codec/json.h"
#include "controller/api.h"
#include "controller/event_number.h"
#include "planner/plan.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

/// What a decision of a large formation may take.
constexpr std::size_t kDecisionBytesMax = std::size_t{8} << 20U;

/// An event is called NUMBER or FORMATION.NUMBER.
std::optional<std::uint64_t> event_number_of(std::string_view name, std::string_view formation) {
  if (name.starts_with(formation) && name.substr(formation.size()).starts_with('.')) {
    name.remove_prefix(formation.size() + 1);
  }
  std::uint64_t number = 0;
  const char* end = name.data() + name.size();
  const auto [stopped, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

}  // namespace

void ControllerApi::get_event(const Route& route, const Exchange& exchange) {
  const FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  const auto number = event_number_of(route.event, route.formation);
  const auto event = std::ranges::find(loop->events(), number.value_or(0), &Event::number);
  if (!number || event == loop->events().end()) {
    return refuse(exchange, not_found_failure("events", route.event));
  }
  store_.decided(loop->name(), event_version(*number),
                 [this, exchange, object = event_object(loop->name(), *event)](
                     const Result<std::string>& text) mutable {
                   // Of some events nothing is kept: nobody decided them, or it is long ago.
                   if (!text.ok() && text.error().code != ErrorCode::not_found) {
                     return refuse(exchange, failure_of(text.error()));
                   }
                   const Result<Json> kept =
                       text.ok() ? parse_json(*text, kDecisionBytesMax) : Json::object();
                   if (!kept.ok()) return refuse(exchange, failure_of(kept.error()));
                   if (kept->is_object()) object.update(*kept);
                   respond(exchange, json_response(200, object));
                 });
}

void ControllerApi::get_decision(const Route& route, const Exchange& exchange) {
  const FormationLoop* loop = loop_of(route, exchange);
  if (loop == nullptr) return;
  Decided decided;
  decided.inputs = loop->inputs_at(scheduler_.now());
  const PlanInputs& asked = decided.inputs;
  decided.plan = plan(asked.spec, asked.generation, asked.record, asked.observed, asked.now);
  Json object = to_json(decided);
  for (const auto& [node, goal] : decided.plan.goals) {
    const TaggedGoal* told = loop->goal_for(node);
    if (told == nullptr || told->goal.state != goal.state || !told->since) continue;
    object["answer"]["goals"][node.value]["since"] = to_string(*told->since);
  }
  object["apiVersion"] = "hactl/v1";
  object["kind"] = "Decision";
  object["metadata"] = Json{{"name", loop->name().value}};
  object["time"] = to_string(scheduler_.utc());
  respond(exchange, json_response(200, object));
}

}  // namespace hactl
