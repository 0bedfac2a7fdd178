#include <algorithm>
#include <cctype>
#include <string>

#include <fmt/format.h>

#include "hactl/verbs.h"
#include "hactl/waiting.h"

namespace hactl {
namespace {

// What is waited for: that the formation is gone, or that a condition has a status.
struct Wanted {
  std::string type{};  ///< Empty: that the formation is gone.
  ConditionStatus status = ConditionStatus::yes;
};

Result<Wanted> parse_wanted(const std::string& text) {
  if (text == "delete") return Wanted{};
  const std::string prefix = "condition=";
  if (!text.starts_with(prefix) || text.size() == prefix.size()) {
    return local_error(fmt::format(
        "unrecognized condition: \"{}\" (condition=TYPE, condition=TYPE=STATUS or delete)", text));
  }
  std::string type = text.substr(prefix.size());
  std::string status = "true";
  if (const std::size_t equals = type.find('='); equals != type.npos) {
    status = type.substr(equals + 1);
    type.resize(equals);
  }
  std::ranges::transform(status, status.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (status == "true") return Wanted{type, ConditionStatus::yes};
  if (status == "false") return Wanted{type, ConditionStatus::no};
  if (status == "unknown") return Wanted{type, ConditionStatus::unknown};
  return local_error(
      fmt::format("unrecognized condition: \"{}\": the status is True, False or "
                  "Unknown",
                  text));
}

}  // namespace

Result<int> run_wait(Session& session, const WaitOptions& options) {
  const Result<Wanted> wanted = parse_wanted(options.condition);
  if (!wanted.ok()) return wanted.error();
  const Result<std::string> name = session.formation_name(options.name);
  if (!name.ok()) return name.error();
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  bool absent = false;
  const Result<bool> held =
      wait_for_formation(**api, *name, options.timeout, [&](const FormationItem* item) {
        absent = item == nullptr;
        if (absent) return true;  // Either what was wanted, or what will never be.
        return !wanted->type.empty() && condition_is(*item, wanted->type, wanted->status);
      });
  if (!held.ok()) return held.error();
  if (!*held) {
    return Error{ErrorCode::timed_out,
                 fmt::format("error: timed out waiting for the condition on formations/{}", *name)};
  }
  if (absent && !wanted->type.empty()) {
    return Error{ErrorCode::not_found,
                 fmt::format("Error from server (NotFound): formations \"{}\" not found", *name)};
  }
  session.terminal().out() << fmt::format("formation/{} condition met\n", *name) << std::flush;
  return kExitDone;
}

}  // namespace hactl
