#include "io/log.h"

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>

namespace hactl {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view level_word(spdlog::level::level_enum level) {
  if (level <= spdlog::level::debug) return "debug";
  if (level == spdlog::level::info) return "info";
  if (level == spdlog::level::warn) return "warn";
  return "error";
}

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(std::string program) : program_(std::move(program)) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(message.time.time_since_epoch());
    const std::time_t seconds = milliseconds.count() / 1000;
    fmt::format_to(std::back_inserter(line), "{:%Y-%m-%dT%H:%M:%S}.{:03}Z ", fmt::gmtime(seconds),
                   milliseconds.count() % 1000);
    message.color_range_start = line.size();
    fmt::format_to(std::back_inserter(line), "{:<5}", level_word(message.level));
    message.color_range_end = line.size();
    const std::string_view text(message.payload.data(), message.payload.size());
    fmt::format_to(std::back_inserter(line), " [{}] {}\n", program_, escape_for_log(text));
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(program_);
  }

 private:
  std::string program_;
};

spdlog::color_mode color_mode() {
  // Read once, when the log is first used, which is before any thread is started.
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
  if (no_color != nullptr && *no_color != '\0') return spdlog::color_mode::never;
  return isatty(STDERR_FILENO) == 1 ? spdlog::color_mode::automatic : spdlog::color_mode::never;
}

spdlog::logger make_logger() {
  spdlog::logger made("hactl", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(color_mode()));
  made.set_formatter(std::make_unique<LineFormatter>(""));
  made.set_level(spdlog::level::info);
  return made;
}

spdlog::logger& logger() {
  static spdlog::logger instance = make_logger();
  return instance;
}

/// How long a UTF-8 sequence is that begins with `first`; 0 when none does.
std::size_t length_by_first(std::uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

/// Whether `second` may follow: excludes overlong forms, surrogates and what is beyond U+10FFFF.
bool may_follow(std::uint8_t first, std::uint8_t second) {
  switch (first) {
    case 0xE0: return second >= 0xA0;
    case 0xED: return second <= 0x9F;
    case 0xF0: return second >= 0x90;
    case 0xF4: return second <= 0x8F;
    default: return true;
  }
}

/// The length of the well-formed UTF-8 sequence at the start of `text`; 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text[0]);
  const std::size_t length = length_by_first(first);
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<std::uint8_t>(text[i]) & 0xC0U) != 0x80) return 0;
  }
  return length == 1 || may_follow(first, static_cast<std::uint8_t>(text[1])) ? length : 0;
}

bool is_control(std::string_view sequence) {
  const auto first = static_cast<std::uint8_t>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  // U+0080 to U+009F, which some terminals obey.
  return first == 0xC2 && static_cast<std::uint8_t>(sequence[1]) < 0xA0;
}

void append_escaped(std::string& escaped, std::string_view sequence) {
  for (const char character : sequence) {
    switch (character) {
      case '\n': escaped += "\\n"; break;
      case '\r': escaped += "\\r"; break;
      case '\t': escaped += "\\t"; break;
      default: escaped += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(character)); break;
    }
  }
}

}  // namespace

void init_log(std::string_view program, LogLevel level) {
  logger().set_formatter(std::make_unique<LineFormatter>(escape_for_log(program)));
  logger().set_level(spdlog_level(level));
}

void log_line(LogLevel level, std::string_view text) {
  logger().log(spdlog_level(level), spdlog::string_view_t(text.data(), text.size()));
}

bool log_enabled(LogLevel level) {
  return logger().should_log(spdlog_level(level));
}

std::string escape_for_log(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_control(sequence)) {
      append_escaped(escaped, sequence);
    } else if (sequence == "\\") {
      escaped += "\\\\";
    } else {
      escaped += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return escaped;
}

}  // namespace hactl
