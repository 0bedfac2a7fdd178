#include "why/replay.h"

#include <iostream>
#include <map>

#include <fmt/format.h>

#include "codec/decided_json.h"
#include "codec/json.h"
#include "hactl/kept_event.h"
#include "hactl/verbs.h"
#include "io/file.h"
#include "model/record.h"

#include "why/rules.h"

namespace hactl {
namespace {

using nlohmann::json;

/// What a decision of a large formation may take.
constexpr std::size_t kEventBytesMax = std::size_t{8} << 20U;

std::string read_standard_input() {
  // One byte more than allowed, so that the parser sees and refuses what is too long.
  std::string text(kEventBytesMax + 1, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  return text;
}

Result<KeptEvent> read_event(const std::string& path) {
  const Result<std::string> text =
      path == "-" ? Result<std::string>(read_standard_input()) : read_file(path, kEventBytesMax);
  if (!text.ok()) return text.error().within("error");
  const Result<json> object = parse_json(*text, kEventBytesMax);
  if (!object.ok()) return object.error().within("error: " + path);
  if (!object->is_object()) return local_error(path + ": is not an event");
  return kept_event(*object);
}

/// One place at which two answers differ.
struct Difference {
  std::string path{};
  json then{};
  json now{};
};

/// "/goals/a/state" as "goals.a.state".
std::string dotted(std::string pointer) {
  for (char& c : pointer)
    c = c == '/' ? '.' : c;
  return pointer.substr(pointer.empty() ? 0 : 1);
}

std::vector<Difference> differences(const json& then, const json& now) {
  if (!then.is_object()) return {{"answer", then, now}};
  const json flat_then = then.flatten();
  const json flat_now = now.flatten();
  std::map<std::string, Difference> by_path;
  for (const auto& [path, value] : flat_then.items())
    by_path[path].then = value;
  for (const auto& [path, value] : flat_now.items())
    by_path[path].now = value;
  std::vector<Difference> result;
  for (auto& [path, each] : by_path) {
    if (each.then == each.now) continue;
    each.path = dotted(path);
    result.push_back(std::move(each));
  }
  return result;
}

/// The keys of the record that the decision changed, but for what is only noted down.
std::string changes_text(const json& answer) {
  std::string text;
  const auto changes = answer.find("changes");
  if (changes == answer.end()) return "nothing was decided";
  for (const auto& [key, value] : changes->items()) {
    const bool noted = key == "nodes" || key == "revision";
    if (!noted) text += fmt::format("{}{} = {}", text.empty() ? "" : "; ", key, dump_json(value));
  }
  return text.empty() ? "only notes on nodes" : text;
}

std::string goals_text(const Plan& answer) {
  std::string text;
  for (const Decision& decision : answer.decisions) {
    if (!decision.node) continue;
    const GoalState state = answer.goals.at(*decision.node).state;
    text += fmt::format("{}{} {} ({})", text.empty() ? "" : ", ", decision.node->value,
                        to_string(state), decision.rule);
  }
  return text;
}

void print_field(std::ostream& out, std::string_view name, std::string_view value) {
  out << fmt::format("{:<13}{}\n", fmt::format("{}:", name), value);
}

void print_replay(std::ostream& out, const KeptEvent& kept, const Plan& answer,
                  const std::vector<Difference>& found) {
  const Event& event = kept.event;
  const RuleText* rule = rule_text(event.rule);
  print_field(out, "Event", event_title(event));
  print_field(out, "Rule",
              rule_title(event.rule) + (rule == nullptr ? "" : ": " + std::string(rule->meaning)));
  print_field(out, "Why", event.message);
  print_field(
      out, "Asked",
      fmt::format("generation {}, epoch {}, phase {}, {} nodes heard of",
                  kept.inputs->generation.value, kept.inputs->record.epoch.value,
                  to_string(kept.inputs->record.phase), kept.inputs->observed.nodes.size()));
  print_field(out, "Record", changes_text(answer_json(*kept.inputs, answer)));
  print_field(out, "Goals", goals_text(answer));
  print_field(out, "Replay",
              found.empty() ? "the same answer: rule, record and goals" : "another answer");
  for (const Difference& each : found) {
    out << fmt::format("  {}: {} then, {} now\n", each.path, dump_json(each.then),
                       dump_json(each.now));
  }
}

json replay_json(const KeptEvent& kept, const Plan& answer, const std::vector<Difference>& found) {
  json list = json::array();
  for (const Difference& each : found)
    list.push_back(json{{"path", each.path}, {"then", each.then}, {"now", each.now}});
  return json{{"apiVersion", "hactl/v1"},      {"kind", "Replay"},
              {"event", kept.event.number},    {"rule", kept.event.rule},
              {"same", found.empty()},         {"answer", answer_json(*kept.inputs, answer)},
              {"differences", std::move(list)}};
}

}  // namespace

Result<int> run_replay(Session& session, const ReplayOptions& options) {
  if (options.event.empty() == options.file.empty()) {
    return local_error("give an EVENT, or a file with -f");
  }
  const Result<KeptEvent> kept = options.file.empty()
                                     ? fetch_event(session, options.formation, options.event)
                                     : read_event(options.file);
  if (!kept.ok()) return kept.error();
  if (!kept->inputs) {
    return local_error(fmt::format("with event {} ({}) no decision is kept", kept->event.number,
                                   kept->event.reason));
  }
  const Plan answer = decide_again(*kept->inputs);
  const std::vector<Difference> found =
      differences(kept->answer, answer_json(*kept->inputs, answer));
  std::ostream& out = session.terminal().out();
  if (options.output == "json") {
    out << pretty_json(replay_json(*kept, answer, found));
  } else {
    print_replay(out, *kept, answer, found);
  }
  out << std::flush;
  return found.empty() ? kExitDone : kExitFailed;
}

}  // namespace hactl
