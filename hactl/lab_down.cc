#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "hactl/lab.h"
#include "hactl/lab_namespaces.h"
#include "hactl/lab_start.h"

namespace hactl {
namespace {

// Daemons end at once when asked; a PostgreSQL may have to write its last checkpoint.
constexpr Duration kDaemonStopTime{5'000};
constexpr Duration kPostgresStopTime{15'000};
constexpr Duration kKillTime{10'000};
// Backends may be born while their postmaster is being ended; each round finds fewer.
constexpr int kKillRounds = 20;

Result<Done> signal_all(const std::vector<ProcessMark>& marks, int signal) {
  for (const ProcessMark& mark : marks) {
    const Result<Done> sent = signal_process(mark, signal);
    if (!sent.ok()) return sent.error().within("error");
  }
  return Done{};
}

Result<Done> end_daemons(const std::vector<LabProcess>& processes) {
  std::vector<ProcessMark> marks;
  for (const LabProcess& process : processes) {
    if (alive(process.mark)) marks.push_back(process.mark);
  }
  if (const Result<Done> sent = signal_all(marks, SIGTERM); !sent.ok()) return sent;
  // A frozen one gets its SIGTERM when it goes on.
  if (const Result<Done> sent = signal_all(marks, SIGCONT); !sent.ok()) return sent;
  if (wait_gone(marks, kDaemonStopTime)) return Done{};
  if (const Result<Done> sent = signal_all(marks, SIGKILL); !sent.ok()) return sent;
  if (wait_gone(marks, kKillTime)) return Done{};
  return Error{ErrorCode::timed_out, "error: a daemon of the lab does not end"};
}

Result<Done> end_postgres(const LabDirectory& lab, const std::vector<std::string>& directories) {
  std::vector<ProcessMark> all = processes_in(directories);
  std::vector<ProcessMark> postmasters;
  std::error_code error;
  std::vector<std::string> data = directories;
  for (const auto& entry : std::filesystem::directory_iterator(lab.path() + "/nodes", error)) {
    data.push_back(entry.path().string() + "/data");
  }
  for (const std::string& directory : data) {
    const ProcessMark mark = postmaster_of(directory);
    if (mark.start != 0) postmasters.push_back(mark);
  }
  if (const Result<Done> sent = signal_all(postmasters, SIGINT); !sent.ok()) return sent;
  if (const Result<Done> sent = signal_all(all, SIGCONT); !sent.ok()) return sent;
  if (!postmasters.empty()) wait_gone(all, kPostgresStopTime);
  for (int round = 0; round < kKillRounds; ++round) {
    all = processes_in(directories);
    if (all.empty()) return Done{};
    if (const Result<Done> sent = signal_all(all, SIGKILL); !sent.ok()) return sent;
    wait_gone(all, kKillTime);
  }
  return Error{ErrorCode::timed_out, "error: a PostgreSQL of the lab does not end"};
}

// By the names that the directory gives it: also what an `up` that failed could not write down.
Result<Done> end_network(const LabDirectory& lab) {
  const Result<std::optional<LabNetwork>> saved = load_lab_network(lab.network());
  if (!saved.ok()) return saved.error();
  LabNetwork network = *saved ? **saved : new_lab_network(lab.path());
  if (!has_namespaces(network)) return Done{};
  if (const Result<Done> fine = check_namespaces(); !fine.ok()) return fine;
  if (const Result<Done> removed = remove_namespaces(network); !removed.ok()) return removed;
  if (!*saved) return Done{};
  network.regions.clear();
  network.hosts.clear();
  network.cuts.clear();
  network.frozen.clear();
  return save_lab_network(lab.network(), network);
}

}  // namespace

Result<int> run_lab_down(Session& session, const std::string& directory) {
  const LabDirectory lab = LabDirectory::at(directory);
  const Result<std::vector<LabProcess>> processes = load_lab_processes(lab.processes());
  if (!processes.ok()) return processes.error().within("error");
  const Result<Done> daemons = end_daemons(*processes);
  if (!daemons.ok()) return daemons.error();
  std::vector<std::string> directories{lab.path() + "/nodes"};
  // Without a formation there were never more directories than the lab's own.
  const Result<std::vector<Member>> members = lab_members(lab);
  if (members.ok()) directories = lab_data_directories(lab, *members);
  const Result<Done> ended = end_postgres(lab, directories);
  if (!ended.ok()) return ended.error();
  if (!processes->empty()) {
    const Result<Done> saved = save_lab_processes(lab.processes(), {});
    if (!saved.ok()) return saved.error().within("error");
  }
  if (const Result<Done> removed = end_network(lab); !removed.ok()) return removed.error();
  session.terminal().notes() << "The lab is down; its data is still in " << lab.path() << ".\n";
  return kExitDone;
}

}  // namespace hactl
