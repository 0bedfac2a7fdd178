#include "hactl/lab_namespaces.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "hactl/lab_processes.h"
#include "hactl/lab_start.h"
#include "hactl/session.h"
#include "io/file.h"

namespace hactl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNamespaces = "/run/netns";
constexpr const char* kSearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
// Beside each other's end of a link, in namespaces where they mean nothing else.
constexpr const char* kNearRouter = "169.254.1.1";
constexpr const char* kRegionRouter = "169.254.1.2";
constexpr Duration kKillTime{10'000};

struct NeededProgram {
  const char* name;
  const char* package;
};
constexpr NeededProgram kPrograms[]{
    {"ip", "iproute2"}, {"iptables-restore", "iptables"}, {"sysctl", "procps"}};

std::string namespace_file(const std::string& name) {
  return std::string(kNamespaces) + "/" + name;
}

bool exists(const std::string& path) {
  std::error_code ignored;  // What cannot be looked at is not there for us.
  return fs::exists(path, ignored);
}

Result<std::string> run(std::vector<std::string> argv, const std::string& network = "") {
  ProcessSpec spec;
  const std::string doing = fmt::format("error: {}", fmt::join(argv, " "));
  spec.argv = std::move(argv);
  spec.environment = {std::string("PATH=") + kSearchPath};
  spec.view.network = network;
  const Result<ProcessOutput> output = run_process(spec, kLabProgramTime);
  if (!output.ok()) return output.error().within(doing);
  if (output->succeeded()) return output->output;
  std::string why = output->output;
  while (why.ends_with('\n')) {
    why.pop_back();
  }
  return Error{ErrorCode::unavailable, fmt::format("{}: {}", doing, why)};
}

// `ip` with one command a line, all or as far as it comes.
Result<Done> run_ip(const LabDirectory& lab, const std::string& name,
                    const std::vector<std::string>& commands) {
  const std::string file =
      fmt::format("{}/network/{}.ip", lab.path(), name.empty() ? kLabOperator : name);
  const Result<Done> written =
      write_file_atomically(file, fmt::format("{}\n", fmt::join(commands, "\n")), 0644);
  if (!written.ok()) return written.error().within("error");
  std::vector<std::string> argv{"ip"};
  if (!name.empty()) argv.insert(argv.end(), {"-n", name});
  argv.insert(argv.end(), {"-batch", file});
  const Result<std::string> done = run(std::move(argv));
  if (!done.ok()) return done.error();
  return Done{};
}

// Written last: a namespace without it is half-made.
std::string whole_mark(const LabDirectory& lab, const std::string& name) {
  return lab.path() + "/network/" + name + ".whole";
}

bool is_whole(const LabDirectory& lab, const std::string& name) {
  return exists(namespace_file(name)) && exists(whole_mark(lab, name));
}

Result<Done> mark_whole(const LabDirectory& lab, const std::string& name) {
  const Result<Done> written = write_file_atomically(whole_mark(lab, name), "", 0644);
  if (!written.ok()) return written.error().within("error");
  return Done{};
}

// Those that `name` was made after must not outlive it: their links have gone with it.
Result<Done> check_nothing_beyond(const LabDirectory& lab, const std::vector<std::string>& beyond) {
  for (const std::string& name : beyond) {
    if (!is_whole(lab, name)) continue;
    return Error{ErrorCode::conflict,
                 "error: the lab's network is damaged: end the lab with `hactl lab down` first"};
  }
  return Done{};
}

// An empty namespace in place of whatever a broken attempt has left.
Result<Done> add_namespace(const LabDirectory& lab, const std::string& name) {
  if (const Result<Done> done = remove_file(whole_mark(lab, name)); !done.ok()) {
    return done.error().within("error");
  }
  if (exists(namespace_file(name))) {
    const Result<std::string> removed = run({"ip", "netns", "delete", name});
    if (!removed.ok()) return removed.error();
  }
  const Result<std::string> added = run({"ip", "netns", "add", name});
  if (!added.ok()) return added.error();
  // Paths are the same in both directions, so that a packet's source needs no check.
  const Result<std::string> set =
      run({"sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0",
           "net.ipv4.conf.default.rp_filter=0"},
          namespace_file(name));
  if (!set.ok()) return set.error();
  return Done{};
}

// One link, seen from the router that it is added to.
struct Link {
  std::string router{};      ///< Namespace.
  std::string interface {};  ///< There.
  std::string end{};         ///< Namespace of the other side, made anew.
  std::string end_address{};
};

// The end has one interface, eth0, through which it reaches everybody.
Result<Done> add_end(const LabDirectory& lab, const Link& link) {
  if (const Result<Done> added = add_namespace(lab, link.end); !added.ok()) return added;
  const Result<std::string> made = run({"ip", "link", "add", link.interface, "netns", link.router,
                                        "type", "veth", "peer", "name", "eth0", "netns", link.end});
  if (!made.ok()) return made.error();
  const Result<Done> near =
      run_ip(lab, link.router,
             {fmt::format("link set {} up", link.interface),
              fmt::format("address add {}/32 dev {}", kNearRouter, link.interface),
              fmt::format("route replace {}/32 dev {}", link.end_address, link.interface)});
  if (!near.ok()) return near;
  return run_ip(lab, link.end,
                {"link set lo up", "link set eth0 up",
                 fmt::format("address add {}/32 dev eth0", link.end_address),
                 fmt::format("route add default via {} dev eth0 onlink", kNearRouter)});
}

// Refuses an address that this machine reaches in another way than through us.
Result<Done> check_free(const LabNetwork& network, const std::string& address) {
  const Result<std::string> routes =
      run({"ip", "-oneline", "route", "show", "table", "all", "exact", address + "/32"});
  if (!routes.ok()) return routes.error();
  const std::string ours = "dev " + network.operator_interface() + " ";
  if (routes->empty() || routes->find(ours) != std::string::npos) return Done{};
  return Error{ErrorCode::conflict,
               fmt::format("error: this machine uses {} already ({}): end the lab that does, or "
                           "change the file's hosts",
                           address, routes->substr(0, routes->find_last_not_of(" \n") + 1))};
}

Result<Done> route_to(const LabNetwork& network, const std::string& address) {
  const Result<std::string> added =
      run({"ip", "route", "replace", address + "/32", "via", network.gateway, "dev",
           network.operator_interface(), "src", network.operator_});
  if (!added.ok()) return added.error();
  return Done{};
}

Result<Done> make_backbone(const LabDirectory& lab, const LabNetwork& network) {
  const std::string backbone = network.backbone_namespace();
  const std::string interface = network.operator_interface();
  if (is_whole(lab, backbone)) return Done{};
  std::vector<std::string> beyond{network.controller_namespace()};
  for (const RegionName& region : network.regions) {
    beyond.push_back(network.router_namespace(region));
  }
  if (const Result<Done> fine = check_nothing_beyond(lab, beyond); !fine.ok()) return fine;
  if (exists("/sys/class/net/" + interface)) {
    const Result<std::string> removed = run({"ip", "link", "delete", interface});
    if (!removed.ok()) return removed.error();
  }
  if (const Result<Done> added = add_namespace(lab, backbone); !added.ok()) return added;
  const Result<std::string> made = run({"ip", "link", "add", interface, "type", "veth", "peer",
                                        "name", kLabOperator, "netns", backbone});
  if (!made.ok()) return made.error();
  const Result<Done> far = run_ip(lab, backbone,
                                  {"link set lo up", fmt::format("link set {} up", kLabOperator),
                                   fmt::format("address add {} peer {} dev {}", network.gateway,
                                               network.operator_, kLabOperator)});
  if (!far.ok()) return far;
  const Result<Done> near = run_ip(lab, "",
                                   {fmt::format("link set {} up", interface),
                                    fmt::format("address add {} peer {} dev {}", network.operator_,
                                                network.gateway, interface)});
  if (!near.ok()) return near;
  return mark_whole(lab, backbone);
}

Result<Done> make_controller(const LabDirectory& lab, const LabNetwork& network) {
  const std::string name = network.controller_namespace();
  if (is_whole(lab, name)) return Done{};
  const Result<Done> added =
      add_end(lab, {network.backbone_namespace(), "controller", name, network.controller});
  if (!added.ok()) return added;
  if (const Result<Done> routed = route_to(network, network.controller); !routed.ok()) {
    return routed;
  }
  return mark_whole(lab, name);
}

std::string region_interface(const LabNetwork& network, const RegionName& region) {
  const auto place = std::ranges::find(network.regions, region);
  return fmt::format("region{}", place - network.regions.begin());
}

Result<Done> make_router(const LabDirectory& lab, const LabNetwork& network,
                         const RegionName& region) {
  const std::string name = network.router_namespace(region);
  const std::string interface = region_interface(network, region);
  if (is_whole(lab, name)) return Done{};
  std::vector<std::string> beyond;
  for (const LabHost& host : network.hosts) {
    if (host.region == region) beyond.push_back(network.host_namespace(host.name));
  }
  if (const Result<Done> fine = check_nothing_beyond(lab, beyond); !fine.ok()) return fine;
  if (const Result<Done> added = add_namespace(lab, name); !added.ok()) return added;
  const std::string backbone = network.backbone_namespace();
  const Result<std::string> made = run({"ip", "link", "add", interface, "netns", backbone, "type",
                                        "veth", "peer", "name", "backbone", "netns", name});
  if (!made.ok()) return made.error();
  const Result<Done> far =
      run_ip(lab, backbone,
             {fmt::format("link set {} up", interface),
              fmt::format("address add {}/32 dev {}", kNearRouter, interface)});
  if (!far.ok()) return far;
  const Result<Done> near =
      run_ip(lab, name,
             {"link set lo up", "link set backbone up",
              fmt::format("address add {}/32 dev backbone", kRegionRouter),
              fmt::format("route add default via {} dev backbone onlink", kNearRouter)});
  if (!near.ok()) return near;
  return mark_whole(lab, name);
}

Result<Done> make_host(const LabDirectory& lab, const LabNetwork& network, const LabHost& host) {
  const std::string name = network.host_namespace(host.name);
  if (is_whole(lab, name)) return Done{};
  const Result<Done> added = add_end(lab, {network.router_namespace(host.region),
                                           fmt::format("node{}", host.number), name, host.address});
  if (!added.ok()) return added;
  const Result<Done> far =
      run_ip(lab, network.backbone_namespace(),
             {fmt::format("route replace {}/32 via {} dev {} onlink", host.address, kRegionRouter,
                          region_interface(network, host.region))});
  if (!far.ok()) return far;
  if (const Result<Done> routed = route_to(network, host.address); !routed.ok()) return routed;
  return mark_whole(lab, name);
}

Result<Done> filter(const LabDirectory& lab, const std::string& name, const std::string& rules) {
  const std::string file = lab.path() + "/network/" + name + ".rules";
  const Result<Done> written = write_file_atomically(file, rules, 0644);
  if (!written.ok()) return written.error().within("error");
  const Result<std::string> restored =
      run({"iptables-restore", "--wait=5", file}, namespace_file(name));
  if (!restored.ok()) return restored.error();
  return Done{};
}

// The namespaces of this machine that bear the lab's name.
std::vector<std::string> namespaces_of(const LabNetwork& network) {
  std::vector<std::string> result;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(kNamespaces, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(network.prefix())) result.push_back(name);
  }
  std::ranges::sort(result);
  return result;
}

}  // namespace

