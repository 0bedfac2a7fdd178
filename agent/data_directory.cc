#include "agent/data_directory.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <vector>

#include "agent/pg_programs.h"
#include "io/errno_error.h"
#include "io/file.h"

namespace hactl {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{4} << 20U;
constexpr mode_t kFileMode = 0600;
constexpr std::string_view kBlockBegin = "# hactl: begin; changes in here are overwritten\n";
constexpr std::string_view kBlockEnd = "# hactl: end\n";
constexpr std::string_view kIncludeLine = "include 'hactl.conf'  # hactl: stays the last line\n";
constexpr std::string_view kReservation = "hactl reserved";
constexpr std::string_view kHistorySuffix = ".history";
/// The names of WAL segments and history files begin with their timeline.
constexpr std::size_t kTimelineDigits = 8;
constexpr std::string_view kConfigIdMark = "hactl.config_id = '";

std::string wal_directory(const std::string& directory) {
  return directory + "/pg_wal";
}

std::optional<std::uint32_t> hex_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string hex8(std::uint64_t value) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%08llX", static_cast<unsigned long long>(value));
  return digits;
}

std::string history_file(const std::string& directory, std::uint32_t timeline) {
  return wal_directory(directory) + "/" + hex8(timeline) + std::string(kHistorySuffix);
}

struct HistoryFile {
  TimelineId timeline{};
  TimelineId parent{};
  Lsn start{};
  bool reserved = false;
};

/// The last line that is no comment: "parent<TAB>LSN<TAB>reason".
std::optional<HistoryFile> parse_history(TimelineId timeline, std::string_view text) {
  std::string_view last;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.front() != '#') last = line;
  }
  const std::size_t first = last.find('\t');
  if (first == std::string_view::npos) return std::nullopt;
  const std::string_view rest = last.substr(first + 1);
  const std::optional<Lsn> start = parse_lsn(rest.substr(0, rest.find('\t')));
  if (!start) return std::nullopt;
  std::uint32_t parent = 0;
  std::from_chars(last.data(), last.data() + first, parent);
  return HistoryFile{.timeline = timeline,
                     .parent = TimelineId(parent),
                     .start = *start,
                     .reserved = rest.find(kReservation) != std::string_view::npos};
}

/// Timelines that have a history file, a reservation or not.
std::vector<TimelineId> listed_timelines(const std::string& directory) {
  std::vector<TimelineId> timelines;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(wal_directory(directory), problem), end;
       !problem && entry != end; entry.increment(problem)) {
    const std::string name = entry->path().filename().string();
    if (name.size() != kTimelineDigits + kHistorySuffix.size() || !name.ends_with(kHistorySuffix))
      continue;
    const std::optional<std::uint32_t> number =
        hex_number(std::string_view(name).substr(0, kTimelineDigits));
    if (number) timelines.emplace_back(*number);
  }
  return timelines;
}

std::optional<HistoryFile> read_history(const std::string& directory, TimelineId timeline) {
  const Result<std::string> text =
      read_file(history_file(directory, timeline.value), kFileBytesMax);
  if (!text.ok()) return std::nullopt;
  return parse_history(timeline, *text);
}

std::vector<HistoryFile> history_files(const std::string& directory) {
  std::vector<HistoryFile> files;
  for (const TimelineId timeline : listed_timelines(directory)) {
    if (auto file = read_history(directory, timeline)) files.push_back(*file);
  }
  return files;
}

Result<Done> write_if_changed(const std::string& path, const std::string& content) {
  const Result<std::string> now = read_file(path, kFileBytesMax);
  if (now.ok() && *now == content) return Done{};
  return write_file_atomically(path, content, kFileMode);
}

Result<std::string> read_or_empty(const std::string& path) {
  Result<std::string> text = read_file(path, kFileBytesMax);
  if (!text.ok() && text.error().code == ErrorCode::not_found) return std::string();
  return text;
}

