#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/utc.h"
#include "codec/decided_json.h"
#include "codec/json.h"
#include "hactl/duration_text.h"
#include "hactl/kept_event.h"
#include "hactl/rows.h"
#include "hactl/verbs.h"

#include "why/facts_text.h"
#include "why/replay.h"
#include "why/rules.h"
#include "why/ways_out.h"

namespace hactl {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// What the planner knew at a time, and what it answers to that.
struct Moment {
  std::string formation{};
  UtcTime time{};
  PlanInputs inputs{};
  Plan answer{};
  json answer_told{};                ///< The controller's own answer; null when it is ours.
  std::optional<KeptEvent> event{};  ///< What was decided last, when it is kept.
};

/// What is told of it.
struct Told {
  std::vector<std::pair<std::string, std::string>> head{};
  struct Section {
    std::string title{};
    std::string key{};  ///< In the document.
    std::vector<Fact> facts{};
  };
  std::vector<Section> sections{};
  ordered_json document = ordered_json::object();
};

/// The object's member; null when there is none.
json member(const json& object, const std::string& key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? json() : *found;
}

std::string age_at(UtcTime time, UtcTime now) {
  return age_text(Duration(std::max<std::int64_t>(0, now.milliseconds - time.milliseconds)));
}

/// "2026-11-25T18:03:12Z", with "+01:00" instead of "Z", or "10m" for so long ago.
std::optional<UtcTime> parse_moment(std::string text, UtcTime now) {
  if (const auto ago = parse_duration(text)) return UtcTime{now.milliseconds - ago->count()};
  const std::size_t sign = text.find_last_of("+-");
  std::int64_t minutes = 0;
  constexpr std::size_t kOffset = 6;  // "+01:00".
  if (sign != std::string::npos && sign + kOffset == text.size() && text[sign + 3] == ':' &&
      text.find('T') < sign) {
    int hours = 0;
    int rest = 0;
    const char* at = text.data() + sign + 1;
    const auto first = std::from_chars(at, at + 2, hours);
    const auto second = std::from_chars(at + 3, at + 5, rest);
    if (first.ptr != at + 2 || second.ptr != at + 5) return std::nullopt;
    minutes = (text[sign] == '+' ? 1 : -1) * (std::int64_t{hours} * 60 + rest);
    text.replace(sign, kOffset, "Z");
  }
  std::optional<UtcTime> time = parse_utc(text);
  if (time) time->milliseconds -= minutes * 60'000;
  return time;
}

/// The last event of a decision at `until` or before; unset: of now. Errors: not_found.
Result<std::optional<KeptEvent>> last_decision(Session& session, const std::string& formation,
                                               std::optional<UtcTime> until) {
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  const Result<std::vector<Event>> events = (*api)->events(formation);
  if (!events.ok()) return events.error();
  const Event* last = nullptr;
  for (const Event& event : *events) {
    if (event.rule != 0 && (!until || event.time <= *until)) last = &event;
  }
  if (last == nullptr) return std::optional<KeptEvent>();
  Result<KeptEvent> kept = fetch_event(session, formation, std::to_string(last->number));
  if (!kept.ok()) return kept.error();
  return std::optional<KeptEvent>(std::move(*kept));
}

Result<Moment> moment_now(Session& session, const std::string& formation) {
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  const Result<json> object = (*api)->get(formation_path(formation, "/decision"));
  if (!object.ok()) return object.error();
  Moment moment;
  moment.formation = formation;
  const auto time = parse_utc(text_at(*object, "time"));
  Result<PlanInputs> inputs = plan_inputs_from_json(member(*object, "inputs"));
  if (!inputs.ok()) return inputs.error().within("error: the server's answer cannot be read");
  const Result<Done> sound = check_sound(*inputs);
  if (!time || !sound.ok()) {
    return local_error("the server's answer cannot be read: " +
                       (sound.ok() ? "it has no time" : sound.error().message));
  }
  moment.time = *time;
  moment.inputs = std::move(*inputs);
  moment.answer = decide_again(moment.inputs);
  moment.answer_told = member(*object, "answer");
  return moment;
}

/// What was known when the last decision before `time` was made, with that decision in the store.
Result<Moment> moment_at(Session& session, const std::string& formation, UtcTime time) {
  Result<std::optional<KeptEvent>> event = last_decision(session, formation, time);
  if (!event.ok()) return event.error();
  if (!*event || !(*event)->inputs) {
    return Error{ErrorCode::not_found, fmt::format("error: of formation \"{}\" no decision is kept "
                                                   "that was made before {}",
                                                   formation, to_string(time))};
  }
  Moment moment;
  moment.formation = formation;
  moment.event = std::move(*event);
  moment.time = moment.event->event.time;
  const PlanInputs& asked = *moment.event->inputs;
  moment.inputs = after(asked, decide_again(asked));
  moment.answer = decide_again(moment.inputs);
  return moment;
}

std::string rule_line(std::uint32_t id) {
  const RuleText* rule = rule_text(id);
  return rule_title(id) + (rule == nullptr ? "" : ": " + std::string(rule->meaning));
}

ordered_json rule_document(std::uint32_t id) {
  const RuleText* rule = rule_text(id);
  return {{"number", id},
          {"name", rule == nullptr ? "" : rule->name},
          {"meaning", rule == nullptr ? "" : rule->meaning}};
}

/// Says to whom looks that this program would not decide as the controller does.
void warn_of_other_answers(Session& session, const Moment& moment) {
  if (moment.answer_told.is_null()) return;
  json told = moment.answer_told;
  for (json& goal : told.is_object() ? told["goals"] : told) {
    if (goal.is_object()) goal.erase("since");
  }
  if (told == answer_json(moment.inputs, moment.answer)) return;
  session.terminal().notes() << "warning: the controller answers otherwise than this hactl would: "
                                "their versions may differ\n";
}

void tell_as_of(const Moment& moment, Told& told) {
  const PlanInputs& inputs = moment.inputs;
  told.head.emplace_back("Generation", std::to_string(inputs.generation.value));
  told.head.emplace_back("Epoch", std::to_string(inputs.record.epoch.value));
  told.document["generation"] = inputs.generation.value;
  told.document["epoch"] = inputs.record.epoch.value;
  told.document["time"] = to_string(moment.time);
}

void tell_event(const Event& event, Told& told) {
  told.document["event"] = {
      {"number", event.number}, {"reason", event.reason}, {"time", to_string(event.time)}};
}

/// Since when the node has its goal, as far as the controller knows.
void tell_since(const Moment& moment, const json& goal, Told& told) {
  if (moment.answer_told.is_null()) return;
  const auto since = parse_utc(text_at(goal, "since"));
  told.head.emplace_back(
      "Since", since ? fmt::format("{} ({})", to_string(*since), age_at(*since, moment.time))
                     : "before this controller started");
  told.document["since"] = since ? ordered_json(to_string(*since)) : ordered_json(nullptr);
}

Result<Told> tell_node(const Moment& moment, const NodeName& node) {
  const auto goal = moment.answer.goals.find(node);
  const auto decision =
      std::ranges::find(moment.answer.decisions, std::optional(node), &Decision::node);
  if (goal == moment.answer.goals.end() || decision == moment.answer.decisions.end()) {
    return Error{ErrorCode::not_found,
                 fmt::format("Error from server (NotFound): nodes \"{}\" not found", node.value)};
  }
  Told told;
  told.document = {{"apiVersion", "hactl/v1"}, {"kind", "Why"}, {"node", node.value}};
  told.document["formation"] = moment.formation;
  // What the controller says goes before what this program would say.
  const json given = member(member(moment.answer_told, "goals"), node.value);
  std::string state = text_at(given, "state");
  if (state.empty()) state = to_string(goal->second.state);
  const json number = member(given, "rule");
  const std::uint32_t rule =
      number.is_number_unsigned() ? number.get<std::uint32_t>() : decision->rule;
  const bool same = state == to_string(goal->second.state);
  const std::string words = same ? goal_text(goal->second) : state;
  told.head = {{"Node", node.value}, {"Formation", moment.formation}, {"Goal", words}};
  told.document["goal"] = {{"state", state}, {"text", words}};
  tell_since(moment, given, told);
  told.head.emplace_back("Rule", rule_line(rule));
  told.document["rule"] = rule_document(rule);
  if (rule == decision->rule) {
    told.head.emplace_back("Why", decision->why);
    told.document["why"] = decision->why;
  }
  tell_as_of(moment, told);
  if (moment.event) {
    told.head.emplace_back("As of", "event " + event_title(moment.event->event));
    tell_event(moment.event->event, told);
  }
  told.sections.push_back({"What was seen", "facts", facts_of_node(moment.inputs, node)});
  return told;
}

/// What the formation waits for now, and what would end that.
void tell_waiting(const Moment& moment, Told& told) {
  const Decision* decision = formation_decision(moment.answer);
  const std::string label = moment.answer_told.is_null() ? "Then" : "Now";
  if (decision == nullptr) {
    told.head.emplace_back(label, "nothing to decide");
    return;
  }
  const std::string verb = moment.answer.record ? "decides" : "waits";
  told.head.emplace_back(
      label, fmt::format("{}, by rule {}: {}", verb, rule_title(decision->rule), decision->why));
  ordered_json waits{{"rule", rule_document(decision->rule)}, {"why", decision->why}};
  waits["ways-out"] = ordered_json::array();
  for (const std::string& way : ways_out(moment.inputs, moment.answer)) {
    told.head.emplace_back("Way out", way);
    waits["ways-out"].push_back(way);
  }
  told.document[moment.answer.record ? "decides" : "waits"] = std::move(waits);
}

Told tell_formation(const Moment& moment) {
  Told told;
  told.document = {{"apiVersion", "hactl/v1"}, {"kind", "Why"}, {"formation", moment.formation}};
  told.head = {{"Formation", moment.formation}, {"Phase", phase_text(moment.inputs.record.phase)}};
  told.document["phase"] = to_string(moment.inputs.record.phase);
  tell_as_of(moment, told);
  if (moment.event) {
    const Event& event = moment.event->event;
    told.head.emplace_back("Decided", fmt::format("event {} ({} ago)", event_title(event),
                                                  age_at(event.time, moment.time)));
    told.head.emplace_back("Rule", rule_line(event.rule));
    told.head.emplace_back("Why", event.message);
    tell_event(event, told);
    told.document["rule"] = rule_document(event.rule);
    told.document["why"] = event.message;
  }
  tell_waiting(moment, told);
  const bool kept = moment.event && moment.event->inputs;
  if (kept) {
    told.sections.push_back(
        {"What was seen when it was decided", "facts", facts_of_formation(*moment.event->inputs)});
  }
  // What has been seen since tells why it waits.
  if (!kept || (told.document.contains("waits") && !moment.answer_told.is_null())) {
    told.sections.push_back(
        {"What is seen now", kept ? "facts-now" : "facts", facts_of_formation(moment.inputs)});
  }
  return told;
}

void print(std::ostream& out, const Told& told) {
  for (const auto& [label, text] : told.head)
    out << fmt::format("{:<13}{}\n", label + ":", text);
  for (const Told::Section& section : told.sections) {
    std::size_t width = 0;
    for (const Fact& fact : section.facts)
      width = std::max(width, fact.about.size());
    out << "\n" << section.title << ":\n";
    for (const Fact& fact : section.facts)
      out << fmt::format("  {:<{}}   {}\n", fact.about, width, fact.text);
  }
}

}  // namespace