Result<Done> check_namespaces() {
  if (geteuid() != 0) {
    return local_error("network namespaces need root: run this as root, or use --network loopback");
  }
  for (const NeededProgram& program : kPrograms) {
    std::string_view rest = kSearchPath;
    bool found = false;
    while (!rest.empty() && !found) {
      const std::string_view directory = rest.substr(0, rest.find(':'));
      found = access(fmt::format("{}/{}", directory, program.name).c_str(), X_OK) == 0;
      rest.remove_prefix(std::min(rest.size(), directory.size() + 1));
    }
    if (found) continue;
    return local_error(fmt::format(
        "network namespaces need the program {}: install the package {}, or use --network loopback",
        program.name, program.package));
  }
  return Done{};
}

Result<Done> make_namespaces(const LabDirectory& lab, const LabNetwork& network) {
  const Result<Done> made = make_directories(lab.path() + "/network", 0755);
  if (!made.ok()) return made.error().within("error");
  std::vector<std::string> addresses{network.operator_, network.gateway, network.controller};
  for (const LabHost& host : network.hosts) {
    addresses.push_back(host.address);
  }
  for (const std::string& address : addresses) {
    if (const Result<Done> free = check_free(network, address); !free.ok()) return free;
  }
  if (const Result<Done> done = make_backbone(lab, network); !done.ok()) return done;
  if (const Result<Done> done = make_controller(lab, network); !done.ok()) return done;
  for (const RegionName& region : network.regions) {
    if (const Result<Done> done = make_router(lab, network, region); !done.ok()) return done;
  }
  for (const LabHost& host : network.hosts) {
    if (const Result<Done> done = make_host(lab, network, host); !done.ok()) return done;
  }
  return filter_namespaces(lab, network);
}