/// Puts the block at the top, where it wins; what follows stays, for whoever takes hactl away.
Result<Done> write_block(const std::string& path, const std::string& block) {
  const Result<std::string> text = read_or_empty(path);
  if (!text.ok()) return text.error();
  std::string rest = *text;
  const std::size_t begin = rest.find(kBlockBegin);
  const std::size_t end = rest.find(kBlockEnd, begin == std::string::npos ? 0 : begin);
  if (begin != std::string::npos && end != std::string::npos) {
    rest.erase(begin, end + kBlockEnd.size() - begin);
  }
  return write_if_changed(path, std::string(kBlockBegin) + block + std::string(kBlockEnd) + rest);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string name_in(const std::string& line) {
  return line.substr(0, line.find_first_of(" \t="));
}

/// initdb's explanations are nine tenths of these files, and every process of a server reads all of
/// them with each change.
Result<Done> drop_comments(const std::string& path) {
  const Result<std::string> text = read_file(path, kFileBytesMax);
  if (!text.ok()) return text.error();
  std::string kept;
  for (const std::string& line : lines_of(*text)) {
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != std::string::npos && line[first] != '#') kept += line + "\n";
  }
  return write_if_changed(path, kept);
}

Result<Done> include_settings(const std::string& directory) {
  const std::string path = directory + "/postgresql.conf";
  const Result<std::string> text = read_or_empty(path);
  if (!text.ok()) return text.error();
  std::string kept;
  for (const std::string& line : lines_of(*text)) {
    if (!line.starts_with("include 'hactl.conf'")) kept += line + "\n";
  }
  return write_if_changed(path, kept + std::string(kIncludeLine));
}

/// ALTER SYSTEM wins over every included file, so hactl's settings may not stand there.
Result<Done> clean_auto_settings(const std::string& directory, const SettingsFiles& files) {
  const std::string path = directory + "/postgresql.auto.conf";
  const Result<std::string> text = read_or_empty(path);
  if (!text.ok()) return text.error();
  std::set<std::string> ours;
  for (const std::string& line : lines_of(files.server))
    ours.insert(name_in(line));
  std::string kept;
  for (const std::string& line : lines_of(*text)) {
    const bool comment = line.empty() || line.front() == '#';
    if (comment || !ours.contains(name_in(line))) kept += line + "\n";
  }
  return kept == *text ? Result<Done>(Done{}) : write_if_changed(path, kept);
}

bool is_credential(const std::string& name) {
  return name.starts_with("replication.e") && name.ends_with(".key");
}

std::vector<std::string> credentials(const AgentPaths& paths) {
  std::vector<std::string> files;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(paths.state_directory, problem), end;
       !problem && entry != end; entry.increment(problem)) {
    if (is_credential(entry->path().filename().string())) files.push_back(entry->path().string());
  }
  return files;
}

}  // namespace

