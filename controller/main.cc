#include <signal.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "controller/daemon.h"
#include "controller/setup.h"
#include "io/log.h"
#include "io/process.h"

namespace hactl {
namespace {

int report(const Result<Done>& result) {
  if (result.ok()) return 0;
  fmt::print(stderr, "ha-controller: {}\n", escape_for_log(result.error().message));
  return 1;
}

struct Arguments {
  InitOptions init{};
  IssueOptions issue{};
  RunOptions run{};
  std::string user{};
  LogLevel log_level = LogLevel::info;
};

int init(const Arguments& arguments) {
  const Result<Done> made = init_controller(arguments.init);
  if (made.ok()) {
    fmt::print(
        "{0} is ready: start `ha-controller run --dir {0} --port {1}`, then use hactl with "
        "HACTLCONFIG={0}/admin.config\n",
        arguments.init.directory, arguments.init.port);
  }
  return report(made);
}

int run(const Arguments& arguments) {
  init_log("controller", arguments.log_level);
  if (!arguments.user.empty()) {
    const Result<Done> switched = switch_to_user(arguments.user);
    if (!switched.ok()) return report(switched);
  }
  return report(run_controller(arguments.run));
}

void add_init(CLI::App& app, Arguments& arguments) {
  CLI::App* init = app.add_subcommand("init", "make the certificate authority and the first files");
  init->add_option("--dir", arguments.init.directory, "directory of the controller")->required();
  init->add_option("--host", arguments.init.hosts,
                   "address or name under which it is reached; may be repeated, the first one goes "
                   "into admin.config (default: 127.0.0.1 and localhost)");
  init->add_option("--port", arguments.init.port, "port of the controller")->capture_default_str();
}

void add_issue(CLI::App& app, Arguments& arguments) {
  CLI::App* issue = app.add_subcommand("issue", "issue a certificate");
  issue->add_option("--dir", arguments.issue.directory, "directory of the controller")->required();
  issue->add_option("--name", arguments.issue.name, "node:NAME, viewer or admin")->required();
  issue->add_option("--host", arguments.issue.hosts,
                    "address or name of the node; may be repeated");
  issue
      ->add_option("--out", arguments.issue.out_directory,
                   "directory for ca.crt, tls.crt and tls.key")
      ->required();
}

void add_run(CLI::App& app, Arguments& arguments) {
  CLI::App* run = app.add_subcommand("run", "run the controller");
  run->add_option("--dir", arguments.run.directory, "directory that init has made")->required();
  run->add_option("--listen", arguments.run.listen, "address to listen on")->capture_default_str();
  run->add_option("--port", arguments.run.port, "port to listen on; 0: any")->capture_default_str();
  run->add_flag_callback(
      "--store-put-back", [&arguments] { arguments.run.store_is = StoreIs::put_back; },
      "for one start: the store in the directory is an older copy of itself, so that what nodes "
      "have and commits wait for is found out before anything is decided");
  run->add_option("--user", arguments.user, "user to become when started as root");
  run->add_option("--log-level", arguments.log_level, "debug, info, warning or error")
      ->transform(CLI::CheckedTransformer(
          std::vector<std::pair<std::string, LogLevel>>{{"debug", LogLevel::debug},
                                                        {"info", LogLevel::info},
                                                        {"warning", LogLevel::warning},
                                                        {"error", LogLevel::error}}));
}

int main_of(int argc, char** argv) {
  CLI::App app("The controller of hactl: keeps formations of PostgreSQL nodes as declared.");
  app.require_subcommand(1);
  Arguments arguments;
  add_init(app, arguments);
  add_issue(app, arguments);
  add_run(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    constexpr int kUsage = 2;
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (app.got_subcommand("init")) return init(arguments);
  if (app.got_subcommand("issue")) return report(issue_to_directory(arguments.issue));
  return run(arguments);
}

}  // namespace
}  // namespace hactl

int main(int argc, char** argv) {
  // Whoever reads the log may go away: that is an error of a write, not the controller's end.
  signal(SIGPIPE, SIG_IGN);
  hactl::limit_memory();
  try {
    return hactl::main_of(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "ha-controller: {}\n", hactl::escape_for_log(error.what()));
    return 1;
  }
}
