#include <algorithm>

#include <fmt/format.h>

#include "hactl/table.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

Result<Config> load(Session& session) {
  Result<Config> config = load_config(session.options().config_file);
  if (!config.ok() && config.error().code == ErrorCode::not_found) return Config{};
  if (!config.ok()) return config.error().within("error");
  return config;
}

Result<Done> save(Session& session, const Config& config) {
  Result<Done> saved = save_config(session.options().config_file, config);
  if (!saved.ok()) return saved.error().within("error");
  return saved;
}

}  // namespace

Result<int> run_config_view(Session& session) {
  const Result<Config> config = load(session);
  if (!config.ok()) return config.error();
  session.terminal().out() << config_text(*config) << std::flush;
  return kExitDone;
}

Result<int> run_config_get_contexts(Session& session) {
  const Result<Config> config = load(session);
  if (!config.ok()) return config.error();
  Table table({"CURRENT", "NAME", "CONTROLLER"});
  for (const Context& context : config->contexts) {
    table.add(
        {context.name == config->current_context ? "*" : " ", context.name, context.controller});
  }
  table.print(session.terminal());
  return kExitDone;
}

Result<int> run_config_current_context(Session& session) {
  const Result<Config> config = load(session);
  if (!config.ok()) return config.error();
  if (config->current_context.empty()) return local_error("current-context is not set");
  session.terminal().out() << config->current_context << "\n" << std::flush;
  return kExitDone;
}

Result<int> run_config_use_context(Session& session, const std::string& name) {
  Result<Config> config = load(session);
  if (!config.ok()) return config.error();
  const Result<Context> found = choose_context(*config, name);
  if (!found.ok()) return found.error().within("error");
  config->current_context = name;
  const Result<Done> saved = save(session, *config);
  if (!saved.ok()) return saved.error();
  session.terminal().out() << fmt::format("Switched to context \"{}\".\n", name) << std::flush;
  return kExitDone;
}

Result<int> run_config_set_context(Session& session, const Context& context) {
  Result<Config> config = load(session);
  if (!config.ok()) return config.error();
  auto found = std::ranges::find(config->contexts, context.name, &Context::name);
  const bool made = found == config->contexts.end();
  if (made) {
    config->contexts.push_back(Context{.name = context.name});
    found = config->contexts.end() - 1;
  }
  const auto set = [](std::string& field, const std::string& value) {
    if (!value.empty()) field = value;
  };
  set(found->controller, context.controller);
  set(found->ca, context.ca);
  set(found->certificate, context.certificate);
  set(found->key, context.key);
  if (config->current_context.empty()) config->current_context = context.name;
  const Result<Done> saved = save(session, *config);
  if (!saved.ok()) return saved.error();
  session.terminal().out() << fmt::format("Context \"{}\" {}.\n", context.name,
                                          made ? "created" : "modified")
                           << std::flush;
  return kExitDone;
}

}  // namespace hactl
