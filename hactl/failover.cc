#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "hactl/verbs.h"
#include "hactl/waiting.h"

namespace hactl {
namespace {

// "0", "512kB", "16MB", "1GB", as PostgreSQL writes sizes; a plain number is bytes.
std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::pair<std::string_view, unsigned> kUnits[] = {{"", 0},    {"B", 0},   {"kB", 10},
                                                              {"MB", 20}, {"GB", 30}, {"TB", 40}};
  const auto found = std::ranges::find(kUnits, unit, &std::pair<std::string_view, unsigned>::first);
  if (found == std::end(kUnits)) return std::nullopt;
  const std::uint64_t bytes = number << found->second;
  return (bytes >> found->second) == number ? std::optional(bytes) : std::nullopt;
}

Result<nlohmann::json> body_of(const FailoverOptions& options) {
  nlohmann::json body = nlohmann::json::object();
  if (options.accept_data_loss == "any") {
    body["accept-data-loss"] = "any";
  } else if (!options.accept_data_loss.empty()) {
    const auto bytes = parse_bytes(options.accept_data_loss);
    if (!bytes) {
      return Error{ErrorCode::invalid,
                   fmt::format("error: --accept-data-loss: \"{}\" is neither a size such as 16MB "
                               "nor any",
                               options.accept_data_loss)};
    }
    body["accept-data-loss"] = *bytes;
  }
  if (!options.assume_lost.empty()) body["assume-lost"] = options.assume_lost;
  return body;
}

// What the formation has said to the request since `number`; nullopt: nothing yet.
Result<std::optional<Event>> answer_after(Api& api, const std::string& name, std::uint64_t number) {
  const Result<std::vector<Event>> events = api.events(name);
  if (!events.ok()) return events.error();
  for (const Event& event : *events) {
    const bool answer = event.reason == "FailoverRefused" || event.reason == "FailoverForced";
    if (event.number > number && answer) return std::optional(event);
  }
  return std::optional<Event>();
}

bool is_available(const FormationItem& item) {
  const Condition* available = find_condition(item.status.conditions, "Available");
  return item.status.phase == "stable" && available != nullptr &&
         available->status == ConditionStatus::yes;
}

}  // namespace

Result<int> run_failover(Session& session, const FailoverOptions& options) {
  const Result<nlohmann::json> body = body_of(options);
  if (!body.ok()) return body.error();
  const Result<FormationItem> before = session.formation(options.formation);
  if (!before.ok()) return before.error();
  const std::string name = before->formation.name.value;
  const Result<Api*> api = session.api();
  const Result<std::vector<Event>> earlier = (*api)->events(name);
  if (!earlier.ok()) return earlier.error();
  const std::uint64_t number = earlier->empty() ? 0 : earlier->back().number;
  const Result<nlohmann::json> sent =
      (*api)->send("POST", formation_path(name, "/failover"), *body);
  if (!sent.ok()) return sent.error();
  std::optional<Event> answer;
  std::string primary;
  const Result<bool> held =
      wait_for_formation(**api, name, options.timeout, [&](const FormationItem* item) {
        if (item == nullptr) return false;
        if (!answer) {
          const auto said = answer_after(**api, name, number);
          if (said.ok()) answer = *said;
        }
        if (!answer) return false;
        if (item->status.primary) primary = item->status.primary->value;
        return answer->reason == "FailoverRefused" || is_available(*item);
      });
  if (!held.ok()) return held.error();
  if (answer && answer->reason == "FailoverRefused") {
    return Error{ErrorCode::conflict,
                 fmt::format("error: formations/{}: {}", name, answer->message)};
  }
  if (!*held) {
    return Error{ErrorCode::timed_out,
                 fmt::format("error: timed out waiting for the failover of formations/{}", name)};
  }
  session.terminal().out() << fmt::format("formation/{} failed over to {}\n", name, primary)
                           << std::flush;
  return kExitDone;
}

}  // namespace hactl
