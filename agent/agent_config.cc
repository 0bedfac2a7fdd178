#include "agent/agent_config.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "io/errno_error.h"
#include "io/file.h"
#include "model/limits.h"

namespace hactl {
namespace {

constexpr std::size_t kConfigBytesMax = std::size_t{64} << 10U;
constexpr mode_t kStateMode = 0700;
constexpr mode_t kSocketMode = 0755;
constexpr const char* kDefaultBinDirectory = "/usr/lib/postgresql/15/bin";

Error wrong(const std::string& key, const std::string& why) {
  return {ErrorCode::invalid, key + ": " + why};
}

bool is_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= kNameBytesMax && std::ranges::all_of(text, allowed);
}

Result<LogLevel> log_level_of(const std::string& text) {
  if (text == "debug") return LogLevel::debug;
  if (text == "info") return LogLevel::info;
  if (text == "warning") return LogLevel::warning;
  if (text == "error") return LogLevel::error;
  return wrong("log-level", "'" + text + "' is none of debug, info, warning, error");
}

struct Key {
  const char* name = nullptr;
  std::string* value = nullptr;
  bool required = true;
};

Result<Done> take(const nlohmann::json& json, const std::vector<Key>& keys) {
  std::set<std::string> known;
  for (const Key& key : keys) {
    known.insert(key.name);
    const auto found = json.find(key.name);
    if (found == json.end()) {
      if (key.required) return wrong(key.name, "it is missing");
      continue;
    }
    if (!found->is_string()) return wrong(key.name, "it must be a text");
    *key.value = found->get<std::string>();
    if (key.value->empty()) return wrong(key.name, "it is empty");
  }
  for (const auto& item : json.items()) {
    if (!known.contains(item.key())) return wrong(item.key(), "there is no such key");
  }
  return Done{};
}

Result<Done> check_values(const AgentConfig& config) {
  if (!is_name(config.formation.value)) return wrong("formation", "it is not a name");
  if (!is_name(config.node.value)) return wrong("node", "it is not a name");
  if (!config.controller.starts_with("https://")) {
    return wrong("controller", "it must begin with https://");
  }
  const std::array<std::pair<const char*, const std::string*>, 6> paths{{
      {"state-directory", &config.paths.state_directory},
      {"socket-directory", &config.paths.socket_directory},
      {"bin-directory", &config.paths.bin_directory},
      {"certificate", &config.paths.certificate_file},
      {"key", &config.paths.key_file},
      {"ca", &config.paths.ca_file},
  }};
  for (const auto& [key, path] : paths) {
    if (!path->starts_with('/')) return wrong(key, "'" + *path + "' does not begin with /");
  }
  if (config.paths.socket_directory.size() > kSocketDirectoryBytesMax) {
    return wrong("socket-directory", "it is longer than " +
                                         std::to_string(kSocketDirectoryBytesMax) +
                                         " bytes, a unix socket in it would not work");
  }
  return Done{};
}

/// Makes a directory that is missing; root gives it to `user`.
Result<Done> make_for(const std::string& path, mode_t mode, const std::string& user) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) return Done{};
  if (Result<Done> made = make_directories(path, mode); !made.ok()) return made;
  if (geteuid() != 0) return Done{};
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) return Error{ErrorCode::not_found, "user " + user + " does not exist"};
  if (chown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0) {
    return errno_error("give " + path + " to user " + user, errno);
  }
  return Done{};
}

Result<Done> check_writable(const std::string& path) {
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return errno_error("write to directory " + path, errno);
  }
  return Done{};
}

Result<Done> check_readable(const std::string& path) {
  if (access(path.c_str(), R_OK) != 0) return errno_error("read " + path, errno);
  return Done{};
}

}  // namespace

Result<AgentConfig> parse_agent_config(std::string_view text) {
  const Result<nlohmann::json> json = parse_json(text, kConfigBytesMax);
  if (!json.ok()) return json.error();
  if (!json->is_object()) return Error{ErrorCode::invalid, "it is not a JSON object"};
  AgentConfig config;
  config.paths.bin_directory = kDefaultBinDirectory;
  std::string log_level = "info";
  const Result<Done> taken =
      take(*json, {{.name = "formation", .value = &config.formation.value},
                   {.name = "node", .value = &config.node.value},
                   {.name = "controller", .value = &config.controller},
                   {.name = "state-directory", .value = &config.paths.state_directory},
                   {.name = "socket-directory", .value = &config.paths.socket_directory},
                   {"bin-directory", &config.paths.bin_directory, false},
                   {.name = "certificate", .value = &config.paths.certificate_file},
                   {.name = "key", .value = &config.paths.key_file},
                   {.name = "ca", .value = &config.paths.ca_file},
                   {"user", &config.user, false},
                   {"log-level", &log_level, false}});
  if (!taken.ok()) return taken.error();
  const Result<LogLevel> level = log_level_of(log_level);
  if (!level.ok()) return level.error();
  config.log_level = *level;
  if (Result<Done> fine = check_values(config); !fine.ok()) return fine.error();
  return config;
}

Result<AgentConfig> load_agent_config(const std::string& path) {
  const Result<std::string> text = read_file(path, kConfigBytesMax);
  if (!text.ok()) return text.error();
  Result<AgentConfig> config = parse_agent_config(*text);
  return config.ok() ? config : config.error().within(path);
}

Result<Done> make_agent_directories(const AgentConfig& config) {
  Result<Done> made = make_for(config.paths.state_directory, kStateMode, config.user);
  if (!made.ok()) return made;
  return make_for(config.paths.socket_directory, kSocketMode, config.user);
}

Result<Done> check_agent_access(const AgentConfig& config) {
  const AgentPaths& paths = config.paths;
  Result<Done> fine = check_writable(paths.state_directory);
  if (fine.ok()) fine = check_writable(paths.socket_directory);
  if (fine.ok()) fine = check_readable(paths.certificate_file);
  if (fine.ok()) fine = check_readable(paths.key_file);
  if (fine.ok()) fine = check_readable(paths.ca_file);
  return fine;
}

}  // namespace hactl
