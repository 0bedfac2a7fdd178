#include "hactl/lab_processes.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "io/file.h"
#include "io/file_descriptor.h"
#include "io/process.h"

namespace hactl {
namespace {

constexpr std::size_t kProcessesBytesMax = std::size_t{1} << 20U;
constexpr Duration kGonePoll{20};

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

bool inside(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory + "/");
}

std::string proc_path(pid_t pid, std::string_view name) {
  return fmt::format("/proc/{}/{}", pid, name);
}

// What two names of one file or directory have in common.
struct FileIdentity {
  dev_t device = 0;
  ino_t number = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return std::nullopt;
  return FileIdentity{info.st_dev, info.st_ino};
}

}  // namespace

Result<std::vector<LabProcess>> load_lab_processes(const std::string& file) {
  const Result<std::string> text = read_file(file, kProcessesBytesMax);
  if (!text.ok() && text.error().code == ErrorCode::not_found) return std::vector<LabProcess>{};
  if (!text.ok()) return text.error();
  const Result<nlohmann::json> json = parse_json(*text, kProcessesBytesMax);
  if (!json.ok()) return json.error().within(file);
  std::vector<LabProcess> result;
  try {
    for (const nlohmann::json& each : json->at("processes")) {
      result.push_back(
          {each.at("name").get<std::string>(), each.at("role").get<std::string>(),
           ProcessMark{each.at("pid").get<pid_t>(), each.at("start-time").get<std::uint64_t>()}});
    }
  } catch (const nlohmann::json::exception& problem) {
    return Error{ErrorCode::corrupt, file + ": " + problem.what()};
  }
  return result;
}

Result<Done> save_lab_processes(const std::string& file, const std::vector<LabProcess>& processes) {
  nlohmann::json list = nlohmann::json::array();
  for (const LabProcess& each : processes) {
    list.push_back({{"name", each.name},
                    {"role", each.role},
                    {"pid", each.mark.pid},
                    {"start-time", each.mark.start}});
  }
  return write_file_atomically(file, pretty_json(nlohmann::json{{"processes", list}}), 0644);
}

ProcessLook look_at(pid_t pid) {
  const std::string line = first_line_of(proc_path(pid, "stat"));
  // The name, in parentheses, may hold anything: the fields begin after the last one.
  const std::size_t close = line.rfind(')');
  if (close == std::string::npos) return {};
  std::istringstream fields(line.substr(close + 1));
  ProcessLook look;
  look.mark.pid = pid;
  fields >> look.state >> look.parent;
  constexpr int kFieldsBetween = 17;  // From the parent (4th) to the start time (22nd).
  std::string skipped;
  for (int i = 0; i < kFieldsBetween; ++i) {
    fields >> skipped;
  }
  fields >> look.mark.start;
  return look;
}

bool alive(const ProcessMark& mark) {
  if (mark.pid <= 0 || mark.start == 0) return false;
  const ProcessLook look = look_at(mark.pid);
  return look.mark == mark && look.state != 'Z' && look.state != 'X';
}

std::vector<ProcessLook> all_processes() {
  std::vector<ProcessLook> result;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) continue;
    const ProcessLook look = look_at(pid);
    if (look.mark.start != 0 && look.state != 'Z') result.push_back(look);
    if (result.size() == kLabProcessesMax) break;
  }
  return result;
}

std::vector<ProcessMark> processes_in(const std::vector<std::string>& directories) {
  std::vector<std::optional<FileIdentity>> identities;
  for (const std::string& directory : directories) {
    identities.push_back(identity_of(directory));
  }
  const std::optional<FileIdentity> our_disks = identity_of("/proc/self/ns/mnt");
  std::vector<ProcessMark> result;
  for (const ProcessLook& look : all_processes()) {
    const std::optional<std::string> place = process_directory(look.mark.pid);
    if (!place) continue;
    const std::optional<FileIdentity> identity = identity_of(proc_path(look.mark.pid, "cwd"));
    // Its name of the place says something only if it sees the same disks.
    const bool same_disks = identity_of(proc_path(look.mark.pid, "ns/mnt")) == our_disks;
    bool ours = false;
    for (std::size_t i = 0; i < directories.size() && !ours; ++i) {
      ours =
          (identity && identity == identities[i]) || (same_disks && inside(*place, directories[i]));
    }
    if (ours && alive(look.mark)) result.push_back(look.mark);
  }
  return result;
}

std::vector<ProcessMark> processes_in_network(const std::string& file) {
  std::vector<ProcessMark> result;
  const std::optional<FileIdentity> wanted = identity_of(file);
  if (!wanted) return result;
  for (const ProcessLook& look : all_processes()) {
    const bool ours = identity_of(proc_path(look.mark.pid, "ns/net")) == wanted;
    if (ours && alive(look.mark)) result.push_back(look.mark);
  }
  return result;
}

std::vector<ProcessMark> with_descendants(const std::vector<ProcessMark>& roots) {
  std::vector<ProcessMark> result;
  std::set<pid_t> found;
  for (const ProcessMark& root : roots) {
    if (!alive(root)) continue;
    result.push_back(root);
    found.insert(root.pid);
  }
  const std::vector<ProcessLook> all = all_processes();
  for (bool grown = true; grown;) {
    grown = false;
    for (const ProcessLook& look : all) {
      if (!found.contains(look.parent) || found.contains(look.mark.pid)) continue;
      result.push_back(look.mark);
      found.insert(look.mark.pid);
      grown = true;
    }
  }
  return result;
}

ProcessMark postmaster_of(const std::string& data_directory) {
  const std::string line = first_line_of(data_directory + "/postmaster.pid");
  pid_t pid = 0;
  std::from_chars(line.data(), line.data() + line.size(), pid);
  if (pid <= 0) return {};
  const ProcessLook look = look_at(pid);
  const std::optional<FileIdentity> place = identity_of(proc_path(pid, "cwd"));
  if (!place || place != identity_of(data_directory) || !alive(look.mark)) return {};
  return look.mark;
}

Result<Done> signal_process(const ProcessMark& mark, int signal) {
  Result<ProcessWatch> watch = ProcessWatch::open(mark.pid);
  if (!watch.ok())
    return watch.error().code == ErrorCode::not_found ? Result<Done>(Done{}) : watch.error();
  // The pidfd holds this process; only now is it certain that it is the one that is meant.
  if (!alive(mark)) return Done{};
  const Result<Done> sent = watch->send_signal(signal);
  if (!sent.ok() && sent.error().code != ErrorCode::not_found) return sent;
  return Done{};
}

bool wait_gone(const std::vector<ProcessMark>& marks, Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (std::ranges::any_of(marks, alive)) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kGonePoll);
  }
  return true;
}

}  // namespace hactl
