#include "hactl/session.h"

#include <utility>

#include <fmt/format.h>

namespace hactl {

Error local_error(std::string message) {
  return Error{ErrorCode::invalid, "error: " + std::move(message)};
}

Session::Session(Terminal& terminal, GlobalOptions options)
    : terminal_(terminal), options_(std::move(options)), warnings_(terminal) {}

Result<Context> Session::context() const {
  const Result<Config> config = load_config(options_.config_file);
  if (!config.ok() && config.error().code == ErrorCode::not_found) {
    return Error{ErrorCode::not_found,
                 fmt::format("error: there is no configuration {}: set HACTLCONFIG, or make one "
                             "with `hactl config set-context`",
                             options_.config_file)};
  }
  if (!config.ok()) return config.error().within("error");
  Result<Context> context = choose_context(*config, options_.context);
  if (!context.ok()) return context.error().within("error");
  return context;
}

Result<Api*> Session::api() {
  if (api_ == nullptr) {
    const Result<Context> chosen = context();
    if (!chosen.ok()) return chosen.error();
    api_ = std::make_unique<Api>(*chosen, options_.request_timeout,
                                 [this](const std::string& text) { warnings_.add(text); });
  }
  return api_.get();
}

Result<std::string> Session::formation_name(const std::string& name) {
  if (!name.empty()) return name;
  const Result<Api*> server = api();
  if (!server.ok()) return server.error();
  const Result<std::vector<FormationItem>> all = (*server)->formations();
  if (!all.ok()) return all.error();
  if (all->empty()) return Error{ErrorCode::not_found, "error: there is no formation"};
  if (all->size() > 1) {
    return local_error(
        fmt::format("there are {} formations: name one with --formation", all->size()));
  }
  return all->front().formation.name.value;
}

Result<FormationItem> Session::formation(const std::string& name) {
  const Result<std::string> chosen = formation_name(name);
  if (!chosen.ok()) return chosen.error();
  return (*api())->formation(*chosen);
}

}  // namespace hactl
