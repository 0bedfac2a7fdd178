// ha-agent: the daemon beside each PostgreSQL.
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent_config.h"
#include "agent/agent_loop.h"
#include "agent/https_transport.h"
#include "agent/local_postgres.h"
#include "agent/local_state_file.h"
#include "io/asio_scheduler.h"
#include "io/log.h"
#include "io/process.h"

namespace hactl {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr const char* kUsage =
    "Usage: ha-agent --config FILE\n"
    "\n"
    "Runs the PostgreSQL of one node as the controller says. The file is JSON:\n"
    "  formation, node, controller (https://host:port), state-directory, socket-directory,\n"
    "  certificate, key, ca, bin-directory (default /usr/lib/postgresql/15/bin),\n"
    "  user (default postgres: whom root becomes), log-level (default info)\n"
    "\n"
    "SIGTERM ends the agent and leaves PostgreSQL running.\n";

/// libpq would read these behind our back.
void forget_postgres_environment() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    if (variable.starts_with("PG")) names.emplace_back(variable.substr(0, variable.find('=')));
  }
  for (const std::string& name : names)
    unsetenv(name.c_str());
}

int fail(const Error& error) {
  log_error("{}", error.message);
  return kExitFailure;
}

int run(const AgentConfig& config) {
  AsioScheduler scheduler;
  scheduler.on_signal([&scheduler](int number) {
    log_info("signal {}: the agent ends, PostgreSQL stays as it is", number);
    scheduler.stop();
  });
  LocalPostgres postgres(scheduler, config.paths, config.node);
  LocalStateFile state_file(scheduler, config.paths.state_directory);
  HttpsTransport transport(scheduler,
                           {.base_url = config.controller,
                            .ca_file = config.paths.ca_file,
                            .certificate_file = config.paths.certificate_file,
                            .key_file = config.paths.key_file},
                           {.formation = config.formation, .name = config.node});
  AgentIdentity identity;
  identity.formation = config.formation;
  identity.node = config.node;
  identity.process = static_cast<std::uint64_t>(scheduler.utc().milliseconds);
  identity.paths = config.paths;
  // Started without root it is whoever it was started as.
  const passwd* user = getpwuid(geteuid());
  identity.os_user = user == nullptr ? config.user : user->pw_name;
  identity.say = [](const std::string& text) { log_info("{}", text); };
  AgentLoop loop(scheduler, postgres, state_file, transport, identity);
  if (const Result<Done> started = loop.start(); !started.ok()) {
    return fail(started.error().within("the agent can't know what it has promised"));
  }
  log_info("node {} of formation {}, controller {}", config.node.value, config.formation.value,
           config.controller);
  scheduler.run();
  return 0;
}

int start(const std::string& config_path) {
  const Result<AgentConfig> config = load_agent_config(config_path);
  if (!config.ok()) return fail(config.error());
  init_log("agent " + config->node.value, config->log_level);
  if (Result<Done> made = make_agent_directories(*config); !made.ok()) return fail(made.error());
  if (geteuid() == 0) {
    if (Result<Done> done = switch_to_user(config->user); !done.ok()) return fail(done.error());
  }
  if (Result<Done> fine = check_agent_access(*config); !fine.ok()) return fail(fine.error());
  return run(*config);
}

int run_command(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "--version") {
    std::printf("ha-agent %s\n", HACTL_VERSION);
    return 0;
  }
  if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (arguments.size() == 2 && arguments[0] == "--config") return start(arguments[1]);
  std::fputs(kUsage, stderr);
  return kExitUsage;
}

}  // namespace
}  // namespace hactl

int main(int count, char** arguments) {
  // Whoever reads the log may go away: that is an error of a write, not the agent's end.
  signal(SIGPIPE, SIG_IGN);
  hactl::limit_memory();
  hactl::forget_postgres_environment();
  try {
    return hactl::run_command({arguments + 1, arguments + count});
  } catch (const std::exception& exception) {
    hactl::log_error("unexpected: {}", exception.what());
    return hactl::kExitFailure;
  }
}
