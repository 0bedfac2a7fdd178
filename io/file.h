// Files: read whole, written so that a crash leaves the old or the new content and nothing else.
// Errors name the path. Thread-safe; two writers of one path: the last one wins.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hactl {

/// The whole content. Errors: not_found, invalid when longer than `bytes_max`, forbidden,
/// unavailable.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

/// Replaces `path` durably: temporary file in the same directory, fsync, rename, fsync of the
/// directory. On an error before the rename the old content stays and the temporary file is
/// removed.
Result<Done> write_file_atomically(const std::string& path, std::string_view content, mode_t mode);

/// Replaces `path` for readers, not durably: what a crash leaves must not matter.
Result<Done> replace_file(const std::string& path, std::string_view content, mode_t mode);

/// Overwrites `path` durably where it is, in one flush; one that is not there is made with `mode`.
/// A crash may leave a part of each content: for files that tell by themselves whether they are
/// whole.
Result<Done> overwrite_file(const std::string& path, std::string_view content, mode_t mode);

/// Makes `path` and the directories above it that are missing, with `mode`; existing ones are left
/// as they are.
Result<Done> make_directories(const std::string& path, mode_t mode);

/// Removes a file durably; one that is not there is fine.
Result<Done> remove_file(const std::string& path);

/// Makes what was written to a file durable, whoever wrote it.
Result<Done> sync_file(const std::string& path);

/// Makes renames and removals in a directory durable.
Result<Done> sync_directory(const std::string& path);

}  // namespace hactl
