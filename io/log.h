// The log: one line a message on standard error,
//   2026-11-23T09:30:00.123Z info  [agent paris-a] text
// with control characters escaped, so that no message can forge a line. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

namespace hactl {

enum class LogLevel { debug, info, warning, error };

/// Sets the name in brackets and the least level that is written. Colours only on a terminal
/// without NO_COLOR. Before it, lines of level info and above are written with an empty name.
void init_log(std::string_view program, LogLevel level);

/// Writes one line.
void log_line(LogLevel level, std::string_view text);

/// True when lines of `level` are written; for texts that are dear to build.
bool log_enabled(LogLevel level);

/// `text` with control characters, backslashes and invalid UTF-8 as `\n`, `\\`, `\x1b`.
std::string escape_for_log(std::string_view text);

template <typename... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::debug)) {
    log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace hactl
