#include <signal.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include <fmt/format.h>

#include "hactl/lab.h"
#include "hactl/lab_namespaces.h"
#include "hactl/lab_start.h"

namespace hactl {
namespace {

// New processes may be born while a tree is being caught; each round finds fewer.
constexpr int kRoundsMax = 50;
constexpr Duration kKillTime{5'000};
constexpr Duration kStopTime{30'000};
constexpr Duration kRoundPause{5};

// What belongs to one node, or the controller: its daemon and where its PostgreSQL works.
struct Place {
  std::string name{};
  ProcessMark daemon{};
  std::string data_directory{};  ///< Empty: it has none.
};

std::vector<ProcessMark> tree_of(const Place& place) {
  std::vector<ProcessMark> result = with_descendants({place.daemon});
  if (place.data_directory.empty()) return result;
  for (const ProcessMark& mark : processes_in({place.data_directory})) {
    if (std::ranges::find(result, mark) == result.end()) result.push_back(mark);
  }
  return result;
}

Result<Done> signal_all(const std::vector<ProcessMark>& marks, int signal) {
  for (const ProcessMark& mark : marks) {
    const Result<Done> sent = signal_process(mark, signal);
    if (!sent.ok()) return sent.error().within("error");
  }
  return Done{};
}

// Kills until a look around finds nobody left.
Result<Done> kill_place(const Place& place) {
  std::vector<ProcessMark> tree = tree_of(place);
  for (int round = 0; round < kRoundsMax && !tree.empty(); ++round) {
    if (const Result<Done> sent = signal_all(tree, SIGKILL); !sent.ok()) return sent;
    wait_gone(tree, kKillTime);
    tree = tree_of(place);
  }
  if (tree.empty()) return Done{};
  return local_error(place.name + " does not die");
}

// Stops until a look around finds everybody stopped: the daemon first, so that it starts nothing.
Result<Done> freeze_place(const Place& place) {
  for (int round = 0; round < kRoundsMax; ++round) {
    std::vector<ProcessMark> moving;
    for (const ProcessMark& mark : tree_of(place)) {
      if (look_at(mark.pid).state != 'T') moving.push_back(mark);
    }
    if (moving.empty()) return Done{};
    if (const Result<Done> sent = signal_all(moving, SIGSTOP); !sent.ok()) return sent;
    std::this_thread::sleep_for(kRoundPause);
  }
  return local_error(place.name + " does not stand still");
}

Result<Done> thaw_place(const Place& place) {
  std::vector<ProcessMark> tree = tree_of(place);
  // PostgreSQL first, so that the agent finds it as it left it.
  std::ranges::reverse(tree);
  return signal_all(tree, SIGCONT);
}

Result<Done> stop_place(const Place& place) {
  if (const Result<Done> sent = signal_process(place.daemon, SIGTERM); !sent.ok()) return sent;
  if (const Result<Done> sent = signal_process(place.daemon, SIGCONT); !sent.ok()) return sent;
  if (!wait_gone({place.daemon}, kStopTime)) return local_error(place.name + " does not stop");
  if (place.data_directory.empty()) return Done{};
  const ProcessMark postmaster = postmaster_of(place.data_directory);
  const std::vector<ProcessMark> all = processes_in({place.data_directory});
  if (const Result<Done> sent = signal_process(postmaster, SIGINT); !sent.ok()) return sent;
  if (const Result<Done> sent = signal_all(all, SIGCONT); !sent.ok()) return sent;
  if (wait_gone(all, kStopTime)) return Done{};
  return local_error("the PostgreSQL of " + place.name + " does not stop");
}

Result<Done> start_place(const LabDirectory& lab, std::vector<LabProcess>& processes,
                         const Place& place) {
  if (alive(place.daemon)) return Done{};
  const Result<LabProcess> started = place.data_directory.empty()
                                         ? start_lab_controller(lab)
                                         : start_lab_agent(lab, NodeName(place.name));
  if (!started.ok()) return started.error();
  return note_lab_process(lab, processes, *started);
}

std::string_view past_of(LabDeed deed) {
  switch (deed) {
    case LabDeed::kill: return "killed";
    case LabDeed::stop: return "stopped";
    case LabDeed::start: return "started";
    case LabDeed::freeze: return "frozen";
    case LabDeed::thaw: return "thawed";
  }
  return "";
}

Result<std::vector<Place>> places_of(const LabDirectory& lab, const LabActOptions& options,
                                     const std::vector<LabProcess>& processes) {
  const auto daemon_of = [&](const std::string& name) {
    const LabProcess* found = find_lab_process(processes, name);
    return found == nullptr ? ProcessMark{} : found->mark;
  };
  if (options.target == LabTarget::controller) {
    // "1" is the first of the controllers, as there may be three.
    const bool known = options.name.empty() || options.name == kLabControllerName ||
                       options.name == "1" || options.name == "controller-1";
    if (!known) return local_error("there is no controller " + options.name + " in the lab");
    return std::vector<Place>{{kLabControllerName, daemon_of(kLabControllerName), {}}};
  }
  const Result<std::vector<Member>> members = lab_members(lab);
  if (!members.ok()) return members.error();
  std::vector<Place> places;
  for (const Member& member : *members) {
    const std::string& name =
        options.target == LabTarget::node ? member.name.value : member.region.value;
    if (name != options.name) continue;
    places.push_back({member.name.value, daemon_of(member.name.value), member.data_directory});
  }
  if (places.empty()) {
    // A node that has left the file may still run.
    const LabProcess* left = find_lab_process(processes, options.name);
    if (options.target == LabTarget::node && left != nullptr && left->role == "agent") {
      return std::vector<Place>{{left->name, left->mark, lab.node(NodeName(left->name)) + "/data"}};
    }
    return local_error(fmt::format("there is no {} {} in the lab",
                                   options.target == LabTarget::node ? "node" : "region",
                                   options.name));
  }
  return places;
}

Result<Done> act_on(const LabDirectory& lab, std::vector<LabProcess>& processes, const Place& place,
                    LabDeed deed) {
  switch (deed) {
    case LabDeed::kill: return kill_place(place);
    case LabDeed::stop: return stop_place(place);
    case LabDeed::start: return start_place(lab, processes, place);
    case LabDeed::freeze: return freeze_place(place);
    case LabDeed::thaw: return thaw_place(place);
  }
  return Done{};
}

// In a network of namespaces a frozen machine is silent as well: its kernel answers nobody. That
// comes first and all at once, so that nobody sees its processes stop one after another.
Result<Done> silence(const LabDirectory& lab, const std::vector<Place>& places, LabDeed deed) {
  const Result<std::optional<LabNetwork>> saved = load_lab_network(lab.network());
  if (!saved.ok()) return saved.error();
  if (!*saved) return Done{};
  LabNetwork network = **saved;
  for (const Place& place : places) {
    const std::string end = place.data_directory.empty() ? place.name : "node/" + place.name;
    if (deed == LabDeed::freeze) {
      network.frozen.insert(end);
    } else {
      network.frozen.erase(end);
    }
  }
  if (network == **saved) return Done{};
  if (const Result<Done> done = save_lab_network(lab.network(), network); !done.ok()) return done;
  return filter_namespaces(lab, network);
}

}  // namespace

Result<int> run_lab_act(Session& session, const LabActOptions& options) {
  const LabDirectory lab = LabDirectory::at(options.directory);
  Result<std::vector<LabProcess>> processes = load_lab_processes(lab.processes());
  if (!processes.ok()) return processes.error().within("error");
  const Result<std::vector<Place>> places = places_of(lab, options, *processes);
  if (!places.ok()) return places.error();
  const Result<Done> silenced = silence(lab, *places, options.deed);
  if (!silenced.ok()) return silenced.error();
  if (options.deed == LabDeed::kill) {
    // A region fails at one moment: nobody of it sees the others go.
    for (const Place& place : *places) {
      const Result<Done> sent = signal_all(tree_of(place), SIGKILL);
      if (!sent.ok()) return sent.error();
    }
  }
  const bool controller = options.target == LabTarget::controller;
  for (const Place& place : *places) {
    const Result<Done> done = act_on(lab, *processes, place, options.deed);
    if (!done.ok()) return done.error();
    session.terminal().out() << fmt::format("{}{} {}\n", controller ? "" : "node/", place.name,
                                            past_of(options.deed))
                             << std::flush;
  }
  return kExitDone;
}

}  // namespace hactl
