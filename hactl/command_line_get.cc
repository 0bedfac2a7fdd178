#include <string>
#include <vector>

#include "hactl/command_line_parts.h"
#include "hactl/output_format.h"

namespace hactl {
namespace {

// What is shown of a list, and how.
void add_list_options(CLI::App* verb, GetOptions& get) {
  verb->add_option_function<std::string>(
          "-o,--output",
          [&get](const std::string& text) {
            const Result<OutputFormat> format = OutputFormat::parse(text);
            if (!format.ok()) throw CLI::ValidationError(format.error().message);
            get.output = text;
          },
          "table, wide, yaml, json, name, jsonpath=…, custom-columns=…")
      ->type_name("FORMAT");
  verb->add_flag_callback(
      "-w,--watch",
      [&get] {
        if (get.watch == GetOptions::Watch::no) get.watch = GetOptions::Watch::after_list;
      },
      "Go on and show changes");
  verb->add_flag_callback(
      "--watch-only", [&get] { get.watch = GetOptions::Watch::only; }, "Show only changes");
  verb->add_flag("--output-watch-events", get.watch_events, "Say what each change is");
  verb->add_flag("--no-headers", get.no_headers, "Leave the heading out");
}

void add_uri(CLI::App* get, Options& options, Chosen& chosen) {
  CLI::App* uri = get->add_subcommand("uri", "Show a connection string that finds the primary");
  uri->add_option("-f,-F,--formation", options.uri.formation, "The formation");
  uri->add_flag("--read-only", options.uri.read_only, "Prefer a standby");
  uri->add_option("--from", options.uri.from, "The region whose nodes are named first");
  uri->add_option("--format", options.uri.format)->check(CLI::IsMember({"libpq", "jdbc"}));
  uri->add_flag("--with-password", options.uri.with_password, "Put the password into it");
  choose(uri, chosen, [&](Session& session) { return run_uri(session, options.uri); });
}

void add_events(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* events = app.add_subcommand("events", "Show what has happened");
  events->add_option("-F,--formation", options.events.formation, "The formation");
  events->add_option("--for", options.events.about, "Only what concerns it: node/NAME");
  events->add_option("--types", options.events.types, "Normal, Warning")
      ->delimiter(',')
      ->allow_extra_args(false);
  add_list_options(events, options.events.get);
  choose(events, chosen, [&](Session& session) { return run_events(session, options.events); });
  CLI::App* types = app.add_subcommand("api-resources", "Show the types of resources");
  add_output(types, options.api_resources_output, {"wide", "name"});
  choose(types, chosen, [&](Session& session) {
    return run_api_resources(session, options.api_resources_output);
  });
}

}  // namespace

void add_get_verbs(CLI::App& app, Options& options, Chosen& chosen) {
  CLI::App* get = app.add_subcommand(
      "get", "Show formations, nodes, regions, events, controllers, or a connection URI");
  GetOptions& list = options.get;
  add_targets(get, list.targets);
  get->add_option("-f,-F,--formation", list.formation, "The formation they belong to");
  add_list_options(get, list);
  get->add_option("-l,--selector", list.selector, "Labels: tier=gold,env!=test,owner");
  get->add_option("--field-selector", list.field_selector, "Fields: role=primary,region!=paris");
  get->add_option("--sort-by", list.sort_by, "A field: .metadata.name");
  get->add_flag("--ignore-not-found", list.ignore_not_found, "What is not there is no error");
  choose(get, chosen, [&](Session& session) { return run_get(session, list); });
  add_uri(get, options, chosen);
  add_events(app, options, chosen);

  CLI::App* describe = app.add_subcommand("describe", "Show everything about one thing");
  add_targets(describe, options.describe.targets);
  describe->add_option("-f,-F,--formation", options.describe.formation, "The formation");
  choose(describe, chosen,
         [&](Session& session) { return run_describe(session, options.describe); });

  CLI::App* wait = app.add_subcommand("wait", "Wait until a condition holds");
  add_targets(wait, options.wait.targets);
  add_formation(wait, options.wait.formation);
  wait->add_option("--for", options.wait.conditions,
                   "condition=TYPE[=STATUS], jsonpath={.PATH}[=VALUE], create or delete")
      ->required()
      ->allow_extra_args(false);
  add_duration(wait, "--timeout", options.wait.timeout, "How long to wait");
  choose(wait, chosen, [&](Session& session) { return run_wait(session, options.wait); });
}

}  // namespace hactl