DataKind data_kind(const std::string& directory) {
  std::error_code problem;
  if (std::filesystem::exists(directory + "/PG_VERSION", problem)) return DataKind::cluster;
  if (problem) return DataKind::foreign;
  const bool exists = std::filesystem::exists(directory, problem);
  if (!problem && !exists) return DataKind::absent;
  for (std::filesystem::directory_iterator entry(directory, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    // A new file system has that one.
    if (entry->path().filename() != "lost+found") return DataKind::foreign;
  }
  return problem ? DataKind::foreign : DataKind::absent;
}

Result<int> data_version(const std::string& directory) {
  const Result<std::string> text = read_file(directory + "/PG_VERSION", kFileBytesMax);
  if (!text.ok()) return text.error();
  int version = 0;
  std::from_chars(text->data(), text->data() + text->size(), version);
  if (version > 0) return version;
  return Error{ErrorCode::corrupt, "read " + directory + "/PG_VERSION: no version in it"};
}

const TimelineFamily& TimelineReader::read(const std::string& directory) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  std::map<TimelineId, Known> known;
  family_ = TimelineFamily{};
  for (const TimelineId timeline : listed_timelines(directory)) {
    struct stat status {};
    if (stat(history_file(directory, timeline.value).c_str(), &status) != 0) continue;
    const Stamp stamp{.inode = status.st_ino,
                      .size = status.st_size,
                      .changed_ns = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
    const auto before = known_.find(timeline);
    Known file;
    if (before != known_.end() && before->second.stamp == stamp) {
      file = before->second;
    } else {
      const std::optional<HistoryFile> read = read_history(directory, timeline);
      if (!read) continue;
      file = Known{.stamp = stamp, .parent = std::nullopt, .start = read->start};
      if (!read->reserved) file.parent = read->parent;
    }
    known.emplace(timeline, file);
    if (!file.parent) continue;
    family_.starts[timeline] = file.start;
    family_.parents[timeline] = *file.parent;
  }
  known_ = std::move(known);
  return family_;
}

std::map<TimelineId, Lsn> timeline_history(const std::string& directory) {
  return TimelineReader().read(directory).starts;
}

std::optional<std::string> written_setting(const std::string& directory, std::string_view name) {
  const Result<std::string> text = read_file(directory + "/hactl.conf", kFileBytesMax);
  if (!text.ok()) return std::nullopt;
  for (const std::string& line : lines_of(*text)) {
    if (name_in(line) != name) continue;
    const std::size_t begin = line.find('\'');
    if (begin == std::string::npos) return std::nullopt;
    std::string value;
    for (std::size_t at = begin + 1; at < line.size(); ++at) {
      if (line[at] == '\'' && ++at == line.size()) break;
      value += line[at];
    }
    return value;
  }
  return std::nullopt;
}

std::string segment_name(WalPosition position, std::uint64_t segment_bytes) {
  const std::uint64_t per_log = (std::uint64_t{1} << 32U) / segment_bytes;
  const std::uint64_t number = position.lsn.value / segment_bytes;
  return hex8(position.timeline.value) + hex8(number / per_log) + hex8(number % per_log);
}

std::optional<Lsn> end_of_timeline(std::string_view history, TimelineId timeline) {
  for (const std::string& line : lines_of(history)) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc{} || TimelineId(number) != timeline) continue;
    const std::string_view rest =
        std::string_view(line).substr(static_cast<std::size_t>(end - line.data()));
    const std::size_t begin = rest.find_first_not_of('\t');
    if (begin == std::string_view::npos) continue;
    return parse_lsn(rest.substr(begin, rest.find('\t', begin) - begin));
  }
  return std::nullopt;
}

TimelineId timeline_at(const std::string& directory, const std::map<TimelineId, Lsn>& history,
                       Lsn end, std::uint64_t segment_bytes) {
  if (end == Lsn(0) || segment_bytes == 0) return TimelineId(0);
  const auto has_segment = [&](TimelineId timeline) {
    std::error_code problem;
    const std::string name = segment_name({timeline, Lsn(end.value - 1)}, segment_bytes);
    return std::filesystem::exists(wal_directory(directory) + "/" + name, problem);
  };
  for (auto entry = history.rbegin(); entry != history.rend(); ++entry) {
    if (entry->second < end && has_segment(entry->first)) return entry->first;
  }
  return has_segment(TimelineId(1)) ? TimelineId(1) : TimelineId(0);
}

bool has_standby_signal(const std::string& directory) {
  std::error_code problem;
  return std::filesystem::exists(directory + "/standby.signal", problem);
}

Result<Done> write_standby_signal(const std::string& directory) {
  // Written also when it is there: only then is it known to be durable.
  return write_file_atomically(directory + "/standby.signal", "", kFileMode);
}

Result<Done> remove_standby_signal(const std::string& directory) {
  return remove_file(directory + "/standby.signal");
}

Result<Done> drop_explanations(const std::string& directory) {
  for (const char* name : {"/postgresql.conf", "/pg_hba.conf", "/pg_ident.conf"}) {
    if (Result<Done> done = drop_comments(directory + name); !done.ok()) return done;
  }
  return Done{};
}

