#include "hactl/lab_start.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "hactl/lab.h"
#include "hactl/lab_namespaces.h"
#include "hactl/session.h"
#include "io/file.h"
#include "io/file_descriptor.h"
#include "io/process.h"
#include "model/names.h"

namespace hactl {
namespace {

namespace fs = std::filesystem;

// What `ha-controller issue` writes.
constexpr const char* kCertificateFile = "/tls.crt";
constexpr const char* kKeyFile = "/tls.key";
constexpr const char* kCaFile = "/ca.crt";

// The port that could be bound, asking for `port`; 0: none.
std::uint16_t bindable(std::uint16_t port) {
  const FileDescriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, kLabControllerAddress, &address.sin_addr);
  sockaddr generic{};
  static_assert(sizeof generic == sizeof address);
  std::memcpy(&generic, &address, sizeof generic);
  socklen_t length = sizeof generic;
  if (bind(listener.get(), &generic, length) != 0) return 0;
  if (listen(listener.get(), 1) != 0) return 0;
  if (getsockname(listener.get(), &generic, &length) != 0) return 0;
  std::memcpy(&address, &generic, sizeof address);
  return ntohs(address.sin_port);
}

std::vector<std::string> lab_environment() {
  std::vector<std::string> result;
  for (const char* name : {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "ASAN_OPTIONS"}) {
    if (const char* value = getenv(name)) result.push_back(fmt::format("{}={}", name, value));
  }
  return result;
}

Result<Done> run_to_end(const std::vector<std::string>& argv) {
  const Result<ProcessOutput> output =
      run_process({.argv = argv, .environment = lab_environment()}, kLabProgramTime);
  if (!output.ok()) return output.error().within("error: run " + argv.front());
  if (output->succeeded()) return Done{};
  const std::string program = fs::path(argv.front()).filename().string();
  return local_error(fmt::format("{} {}: {}", program, argv[1], output->output));
}

Result<LabProcess> start(const LabDirectory& lab, const LabProcess& what, const ProcessView& view,
                         std::vector<std::string> argv) {
  const Result<pid_t> pid = spawn_process({.argv = std::move(argv),
                                           .environment = lab_environment(),
                                           .directory = lab.path(),
                                           .output_file = lab.log(what.name),
                                           .own_session = true,
                                           .view = view});
  if (!pid.ok()) return pid.error().within("error: start the " + what.role + " " + what.name);
  return LabProcess{what.name, what.role, look_at(*pid).mark};
}

std::string bin_directory(int version) {
  std::string directory = fmt::format("/usr/lib/postgresql/{}/bin", version);
  if (access((directory + "/postgres").c_str(), X_OK) == 0) return directory;
  const char* path = getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t end = rest.find(':');
    const std::string candidate(rest.substr(0, end));
    if (access((candidate + "/postgres").c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return directory;  // The agent's error says what is missing in it.
}

}  // namespace

Result<std::uint16_t> choose_lab_port(std::optional<std::uint16_t> wanted) {
  const std::uint16_t port = bindable(wanted.value_or(kLabPortDefault));
  if (port != 0) return port;
  if (wanted) {
    return Error{ErrorCode::conflict,
                 fmt::format("error: port {} of {} is taken", *wanted, kLabControllerAddress)};
  }
  const std::uint16_t any = bindable(0);
  if (any == 0) return Error{ErrorCode::unavailable, "error: no port is free"};
  return any;
}

Result<Done> make_lab_controller(const LabDirectory& lab, const std::string& address,
                                 std::uint16_t port) {
  std::error_code ignored;  // What cannot be looked at is made, and that says why.
  if (!fs::exists(lab.controller() + "/admin.config", ignored)) {
    const Result<Done> made =
        run_to_end({sibling_program("ha-controller"), "init", "--dir", lab.controller(), "--host",
                    address, "--port", std::to_string(port)});
    if (!made.ok()) return made;
  }
  const Result<Config> config = load_config(lab.controller() + "/admin.config");
  if (!config.ok()) return config.error().within("error");
  const Result<Done> saved = save_config(lab.config(), *config);
  if (!saved.ok()) return saved.error().within("error");
  return Done{};
}

Result<std::string> lab_controller_url(const LabDirectory& lab) {
  const Result<Config> config = load_config(lab.config());
  if (!config.ok()) return config.error().within("error");
  const Result<Context> context = choose_context(*config, "");
  if (!context.ok()) return context.error().within("error");
  return context->controller;
}

Result<LabProcess> start_lab_controller(const LabDirectory& lab) {
  const Result<std::string> url = lab_controller_url(lab);
  if (!url.ok()) return url.error();
  const Result<std::optional<LabNetwork>> network = load_lab_network(lab.network());
  if (!network.ok()) return network.error();
  const std::string address = *network ? (*network)->controller : kLabControllerAddress;
  const std::string port = url->substr(url->rfind(':') + 1);
  return start(lab, {.name = kLabControllerName, .role = "controller"}, controller_view(*network),
               {sibling_program("ha-controller"), "run", "--dir", lab.controller(), "--listen",
                address, "--port", port});
}

Result<Done> make_lab_node(const LabDirectory& lab, const Formation& formation,
                           const Member& member) {
  const std::string directory = lab.node(member.name);
  const std::string sockets = lab.sockets(member.name);
  for (const std::string& each : {directory, directory + "/state", sockets}) {
    const Result<Done> made = make_directories(each, 0755);
    if (!made.ok()) return made.error().within("error");
  }
  std::error_code ignored;  // What cannot be looked at is made, and that says why.
  if (!fs::exists(directory + "/tls" + kCertificateFile, ignored)) {
    const Result<Done> issued = run_to_end(
        {sibling_program("ha-controller"), "issue", "--dir", lab.controller(), "--name",
         certificate_name(member.name), "--host", member.host, "--out", directory + "/tls"});
    if (!issued.ok()) return issued;
  }
  const Result<std::string> url = lab_controller_url(lab);
  if (!url.ok()) return url.error();
  const nlohmann::json config{{"formation", formation.name.value},
                              {"node", member.name.value},
                              {"controller", *url},
                              {"state-directory", directory + "/state"},
                              {"socket-directory", sockets},
                              {"bin-directory", bin_directory(formation.spec.postgres.version)},
                              {"certificate", directory + "/tls" + kCertificateFile},
                              {"key", directory + "/tls" + kKeyFile},
                              {"ca", directory + "/tls" + kCaFile},
                              {"user", lab_user()},
                              {"log-level", "info"}};
  const Result<Done> written =
      write_file_atomically(directory + "/agent.json", pretty_json(config), 0644);
  if (!written.ok()) return written.error().within("error");
  // Not the data directory: PostgreSQL may be running on it, and has always owned it.
  const std::string tls = directory + "/tls";
  return give_to_lab_user({directory, directory + "/state", directory + "/agent.json", sockets, tls,
                           tls + kCertificateFile, tls + kKeyFile, tls + kCaFile});
}

Result<LabProcess> start_lab_agent(const LabDirectory& lab, const NodeName& node) {
  const Result<std::optional<LabNetwork>> network = load_lab_network(lab.network());
  if (!network.ok()) return network.error();
  return start(lab, {.name = node.value, .role = "agent"}, node_view(lab, *network, node),
               {sibling_program("ha-agent"), "--config", lab.node(node) + "/agent.json"});
}

const LabProcess* find_lab_process(const std::vector<LabProcess>& processes,
                                   const std::string& name) {
  const auto found = std::ranges::find(processes, name, &LabProcess::name);
  return found == processes.end() ? nullptr : &*found;
}

Result<Done> note_lab_process(const LabDirectory& lab, std::vector<LabProcess>& processes,
                              const LabProcess& started) {
  std::erase_if(processes, [&](const LabProcess& each) { return each.name == started.name; });
  processes.push_back(started);
  Result<Done> saved = save_lab_processes(lab.processes(), processes);
  if (!saved.ok()) return saved.error().within("error");
  return saved;
}

}  // namespace hactl
