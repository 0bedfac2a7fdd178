#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "hactl/formation_files.h"
#include "hactl/lab.h"
#include "hactl/lab_namespaces.h"
#include "hactl/lab_rewrite.h"
#include "hactl/lab_start.h"
#include "io/file.h"
#include "io/process.h"
#include "model/limits.h"

namespace hactl {
namespace {

constexpr Duration kRegisterPoll{50};

Result<Done> check_options(const LabUpOptions& options) {
  if (options.controllers != 1) {
    return local_error(
        fmt::format("--controllers {} is not available yet: use 1", options.controllers));
  }
  return Done{};
}

// The lab's network, which it keeps for life; nullopt on loopback addresses.
Result<std::optional<LabNetwork>> choose_network(const LabDirectory& lab,
                                                 const std::string& wanted) {
  Result<std::optional<LabNetwork>> network = load_lab_network(lab.network());
  if (!network.ok() || wanted.empty() || network->has_value() == (wanted == "namespaces"))
    return network;
  std::error_code ignored;  // What cannot be looked at is made, and that says why.
  if (*network || std::filesystem::exists(lab.config(), ignored)) {
    return local_error(fmt::format("the lab in {} was made with --network {}: choose another --dir",
                                   lab.path(), *network ? "namespaces" : "loopback"));
  }
  return std::optional<LabNetwork>(new_lab_network(lab.path()));
}

Result<Done> make_network(const LabDirectory& lab, LabNetwork& network,
                          const Formation& formation) {
  if (const Result<Done> fine = check_namespaces(); !fine.ok()) return fine;
  if (const Result<Done> fine = add_to_network(network, formation.spec); !fine.ok()) return fine;
  const Result<Done> saved = save_lab_network(lab.network(), network);
  if (!saved.ok()) return saved;
  return make_namespaces(lab, network);
}

enum class LabHosts { as_written, loopback };

// DIR/formation.yaml from the user's file.
Result<Formation> make_formation(const LabDirectory& lab, const std::string& file, LabHosts hosts) {
  const Result<WrittenFormation> written = read_formation(file);
  if (!written.ok()) return written.error();
  const Result<std::string> text = read_file(file, kSpecBytesMax);
  if (!text.ok()) return text.error().within("error");
  Result<LabFile> rewritten = LabFile{*text, written->formation};
  if (hosts == LabHosts::loopback) {
    rewritten = rewrite_for_loopback(*text, written->formation, lab.path());
  }
  if (!rewritten.ok()) return rewritten.error();
  const Result<Done> saved = write_file_atomically(lab.formation(), rewritten->text, 0644);
  if (!saved.ok()) return saved.error().within("error");
  return std::move(rewritten->formation);
}

// The error of the first process that has ended by itself; ok when all live.
Result<Done> all_alive(const LabDirectory& lab, const std::vector<LabProcess>& started) {
  for (const LabProcess& process : started) {
    if (alive(process.mark)) continue;
    const std::string last = last_log_line(lab.log(process.name));
    return Error{ErrorCode::unavailable,
                 fmt::format("error: {} {} has ended: {}", process.role, process.name,
                             last.empty() ? "its log is empty" : last)};
  }
  return Done{};
}

// The nodes whose agents the controller has heard lately; none while it does not answer.
std::set<std::string> registered(Api& api, const FormationName& formation) {
  std::set<std::string> result;
  const Result<nlohmann::json> list = api.get("/apis/hactl/v1/agents");
  if (!list.ok()) return result;
  for (const nlohmann::json& agent : items_of(*list, "agents")) {
    const auto heard = agent.find("heard-ms-ago");
    const bool lately = heard == agent.end() || !heard->is_number() ||
                        heard->get<double>() <= static_cast<double>(kSilentAfter.count());
    if (lately && text_at(agent, "formation") == formation.value) {
      result.insert(text_at(agent, "node"));
    }
  }
  return result;
}

Result<Done> wait_registered(const LabDirectory& lab, const Formation& formation,
                             const std::vector<LabProcess>& started) {
  const Result<Config> config = load_config(lab.config());
  if (!config.ok()) return config.error().within("error");
  const Result<Context> context = choose_context(*config, "");
  if (!context.ok()) return context.error().within("error");
  Api api(*context, kRequestTimeoutDefault);
  const auto deadline = std::chrono::steady_clock::now() + kLabRegisterTime;
  while (true) {
    const Result<Done> living = all_alive(lab, started);
    if (!living.ok()) return living;
    const std::set<std::string> heard = registered(api, formation.name);
    std::string missing;
    for (const Member& member : formation.spec.members()) {
      if (heard.contains(member.name.value)) continue;
      missing += (missing.empty() ? "" : ", ") + member.name.value;
    }
    if (missing.empty()) return Done{};
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error{ErrorCode::timed_out,
                   fmt::format("error: not registered within {} s: {}; see {}/logs",
                               kLabRegisterTime.count() / 1000, missing, lab.path())};
    }
    std::this_thread::sleep_for(kRegisterPoll);
  }
}

struct Wanted {
  const Formation& formation;
  const std::optional<LabNetwork>& network;
  std::optional<std::uint16_t> port{};
};

Result<Done> start_controller(const LabDirectory& lab, const Wanted& wanted,
                              std::vector<LabProcess>& processes) {
  const Result<std::string> url = lab_controller_url(lab);
  std::uint16_t port = 0;
  if (!url.ok()) {
    // In its own network nobody else can have taken it.
    const Result<std::uint16_t> chosen =
        wanted.network ? wanted.port.value_or(kLabPortDefault) : choose_lab_port(wanted.port);
    if (!chosen.ok()) return chosen.error();
    port = *chosen;
  }
  const Result<Done> made = make_lab_controller(
      lab, wanted.network ? wanted.network->controller : kLabControllerAddress, port);
  if (!made.ok()) return made.error();
  const Result<LabProcess> started = start_lab_controller(lab);
  if (!started.ok()) return started.error();
  return note_lab_process(lab, processes, *started);
}

Result<Done> start_agent(const LabDirectory& lab, const Wanted& wanted, const Member& member,
                         std::vector<LabProcess>& processes) {
  const Result<Done> made = make_lab_node(lab, wanted.formation, member);
  if (!made.ok()) return made.error();
  if (wanted.network) {
    const Result<Done> disk = make_node_disk(lab, *wanted.network->find(member.name));
    if (!disk.ok()) return disk;
  }
  const Result<LabProcess> started = start_lab_agent(lab, member.name);
  if (!started.ok()) return started.error();
  return note_lab_process(lab, processes, *started);
}

// Starts what does not run; yields all that should run now.
Result<std::vector<LabProcess>> start_missing(const LabDirectory& lab, const Wanted& wanted) {
  Result<std::vector<LabProcess>> processes = load_lab_processes(lab.processes());
  if (!processes.ok()) return processes.error().within("error");
  const auto running = [&](const std::string& name) {
    const LabProcess* found = find_lab_process(*processes, name);
    return found != nullptr && alive(found->mark);
  };
  if (!running(kLabControllerName)) {
    const Result<Done> started = start_controller(lab, wanted, *processes);
    if (!started.ok()) return started.error();
  }
  for (const Member& member : wanted.formation.spec.members()) {
    if (running(member.name.value)) continue;
    const Result<Done> started = start_agent(lab, wanted, member, *processes);
    if (!started.ok()) return started.error();
  }
  return processes;
}

}  // namespace