Result<Done> filter_namespaces(const LabDirectory& lab, const LabNetwork& network) {
  for (const RegionName& region : network.regions) {
    const Result<Done> done =
        filter(lab, network.router_namespace(region), router_filter(network, region));
    if (!done.ok()) return done;
  }
  return filter(lab, network.backbone_namespace(), backbone_filter(network));
}

bool has_namespaces(const LabNetwork& network) {
  return !namespaces_of(network).empty() ||
         exists("/sys/class/net/" + network.operator_interface());
}

Result<Done> remove_namespaces(const LabNetwork& network) {
  for (const std::string& name : namespaces_of(network)) {
    // Ours that were cut loose, and shells that somebody has opened: they lose their machine.
    const std::vector<ProcessMark> left = processes_in_network(namespace_file(name));
    for (const ProcessMark& mark : left) {
      const Result<Done> sent = signal_process(mark, SIGKILL);
      if (!sent.ok()) return sent.error().within("error");
    }
    if (!wait_gone(left, kKillTime)) {
      return Error{ErrorCode::timed_out, "error: a process in " + name + " does not end"};
    }
    const Result<std::string> removed = run({"ip", "netns", "delete", name});
    if (!removed.ok()) return removed.error();
  }
  // With its other end's namespace it has gone, but not at once.
  if (!exists("/sys/class/net/" + network.operator_interface())) return Done{};
  const Result<std::string> removed = run({"ip", "link", "delete", network.operator_interface()});
  if (removed.ok() || !exists("/sys/class/net/" + network.operator_interface())) return Done{};
  return removed.error();
}

