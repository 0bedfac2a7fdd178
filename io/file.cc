#include "io/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "io/errno_error.h"
#include "io/file_descriptor.h"

namespace hactl {
namespace {

constexpr std::size_t kReadFirstBytes = std::size_t{2} << 10U;
constexpr std::size_t kReadStepBytes = std::size_t{64} << 10U;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string temporary_template(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(0, name) + "." + path.substr(name) + ".XXXXXX";
}

/// Writes all of `content`; 0 or an errno.
int write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

/// 0 or an errno.
int cut_to(int descriptor, off_t length) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return errno;
  if (status.st_size == length) return 0;
  return ftruncate(descriptor, length) == 0 ? 0 : errno;
}

enum class Durable { no, yes };

/// Fills the temporary file; 0 or an errno.
int fill(int descriptor, std::string_view content, mode_t mode, Durable durable) {
  // mkostemp() made it 0600; the mode is set exactly, whatever the umask.
  if (fchmod(descriptor, mode) != 0) return errno;
  if (const int number = write_all(descriptor, content); number != 0) return number;
  if (durable == Durable::no) return 0;
  return fsync(descriptor) == 0 ? 0 : errno;
}

Result<Done> replace(const std::string& path, std::string_view content, mode_t mode,
                     Durable durable) {
  std::string temporary = temporary_template(path);
  FileDescriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.valid()) return errno_error("write " + path, errno);
  int number = fill(file.get(), content, mode, durable);
  file.reset();
  if (number == 0 && rename(temporary.c_str(), path.c_str()) != 0) number = errno;
  if (number == 0) return Done{};
  unlink(temporary.c_str());
  return errno_error("write " + path, number);
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return errno_error("read " + path, errno);
  std::string content;
  while (true) {
    const std::size_t before = content.size();
    // Most files are small, and some are read many times a second.
    const std::size_t wanted = std::clamp(before, kReadFirstBytes, kReadStepBytes);
    const std::size_t step = std::min(wanted, bytes_max - before + 1);
    content.resize(before + step);
    const ssize_t got = read(file.get(), content.data() + before, step);
    if (got < 0 && errno == EINTR) {
      content.resize(before);
      continue;
    }
    if (got < 0) return errno_error("read " + path, errno);
    content.resize(before + static_cast<std::size_t>(got));
    if (got == 0) return content;
    if (content.size() > bytes_max) {
      return Error{ErrorCode::invalid,
                   "read " + path + ": longer than " + std::to_string(bytes_max) + " bytes"};
    }
  }
}

Result<Done> write_file_atomically(const std::string& path, std::string_view content, mode_t mode) {
  Result<Done> written = replace(path, content, mode, Durable::yes);
  if (!written.ok()) return written;
  const Result<Done> synced = sync_directory(directory_of(path));
  return synced.ok() ? synced : synced.error().within("write " + path);
}

Result<Done> replace_file(const std::string& path, std::string_view content, mode_t mode) {
  return replace(path, content, mode, Durable::no);
}

Result<Done> overwrite_file(const std::string& path, std::string_view content, mode_t mode) {
  const bool made = access(path.c_str(), F_OK) != 0;
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file.valid()) return errno_error("write " + path, errno);
  int number = write_all(file.get(), content);
  if (number == 0) number = cut_to(file.get(), static_cast<off_t>(content.size()));
  // Where the length stays as it was, the disk has nothing to write but the content.
  if (number == 0 && fdatasync(file.get()) != 0) number = errno;
  if (number != 0) return errno_error("write " + path, number);
  if (!made) return Done{};
  const Result<Done> synced = sync_directory(directory_of(path));
  if (synced.ok()) return Done{};
  // The next try is to make it anew: only then does it see to the directory again.
  unlink(path.c_str());
  return synced.error().within("write " + path);
}

Result<Done> make_directories(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) == 0) {
    // The umask does not count: what is asked for is what is made.
    if (chmod(path.c_str(), mode) != 0) return errno_error("make directory " + path, errno);
    return Done{};
  }
  int number = errno;
  if (number == ENOENT && directory_of(path) != path) {
    if (Result<Done> above = make_directories(directory_of(path), mode); !above.ok()) return above;
    number = mkdir(path.c_str(), mode) == 0 ? 0 : errno;
    if (number == 0 && chmod(path.c_str(), mode) != 0) number = errno;
  }
  if (number == 0) return Done{};
  struct stat status {};
  if (number == EEXIST && stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return Done{};
  }
  return errno_error("make directory " + path, number);
}

Result<Done> remove_file(const std::string& path) {
  if (unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return Done{};
    return errno_error("remove " + path, errno);
  }
  return sync_directory(directory_of(path));
}

Result<Done> sync_file(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return errno_error("sync " + path, errno);
  if (fsync(file.get()) != 0) return errno_error("sync " + path, errno);
  return Done{};
}

Result<Done> sync_directory(const std::string& path) {
  const FileDescriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return errno_error("sync directory " + path, errno);
  if (fsync(directory.get()) != 0) return errno_error("sync directory " + path, errno);
  return Done{};
}

}  // namespace hactl
