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

Result<int> run_config_get_contexts(Session& session, const ContextsOptions& options) {
  const Result<Config> config = load(session);
  if (!config.ok()) return config.error();
  std::vector<Context> contexts = config->contexts;
  if (!options.name.empty()) {
    std::erase_if(contexts, [&](const Context& each) { return each.name != options.name; });
    if (contexts.empty()) return local_error(fmt::format("context {} not found", options.name));
  }
  if (options.output == "name") {
    for (const Context& context : contexts) {
      session.terminal().out() << context.name << "\n";
    }
    session.terminal().out() << std::flush;
    return kExitDone;
  }
  Table table({"CURRENT", "NAME", "CONTROLLER"});
  for (const Context& context : contexts) {
    table.add(
        {context.name == config->current_context ? "*" : " ", context.name, context.controller});
  }
  table.print(session.terminal(), options.no_headers ? TableHeader::hidden : TableHeader::shown);
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

Result<int> run_config_delete_context(Session& session, const std::string& name) {
  Result<Config> config = load(session);
  if (!config.ok()) return config.error();
  const std::string& file = session.options().config_file;
  const auto gone =
      std::erase_if(config->contexts, [&](const Context& each) { return each.name == name; });
  if (gone == 0) return local_error(fmt::format("cannot delete context {}, not in {}", name, file));
  if (config->current_context == name) {
    config->current_context.clear();
    session.terminal().notes() << "warning: this removed your active context, use \"hactl config "
                                  "use-context\" to select a different one"
                               << std::endl;
  }
  const Result<Done> saved = save(session, *config);
  if (!saved.ok()) return saved.error();
  session.terminal().out() << fmt::format("deleted context {} from {}\n", name, file) << std::flush;
  return kExitDone;
}

Result<int> run_config_rename_context(Session& session, const RenameOptions& options) {
  Result<Config> config = load(session);
  if (!config.ok()) return config.error();
  const std::string& file = session.options().config_file;
  const auto found = std::ranges::find(config->contexts, options.from, &Context::name);
  if (found == config->contexts.end()) {
    return local_error(
        fmt::format("cannot rename the context \"{}\", it's not in {}", options.from, file));
  }
  if (std::ranges::find(config->contexts, options.to, &Context::name) != config->contexts.end()) {
    return local_error(
        fmt::format("cannot rename the context \"{}\", the context \"{}\" already exists in {}",
                    options.from, options.to, file));
  }
  found->name = options.to;
  if (config->current_context == options.from) config->current_context = options.to;
  const Result<Done> saved = save(session, *config);
  if (!saved.ok()) return saved.error();
  session.terminal().out() << fmt::format("Context \"{}\" renamed to \"{}\".\n", options.from,
                                          options.to)
                           << std::flush;
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