ProcessView controller_view(const std::optional<LabNetwork>& network) {
  if (!network) return {};
  return {.network = namespace_file(network->controller_namespace())};
}

ProcessView node_view(const LabDirectory& lab, const std::optional<LabNetwork>& network,
                      const NodeName& node) {
  if (!network) return {};
  const LabHost* host = network->find(node);
  if (host == nullptr) return {};
  return {.network = namespace_file(network->host_namespace(node)),
          .disk = node_disk(lab, node),
          .disk_at = fs::path(host->data_directory).parent_path().string()};
}

Result<std::vector<Member>> lab_members(const LabDirectory& lab) {
  const Result<Formation> formation = lab_formation(lab);
  if (!formation.ok()) return formation.error();
  const Result<std::optional<LabNetwork>> network = load_lab_network(lab.network());
  if (!network.ok()) return network.error();
  std::vector<Member> members = formation->spec.members();
  if (!*network) return members;
  for (Member& member : members) {
    const LabHost* host = (*network)->find(member.name);
    member.data_directory =
        host == nullptr ? lab.node(member.name) + "/data" : node_data(lab, *host);
  }
  return members;
}

std::string node_disk(const LabDirectory& lab, const NodeName& node) {
  return lab.node(node) + "/disk";
}

std::string node_data(const LabDirectory& lab, const LabHost& host) {
  return node_disk(lab, host.name) + "/" + fs::path(host.data_directory).filename().string();
}

Result<Done> make_node_disk(const LabDirectory& lab, const LabHost& host) {
  const fs::path at = fs::path(host.data_directory).parent_path();
  if (at == "/" || (lab.path() + "/").starts_with(at.string() + "/")) {
    return local_error(fmt::format(
        "node {} can't have a disk of its own at {}, which holds the lab too: choose another "
        "--dir or data-directory",
        host.name.value, at.string()));
  }
  for (const std::string& each : {node_disk(lab, host.name), at.string()}) {
    const Result<Done> made = make_directories(each, 0755);
    if (!made.ok()) return made.error().within("error");
  }
  const std::string link = lab.node(host.name) + "/data";
  std::error_code ignored;  // A link that is there stays; one that can't be made is only a loss of
                            // comfort.
  fs::create_symlink(node_data(lab, host), link, ignored);
  return give_to_lab_user({node_disk(lab, host.name)});
}

}  // namespace hactl