Result<int> run_lab_up(Session& session, const LabUpOptions& options) {
  const Result<Done> checked = check_options(options);
  if (!checked.ok()) return checked.error();
  const LabDirectory lab = LabDirectory::at(options.directory);
  for (const std::string& each : {lab.path(), lab.path() + "/nodes", lab.path() + "/logs"}) {
    const Result<Done> made = make_directories(each, 0755);
    if (!made.ok()) return made.error().within("error");
  }
  const Result<Done> reachable = check_reachable(lab.path() + "/nodes");
  if (!reachable.ok()) return reachable.error();
  Result<std::optional<LabNetwork>> network = choose_network(lab, options.network);
  if (!network.ok()) return network.error();
  const LabHosts hosts = *network ? LabHosts::as_written : LabHosts::loopback;
  const Result<Formation> formation = make_formation(lab, options.file, hosts);
  if (!formation.ok()) return formation.error();
  if (*network) {
    const Result<Done> made = make_network(lab, **network, *formation);
    if (!made.ok()) return made.error();
  }
  const Result<std::vector<LabProcess>> processes =
      start_missing(lab, {*formation, *network, options.port});
  if (!processes.ok()) return processes.error();
  std::vector<LabProcess> watched;
  for (const Member& member : formation->spec.members()) {
    watched.push_back(*find_lab_process(*processes, member.name.value));
  }
  watched.push_back(*find_lab_process(*processes, kLabControllerName));
  const Result<Done> ready = wait_registered(lab, *formation, watched);
  if (!ready.ok()) return ready.error();
  session.terminal().notes() << fmt::format(
      "The lab is up: {} agents have registered.\n  export HACTLCONFIG={}\n  hactl apply -f {}\n",
      formation->spec.members().size(), lab.config(), *network ? options.file : lab.formation());
  return kExitDone;
}

}  // namespace hactl