Result<int> run_why(Session& session, const WhyOptions& options) {
  const bool node = options.resource == Resource::node;
  const Result<std::string> formation =
      session.formation_name(node ? options.formation : options.name);
  if (!formation.ok()) return formation.error();
  std::optional<UtcTime> time;
  if (!options.at.empty()) {
    time = parse_moment(options.at, utc_now());
    if (!time) {
      return local_error("--at: \"" + options.at +
                         "\" is neither a time such as 2026-11-25T18:03:12Z nor a duration");
    }
  }
  Result<Moment> moment =
      time ? moment_at(session, *formation, *time) : moment_now(session, *formation);
  if (!moment.ok()) return moment.error();
  if (!node && !moment->event) {
    Result<std::optional<KeptEvent>> last = last_decision(session, *formation, std::nullopt);
    if (!last.ok()) return last.error();
    moment->event = std::move(*last);
  }
  warn_of_other_answers(session, *moment);
  Result<Told> told =
      node ? tell_node(*moment, NodeName(options.name)) : Result<Told>(tell_formation(*moment));
  if (!told.ok()) return told.error();
  std::ostream& out = session.terminal().out();
  if (options.output == "json") {
    for (const Told::Section& section : told->sections) {
      for (const Fact& fact : section.facts)
        told->document[section.key].push_back({{"about", fact.about}, {"text", fact.text}});
    }
    out << pretty_json(told->document);
  } else {
    print(out, *told);
  }
  out << std::flush;
  return kExitDone;
}

}  // namespace hactl
