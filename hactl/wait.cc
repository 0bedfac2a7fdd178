#include <algorithm>
#include <cctype>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "hactl/connection_uri.h"
#include "hactl/json_path.h"
#include "hactl/resources.h"
#include "hactl/verbs.h"
#include "hactl/waiting.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

// One thing that is waited for.
struct Wanted {
  enum class Kind { create, erase, condition, path };
  Kind kind = Kind::condition;
  std::string type{};                  ///< Of condition.
  std::string status = "true";         ///< Likewise, in lower case.
  std::vector<JsonPath> path{};        ///< Of path: one.
  std::optional<std::string> value{};  ///< Unset: that there is one.
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// "{.status.phase}=stable" or "{.status.primary}".
Result<Wanted> parse_path(const std::string& text) {
  const std::size_t brace = text.rfind('}');
  const std::size_t equals = text.find('=', brace == text.npos ? 0 : brace);
  Wanted wanted{.kind = Wanted::Kind::path};
  if (equals != text.npos) {
    std::string value = text.substr(equals + 1);
    if (value.starts_with('=')) value.erase(0, 1);
    const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                        value.front() == value.back();
    if (quoted) value = value.substr(1, value.size() - 2);
    if (value.empty()) return local_error("jsonpath wait has to have a value after equal sign");
    wanted.value = std::move(value);
  }
  Result<JsonPath> path = JsonPath::parse_expression(text.substr(0, equals));
  if (!path.ok()) return path.error().within("error");
  wanted.path.push_back(std::move(*path));
  return wanted;
}

Result<Wanted> parse_wanted(const std::string& text) {
  if (lower(text) == "create") return Wanted{.kind = Wanted::Kind::create};
  if (lower(text) == "delete") return Wanted{.kind = Wanted::Kind::erase};
  constexpr std::string_view kPath = "jsonpath=";
  if (text.starts_with(kPath)) return parse_path(text.substr(kPath.size()));
  constexpr std::string_view kCondition = "condition=";
  if (!text.starts_with(kCondition) || text.size() == kCondition.size()) {
    return local_error(fmt::format("unrecognized condition: \"{}\"", text));
  }
  Wanted wanted{.type = text.substr(kCondition.size())};
  if (const std::size_t equals = wanted.type.find('='); equals != wanted.type.npos) {
    wanted.status = lower(wanted.type.substr(equals + 1));
    wanted.type.resize(equals);
  }
  const bool known =
      wanted.status == "true" || wanted.status == "false" || wanted.status == "unknown";
  if (known) return wanted;
  return local_error(
      fmt::format("unrecognized condition: \"{}\": the status is True, False or Unknown", text));
}

// A condition counts for the spec as it is now, not for an older one.
bool has_condition(const Json& object, const Wanted& wanted) {
  const Result<FormationItem> item = formation_item(object);
  if (!item.ok()) return false;
  return std::ranges::any_of(item->status.conditions, [&](const Condition& condition) {
    return lower(condition.type) == lower(wanted.type) &&
           lower(std::string(to_string(condition.status))) == wanted.status &&
           condition.observed_generation >= item->generation;
  });
}

bool has_value(const Json& object, const Wanted& wanted) {
  const std::vector<const Json*> found = wanted.path.front().values(object);
  if (!wanted.value) return !found.empty();
  return found.size() == 1 && json_path_text(*found.front()) == *wanted.value;
}

bool holds(const Json* object, const Wanted& wanted) {
  switch (wanted.kind) {
    case Wanted::Kind::create: return object != nullptr;
    case Wanted::Kind::erase: return object == nullptr;
    case Wanted::Kind::condition: return object != nullptr && has_condition(*object, wanted);
    case Wanted::Kind::path: return object != nullptr && has_value(*object, wanted);
  }
  return false;
}

// Waits for one thing after another, within `timeout` altogether.
Result<Done> wait_for_all(Api& api, const ResourceType& type, const std::string& path,
                          const std::vector<Wanted>& all, Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const std::string name = path.substr(path.rfind('/') + 1);
  for (const Wanted& wanted : all) {
    const auto left =
        std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now());
    const bool must_exist =
        wanted.kind == Wanted::Kind::condition || wanted.kind == Wanted::Kind::path;
    bool absent = false;
    const Result<bool> held =
        wait_for_object(api, path, std::max(left, Duration{0}), [&](const Json* object) {
          absent = object == nullptr && must_exist;
          return absent || holds(object, wanted);
        });
    if (!held.ok()) return held.error();
    if (absent) return not_found_error(type, name);
    if (*held) continue;
    return Error{
        ErrorCode::timed_out,
        fmt::format("error: timed out waiting for the condition on {}/{}", type.plural, name)};
  }
  return Done{};
}

}  // namespace

Result<int> run_wait(Session& session, const WaitOptions& options) {
  std::vector<Wanted> all;
  for (const std::string& text : options.conditions) {
    Result<Wanted> wanted = parse_wanted(text);
    if (!wanted.ok()) return wanted.error();
    all.push_back(std::move(*wanted));
  }
  Result<Targets> targets = parse_targets(options.targets);
  if (!targets.ok()) return targets.error();
  const ResourceType& type = *targets->type;
  const bool formation = type.resource == Resource::formation;
  if (!formation && type.resource != Resource::node) {
    return local_error(
        fmt::format("{} cannot be waited for: name a formation or a node", type.plural));
  }
  if (!formation && targets->names.empty()) return local_error("name a node");
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  if (targets->names.empty()) targets->names.emplace_back();
  for (const std::string& given : targets->names) {
    const Result<std::string> owner = session.formation_name(formation ? given : options.formation);
    if (!owner.ok()) return owner.error();
    const std::string name = formation ? *owner : given;
    const std::string path = resource_path(type, *owner) + "/" + percent_encoded(name);
    const Result<Done> waited = wait_for_all(**api, type, path, all, options.timeout);
    if (!waited.ok()) return waited.error();
    session.terminal().out() << fmt::format("{}/{} condition met\n", type.singular, name)
                             << std::flush;
  }
  return kExitDone;
}

}  // namespace hactl
