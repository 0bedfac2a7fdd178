// The lab's processes: which were started, and signals that can only reach those. A pid alone may
// have been given to another program since, so each is kept with the start time that the kernel
// shows for it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace hactl {

/// Processes that are looked at in /proc, and entries of processes.json.
inline constexpr std::size_t kLabProcessesMax = 65'536;

/// One process, for as long as pid and start time are the same.
struct ProcessMark {
  pid_t pid = 0;
  std::uint64_t start = 0;  ///< Clock ticks since the machine started; 0: the process is gone.
  friend auto operator<=>(const ProcessMark&, const ProcessMark&) = default;
};

/// A process that the lab has started.
struct LabProcess {
  std::string name{};  ///< "controller", or the node's name.
  std::string role{};  ///< "controller" or "agent".
  ProcessMark mark{};
  friend bool operator==(const LabProcess&, const LabProcess&) = default;
};

/// processes.json.
Result<std::vector<LabProcess>> load_lab_processes(const std::string& file);
Result<Done> save_lab_processes(const std::string& file, const std::vector<LabProcess>& processes);

/// What the kernel knows of a process.
struct ProcessLook {
  ProcessMark mark{};
  pid_t parent = 0;
  char state = '?';  ///< As in /proc: R, S, T (stopped), Z (ended) …
};

/// What `pid` is now; start 0 when there is no such process.
ProcessLook look_at(pid_t pid);

/// True while that very process lives; a zombie does not.
bool alive(const ProcessMark& mark);

/// Every live process.
std::vector<ProcessLook> all_processes();

/// The live processes that work in one of `directories` (absolute) or below, as all of PostgreSQL's
/// do in their data directory; in one itself also those that see it under another name.
std::vector<ProcessMark> processes_in(const std::vector<std::string>& directories);

/// The live processes in the network namespace that `file` stands for.
std::vector<ProcessMark> processes_in_network(const std::string& file);

/// The live processes that were started by `roots`, directly or not, and the roots.
std::vector<ProcessMark> with_descendants(const std::vector<ProcessMark>& roots);

/// The postmaster of a data directory; start 0 when none runs.
ProcessMark postmaster_of(const std::string& data_directory);

/// Sends a signal to exactly that process; one that has gone is fine.
Result<Done> signal_process(const ProcessMark& mark, int signal);

/// Waits until none of them lives; false when `limit` passes first.
bool wait_gone(const std::vector<ProcessMark>& marks, Duration limit);

}  // namespace hactl
