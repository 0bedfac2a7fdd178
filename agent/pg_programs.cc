#include "agent/pg_programs.h"

#include <signal.h>

#include <charconv>
#include <map>
#include <string_view>
#include <utility>

#include "agent/data_directory.h"
#include "agent/postmaster.h"
#include "io/file.h"
#include "io/process.h"

namespace hactl {
namespace {

constexpr Duration kQuickProgramTime = 5s;
constexpr Duration kInitdbTime = 2min;
/// A copy takes as long as the data is large; a source that has died is noticed by TCP in seconds.
constexpr Duration kCopyTime = 24h;
constexpr Duration kRewindTime = 1h;
/// How often a program under way is looked after.
constexpr Duration kLookStep = 100ms;
/// Of a program's output, what an error may quote.
constexpr std::size_t kOutputBytesMax = std::size_t{1} << 20U;
constexpr std::size_t kControlBytesMax = std::size_t{64} << 10U;
/// A server that writes the file just then is done in less.
constexpr int kControlTries = 3;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

template <typename Number>
Number number_in(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

using Fields = std::map<std::string, std::string, std::less<>>;

Fields control_fields(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    fields[std::string(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
  }
  return fields;
}

std::string field(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

ControlFacts facts_of(const Fields& fields) {
  ControlFacts facts;
  facts.segment_bytes = number_in<std::uint64_t>(field(fields, "Bytes per WAL segment"));
  facts.min_recovery = WalPosition{
      TimelineId(number_in<std::uint32_t>(field(fields, "Min recovery ending loc's timeline"))),
      parse_lsn(field(fields, "Minimum recovery ending location")).value_or(Lsn(0))};
  ControlData& data = facts.data;
  data.system_id = SystemId(number_in<std::uint64_t>(field(fields, "Database system identifier")));
  const std::string state = field(fields, "Database cluster state");
  data.clean_shutdown = state == "shut down" || state == "shut down in recovery";
  data.was_primary = state == "shut down" || state == "in production";
  data.timeline =
      TimelineId(number_in<std::uint32_t>(field(fields, "Latest checkpoint's TimeLineID")));
  const std::optional<Lsn> checkpoint = parse_lsn(field(fields, "Latest checkpoint location"));
  if (checkpoint && facts.segment_bytes > 0) {
    data.begin = *checkpoint;
    data.end = end_of_checkpoint(*checkpoint, facts.segment_bytes);
  }
  const std::pair<const char*, const char*> settings[] = {
      {"max_connections setting", "max_connections"},
      {"max_worker_processes setting", "max_worker_processes"},
      {"max_wal_senders setting", "max_wal_senders"},
      {"max_prepared_xacts setting", "max_prepared_transactions"},
      {"max_locks_per_xact setting", "max_locks_per_transaction"},
  };
  for (const auto& [label, name] : settings) {
    data.primary_settings[name] = number_in<int>(field(fields, label));
  }
  return facts;
}

/// What of a program's output says why it failed: the last line with "error" or "FATAL", or the
/// last.
std::string reason_in(const std::string& output) {
  std::string last;
  std::string error;
  std::string_view text = output;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    last = line;
    if (line.find("error:") != std::string_view::npos ||
        line.find("FATAL:") != std::string_view::npos) {
      error = line;
    }
  }
  return error.empty() ? last : error;
}

}  // namespace

std::vector<std::string> postgres_environment(const AgentPaths& paths) {
  return {"PATH=" + paths.bin_directory + ":/usr/bin:/bin",
          "LC_ALL=C.UTF-8",
          "TZ=UTC",
          "HOME=/nonexistent",
          "PGPASSFILE=/nonexistent/pgpass",
          "PGSERVICEFILE=/nonexistent/pg_service.conf"};
}

Result<Done> PgPrograms::check_version(int version) {
  if (!version_) {
    const std::string program = paths_.bin_directory + "/postgres";
    const Result<ProcessOutput> said =
        run_process({.argv = {program, "--version"}, .environment = postgres_environment(paths_)},
                    kQuickProgramTime);
    if (!said.ok() && said.error().code == ErrorCode::not_found) {
      return Error{ErrorCode::not_found, "PostgreSQL " + std::to_string(version) + " is not in " +
                                             paths_.bin_directory +
                                             ": install it there or set bin-directory"};
    }
    if (!said.ok()) return said.error();
    const std::size_t mark = said->output.find(") ");
    if (!said->succeeded() || mark == std::string::npos) {
      return Error{ErrorCode::invalid, program + " does not say its version"};
    }
    version_ = number_in<int>(std::string_view(said->output).substr(mark + 2));
  }
  if (*version_ == version) return Done{};
  return Error{ErrorCode::invalid, "PostgreSQL in " + paths_.bin_directory + " is version " +
                                       std::to_string(*version_) + ", wanted is " +
                                       std::to_string(version)};
}

Result<Done> PgPrograms::initdb(const std::string& directory) {
  return run("initdb",
             {"-D", directory, "-k", "--auth-local=peer", "--auth-host=reject", "-U", "postgres",
              "--encoding=UTF8", "--locale=C.UTF-8",
              "--wal-segsize=" + std::to_string(kWalSegmentMegabytes), "--no-instructions"},
             kInitdbTime);
}

Result<Done> PgPrograms::base_backup(const std::string& directory, const std::string& conninfo,
                                     const std::string& slot) {
  std::vector<std::string> arguments{"-D",     directory,           "-d",           conninfo, "-X",
                                     "stream", "--checkpoint=fast", "--no-password"};
  if (!slot.empty()) arguments.push_back("--slot=" + slot);
  return run("pg_basebackup", std::move(arguments), kCopyTime);
}

Result<Done> PgPrograms::rewind(const std::string& directory, const std::string& conninfo) {
  return run("pg_rewind", {"-D", directory, "--source-server=" + conninfo}, kRewindTime);
}

Result<ControlFacts> PgPrograms::ask_controldata(const std::string& directory) const {
  const Result<ProcessOutput> said =
      run_process({.argv = {paths_.bin_directory + "/pg_controldata", "-D", directory},
                   .environment = postgres_environment(paths_)},
                  kQuickProgramTime);
  if (!said.ok()) return said.error();
  if (!said->succeeded()) {
    return Error{ErrorCode::corrupt,
                 "read pg_control of " + directory + ": " + reason_in(said->output)};
  }
  return facts_of(control_fields(said->output));
}

Result<ControlFacts> PgPrograms::control(const std::string& directory) const {
  Result<ControlFacts> facts = Error{ErrorCode::internal, "pg_control was not read"};
  for (int tries = 0; tries < kControlTries; ++tries) {
    const Result<std::string> bytes = read_file(directory + "/global/pg_control", kControlBytesMax);
    if (!bytes.ok()) return bytes.error();
    facts = parse_control_file(*bytes);
    if (facts.ok() || facts.error().code == ErrorCode::not_found) break;
  }
  if (!facts.ok()) facts = ask_controldata(directory);
  if (!facts.ok()) return facts;
  const Result<int> version = data_version(directory);
  if (!version.ok()) return version.error();
  facts->data.version = *version;
  if (facts->data.system_id == SystemId(0) || facts->segment_bytes == 0) {
    return Error{ErrorCode::corrupt, "read pg_control of " + directory + ": no system identifier"};
  }
  return facts;
}

void PgPrograms::end_leftovers(const std::string& directory) const {
  for (const pid_t pid : processes_in(directory)) {
    const Result<ProcessWatch> watch = ProcessWatch::open(pid);
    if (!watch.ok() || !process_works_in(pid, directory)) continue;
    if (watch->send_signal(SIGKILL).ok()) static_cast<void>(watch->wait(kProcessTermTime));
  }
}

Result<Done> PgPrograms::run(const std::string& program, std::vector<std::string> arguments,
                             Duration limit) {
  // The working directory tells this agent's programs from others.
  const std::string directory = paths_.state_directory + "/work";
  const std::string output = paths_.state_directory + "/" + program + ".log";
  if (Result<Done> made = make_directories(directory, 0700); !made.ok()) return made;
  end_leftovers(directory);
  if (Result<Done> removed = remove_file(output); !removed.ok()) return removed;
  arguments.insert(arguments.begin(), paths_.bin_directory + "/" + program);
  const Result<pid_t> pid = spawn_process({.argv = std::move(arguments),
                                           .environment = postgres_environment(paths_),
                                           .directory = directory,
                                           .output_file = output});
  if (!pid.ok()) return pid.error();
  const Result<ProcessWatch> watch = ProcessWatch::open(*pid);
  if (!watch.ok()) return watch.error();
  Duration waited{0};
  while (!watch->ended() && waited < limit && !stopping_.load()) {
    static_cast<void>(watch->wait(kLookStep));
    waited += kLookStep;
  }
  const bool in_time = watch->ended();
  if (!in_time) {
    kill(-*pid, SIGTERM);
    static_cast<void>(watch->wait(kProcessTermTime));
    kill(-*pid, SIGKILL);
    static_cast<void>(watch->wait(kProcessTermTime));
  }
  const std::optional<int> status = reap(*pid);
  if (!in_time) return Error{ErrorCode::timed_out, program + ": ended, it took too long"};
  if (status == 0) return Done{};
  const Result<std::string> said = read_file(output, kOutputBytesMax);
  return Error{ErrorCode::unavailable,
               program + ": " + (said.ok() ? reason_in(*said) : "failed, see " + output)};
}

}  // namespace hactl