Result<Done> write_settings(const std::string& directory, const SettingsFiles& files) {
  Result<Done> done = write_block(directory + "/pg_hba.conf", files.hba);
  if (done.ok()) done = write_block(directory + "/pg_ident.conf", files.ident);
  if (done.ok()) done = clean_auto_settings(directory, files);
  if (done.ok()) done = include_settings(directory);
  // Last, because the id in it says that everything is written.
  if (done.ok()) done = write_if_changed(directory + "/hactl.conf", files.server);
  return done;
}

std::string config_id_on_disk(const std::string& directory) {
  const Result<std::string> text = read_file(directory + "/hactl.conf", kFileBytesMax);
  if (!text.ok()) return "";
  const std::size_t mark = text->rfind(kConfigIdMark);
  if (mark == std::string::npos) return "";
  const std::size_t begin = mark + kConfigIdMark.size();
  return text->substr(begin, text->find('\'', begin) - begin);
}

Result<Done> reserve_timelines(const std::string& directory, TimelineId timeline) {
  std::error_code problem;
  for (std::uint32_t number = 2; number < timeline.value; ++number) {
    const std::string path = history_file(directory, number);
    if (std::filesystem::exists(path, problem)) continue;
    const std::string content =
        std::to_string(number - 1) + "\t0/0\t" + std::string(kReservation) + "\n";
    if (Result<Done> done = write_file_atomically(path, content, kFileMode); !done.ok()) {
      return done;
    }
  }
  return Done{};
}

Result<Done> drop_foreign_timelines(const std::string& directory, TimelineId current,
                                    std::string_view history) {
  std::vector<std::string> foreign;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(wal_directory(directory), problem), end;
       !problem && entry != end; entry.increment(problem)) {
    const std::string name = entry->path().filename().string();
    if (name.size() < kTimelineDigits) continue;
    const auto number = hex_number(std::string_view(name).substr(0, kTimelineDigits));
    if (!number || TimelineId(*number) == current) continue;
    if (!end_of_timeline(history, TimelineId(*number))) foreign.push_back(entry->path().string());
  }
  if (problem) return errno_error("look through " + wal_directory(directory), problem.value());
  for (const std::string& path : foreign) {
    if (Result<Done> done = remove_file(path); !done.ok()) return done;
  }
  return Done{};
}

Result<Done> drop_unused_reservations(const std::string& directory) {
  const std::vector<HistoryFile> files = history_files(directory);
  TimelineId last{0};
  for (const HistoryFile& file : files) {
    if (!file.reserved) last = std::max(last, file.timeline);
  }
  for (const HistoryFile& file : files) {
    if (!file.reserved || file.timeline < last) continue;
    if (Result<Done> done = remove_file(history_file(directory, file.timeline.value)); !done.ok()) {
      return done;
    }
  }
  return Done{};
}

Result<Done> place_credential(const AgentPaths& paths, Epoch epoch) {
  const std::string path = replication_key_file(paths, epoch);
  const Result<std::string> key = read_file(paths.key_file, kFileBytesMax);
  if (!key.ok()) return key.error();
  // An agent that starts again places it anew: only its absence has to last.
  if (Result<Done> done = replace_file(path, *key, kFileMode); !done.ok()) return done;
  for (const std::string& other : credentials(paths)) {
    if (other == path) continue;
    if (Result<Done> done = remove_file(other); !done.ok()) return done;
  }
  return Done{};
}

Result<Done> remove_credentials(const AgentPaths& paths) {
  for (const std::string& file : credentials(paths)) {
    std::error_code problem;
    std::filesystem::remove(file, problem);
    if (problem) return errno_error("remove " + file, problem.value());
  }
  // Also when there was none to remove: an earlier removal may not have become durable.
  return sync_directory(paths.state_directory);
}

bool has_credential(const AgentPaths& paths) {
  return !credentials(paths).empty();
}

}  // namespace hactl
