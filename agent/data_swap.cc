// The half of agent/data_directory.h that moves whole directories and keeps what would be lost.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "agent/data_directory.h"
#include "io/errno_error.h"
#include "io/file.h"

namespace hactl {
namespace {

namespace fs = std::filesystem;

/// Diverged WAL that is kept, all copies together.
constexpr std::uint64_t kDivergedBytesMax = std::uint64_t{1} << 30U;
constexpr std::size_t kSegmentNameBytes = 24;
constexpr std::size_t kTimelineBytes = 8;

Error swap_error(const std::string& directory, int number) {
  if (number == EBUSY || number == EXDEV) {
    return Error{ErrorCode::invalid,
                 "replace data directory " + directory +
                     ": it is a mount point; put the data directory in a directory below it"};
  }
  return errno_error("replace data directory " + directory, number);
}

std::string parent_of(const std::string& path) {
  return fs::path(path).parent_path().string();
}

/// What a copy has taken the place of, for a moment.
std::string old_directory(const std::string& directory) {
  return directory + ".old";
}

/// WAL that nobody else has.
std::string diverged_directory(const AgentPaths& paths) {
  return paths.state_directory + "/diverged";
}

/// Of a directory that is not there: none.
Result<std::vector<fs::path>> entries_of(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code problem;
  for (fs::directory_iterator entry(directory, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    entries.push_back(entry->path());
  }
  if (!problem || problem == std::errc::no_such_file_or_directory) return entries;
  return errno_error("list " + directory.string(), problem.value());
}

std::uint64_t bytes_in(const fs::path& directory) {
  std::uint64_t bytes = 0;
  const Result<std::vector<fs::path>> files = entries_of(directory);
  if (!files.ok()) return 0;
  for (const fs::path& file : *files) {
    std::error_code ignored;  // A file that cannot be measured counts as empty.
    const std::uintmax_t size = fs::file_size(file, ignored);
    if (!ignored) bytes += size;
  }
  return bytes;
}

/// Removes the oldest copies until `room` more bytes fit. Names sort by time.
Result<Done> make_room(const std::string& diverged, std::uint64_t room) {
  Result<std::vector<fs::path>> copies = entries_of(diverged);
  if (!copies.ok()) return copies.error();
  std::ranges::sort(*copies, std::greater{});
  std::uint64_t kept = room;
  for (const fs::path& copy : *copies) {
    kept += bytes_in(copy);
    if (kept <= kDivergedBytesMax) continue;
    if (Result<Done> done = remove_tree(copy.string()); !done.ok()) return done;
  }
  return Done{};
}

/// Segments of one timeline that are not before `first`, newest first.
Result<std::vector<fs::path>> segments_from(const std::string& data_directory,
                                            const std::string& first) {
  Result<std::vector<fs::path>> segments = entries_of(data_directory + "/pg_wal");
  if (!segments.ok()) return segments;
  std::erase_if(*segments, [&](const fs::path& entry) {
    const std::string name = entry.filename().string();
    const bool same_timeline = name.starts_with(first.substr(0, kTimelineBytes));
    return name.size() != kSegmentNameBytes || !same_timeline || name < first;
  });
  std::ranges::sort(*segments, std::greater{});
  return segments;
}

}  // namespace

Result<Done> remove_tree(const std::string& directory) {
  std::error_code problem;
  fs::remove_all(directory, problem);
  if (problem) return errno_error("remove " + directory, problem.value());
  return Done{};
}

std::string fresh_directory(const std::string& directory) {
  return directory + ".new";
}

Result<std::vector<std::string>> deletion_order(const std::string& directory) {
  const fs::path root(directory);
  const fs::path global = root / "global";
  const std::array last{global / "pg_control", global, root / "PG_VERSION"};
  std::vector<std::string> order;
  for (const fs::path& parent : {root, global}) {
    const Result<std::vector<fs::path>> entries = entries_of(parent);
    if (!entries.ok()) return entries.error();
    for (const fs::path& entry : *entries) {
      if (std::ranges::find(last, entry) == last.end()) order.push_back(entry.string());
    }
  }
  for (const fs::path& entry : last)
    order.push_back(entry.string());
  return order;
}

Result<Done> delete_data(const AgentPaths& paths, const std::string& directory) {
  for (const std::string& beside :
       {fresh_directory(directory), old_directory(directory), diverged_directory(paths)}) {
    if (Result<Done> done = remove_tree(beside); !done.ok()) return done;
  }
  const Result<std::vector<std::string>> order = deletion_order(directory);
  if (!order.ok()) return order.error();
  for (const std::string& entry : *order) {
    if (Result<Done> done = remove_tree(entry); !done.ok()) return done;
  }
  std::error_code stays;
  fs::remove(directory, stays);
  return Done{};
}

Result<Done> swap_in(const std::string& fresh, const std::string& directory) {
  const std::string old = old_directory(directory);
  if (Result<Done> done = remove_tree(old); !done.ok()) return done;
  // In one step, so that no crash leaves a node without a data directory.
  if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, directory.c_str(), RENAME_EXCHANGE) == 0) {
    if (rename(fresh.c_str(), old.c_str()) != 0) return swap_error(directory, errno);
  } else {
    // There is none yet, or the file system cannot exchange.
    const bool missing = errno == ENOENT;
    if (!missing && rename(directory.c_str(), old.c_str()) != 0) {
      return swap_error(directory, errno);
    }
    if (rename(fresh.c_str(), directory.c_str()) != 0) return swap_error(directory, errno);
  }
  if (Result<Done> done = sync_directory(parent_of(directory)); !done.ok()) return done;
  return remove_tree(old);
}

Result<Done> keep_diverged_wal(const AgentPaths& paths, const std::string& data_directory,
                               WalPosition from, std::uint64_t segment_bytes,
                               const std::string& name) {
  const std::string first = segment_name(from, segment_bytes);
  Result<std::vector<fs::path>> found = segments_from(data_directory, first);
  if (!found.ok()) return found.error();
  std::vector<fs::path>& segments = *found;
  segments.resize(std::min<std::size_t>(segments.size(), kDivergedBytesMax / segment_bytes));
  if (segments.empty()) return Done{};
  const std::string diverged = diverged_directory(paths);
  const std::string target = diverged + "/" + name;
  if (Result<Done> done = make_room(diverged, segments.size() * segment_bytes); !done.ok()) {
    return done;
  }
  if (Result<Done> done = make_directories(target, 0700); !done.ok()) return done;
  for (const fs::path& segment : segments) {
    std::error_code problem;
    fs::copy_file(segment, target / segment.filename(), fs::copy_options::overwrite_existing,
                  problem);
    if (problem) return errno_error("keep diverged WAL in " + target, problem.value());
    if (Result<Done> done = sync_file((target / segment.filename()).string()); !done.ok()) {
      return done;
    }
  }
  return sync_directory(target);
}

}  // namespace hactl
