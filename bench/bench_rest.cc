// bench_rest [--nodes 3|7] [--seconds N]: what a formation at peace costs: memory and processor
// time of the controller and the agents, and writes of the store.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "bench/bench_lab.h"
#include "hactl/lab_processes.h"

namespace hactl {
namespace {

constexpr int kSecondsDefault = 60;
// Caches fill and the last events of the making are written.
constexpr std::chrono::seconds kSettleTime{15};
// How often the store is looked at: two writes within it count as one.
constexpr std::chrono::milliseconds kLookEvery{200};

double pss_megabytes(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Pss:")) return std::strtod(line.c_str() + 4, nullptr) / 1024;
  }
  return 0;
}

// Seconds of processor time, in user and kernel mode.
double processor_seconds(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  constexpr int kFieldsBefore = 11;  // From the state (3rd) to the user time (14th).
  std::string skipped;
  for (int i = 0; i < kFieldsBefore; ++i) {
    fields >> skipped;
  }
  double user = 0;
  double kernel = 0;
  fields >> user >> kernel;
  return (user + kernel) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Changes whenever the store is written: SQLite appends to the write-ahead log, or starts it anew.
std::string store_mark(const std::string& directory) {
  std::string mark;
  for (const char* name : {"/controller/store.db", "/controller/store.db-wal"}) {
    struct stat info {};
    if (stat((directory + name).c_str(), &info) != 0) continue;
    mark += fmt::format("{} {}.{} ", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  }
  return mark;
}

int writes_within(const std::string& directory, std::chrono::seconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  std::string mark = store_mark(directory);
  int writes = 0;
  while (std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(kLookEvery);
    const std::string now = store_mark(directory);
    if (now != mark) ++writes;
    mark = now;
  }
  return writes;
}

Result<Done> run(int nodes, std::chrono::seconds time) {
  const BenchShape shape{.nodes = nodes};
  Result<BenchLab> lab = BenchLab::create(shape);
  if (!lab.ok()) return lab.error();
  const Result<Done> applied = lab->apply(shape);
  if (!applied.ok()) return applied;
  std::this_thread::sleep_for(kSettleTime);
  const Result<std::vector<LabProcess>> processes =
      load_lab_processes(lab->directory() + "/processes.json");
  if (!processes.ok()) return processes.error();
  std::vector<double> before;
  for (const LabProcess& process : *processes) {
    before.push_back(processor_seconds(process.mark.pid));
  }
  const int writes = writes_within(lab->directory(), time);
  const double seconds = static_cast<double>(time.count());
  for (const std::string role : {"controller", "agent"}) {
    std::vector<double> memory;
    std::vector<double> processor;
    for (std::size_t i = 0; i < processes->size(); ++i) {
      const LabProcess& process = (*processes)[i];
      if (process.role != role) continue;
      if (!alive(process.mark)) return Error{ErrorCode::internal, process.name + " has ended"};
      memory.push_back(pss_megabytes(process.mark.pid));
      processor.push_back((processor_seconds(process.mark.pid) - before[i]) / seconds * 100);
    }
    print_spread(role + ", memory (PSS)", memory, "MB");
    print_spread(role + ", processor", processor, "% of one core");
  }
  fmt::print("store writes within {} s: {}\n", time.count(), writes);
  return Done{};
}

}  // namespace
}  // namespace hactl

int main(int count, char** arguments) {
  try {
    const std::chrono::seconds time(
        hactl::number_option(count, arguments, "--seconds", hactl::kSecondsDefault));
    const hactl::Result<hactl::Done> done =
        hactl::run(hactl::number_option(count, arguments, "--nodes", 3), time);
    if (done.ok()) return 0;
    fmt::print(stderr, "{}\n", done.error().message);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
  }
  return 1;
}
