#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "hactl/command_line_parts.h"

namespace hactl {
namespace {

void add_shell_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* completion =
      app.add_subcommand("completion", "Print what makes a shell complete words of hactl");
  completion->add_option("SHELL", options.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  choose(completion, chosen,
         [&](Session& session) { return run_completion(session, options.shell); });
  choose(app.add_subcommand("version", "Show the version"), chosen, run_version);
}

}  // namespace

void add_config_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* config = app.add_subcommand("config", "Show and change the configuration");
  config->require_subcommand(1);
  choose(config->add_subcommand("view", "Show the configuration"), chosen, run_config_view);
  CLI::App* list = config->add_subcommand("get-contexts", "List the contexts");
  list->add_option("NAME", options.contexts.name);
  add_output(list, options.contexts.output, {"name"});
  list->add_flag("--no-headers", options.contexts.no_headers, "Leave the heading out");
  choose(list, chosen,
         [&](Session& session) { return run_config_get_contexts(session, options.contexts); });
  choose(config->add_subcommand("current-context", "Show the context in use"), chosen,
         run_config_current_context);
  CLI::App* use = config->add_subcommand("use-context", "Choose a context");
  use->add_option("NAME", options.context_name)->required();
  choose(use, chosen,
         [&](Session& session) { return run_config_use_context(session, options.context_name); });
  CLI::App* set = config->add_subcommand("set-context", "Add or change a context");
  set->add_option("NAME", options.context.name)->required();
  set->add_option("--controller", options.context.controller, "https://host:port");
  const std::vector<std::pair<std::string, std::string*>> files{
      {"--ca", &options.context.ca},
      {"--certificate", &options.context.certificate},
      {"--key", &options.context.key}};
  for (const auto& [name, field] : files) {
    set->add_option_function<std::string>(name, [field](const std::string& path) {
      *field = std::filesystem::absolute(path).lexically_normal().string();
    });
  }
  choose(set, chosen,
         [&](Session& session) { return run_config_set_context(session, options.context); });
  CLI::App* erase = config->add_subcommand("delete-context", "Forget a context");
  erase->add_option("NAME", options.context_name)->required();
  choose(erase, chosen, [&](Session& session) {
    return run_config_delete_context(session, options.context_name);
  });
  CLI::App* rename = config->add_subcommand("rename-context", "Give a context another name");
  rename->add_option("NAME", options.rename.from)->required();
  rename->add_option("NEW-NAME", options.rename.to)->required();
  choose(rename, chosen,
         [&](Session& session) { return run_config_rename_context(session, options.rename); });
  add_shell_verbs(app, options, chosen);
}

}  // namespace hactl
