// What `ha-agent --config FILE` reads, and the check of the directories that it names.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "io/log.h"
#include "model/ids.h"
#include "model/local.h"

namespace hactl {

/// The longest socket directory: with PostgreSQL's file name it must fit a socket's 107 bytes.
inline constexpr std::size_t kSocketDirectoryBytesMax = 80;

struct AgentConfig {
  FormationName formation{};
  NodeName node{};
  std::string controller{};  ///< "https://host:port".
  AgentPaths paths{};
  std::string user = "postgres";  ///< Whom the agent becomes when root starts it.
  LogLevel log_level = LogLevel::info;
};

/// Reads JSON. Errors: invalid, with the key.
Result<AgentConfig> parse_agent_config(std::string_view text);

/// Reads a file; the errors name it.
Result<AgentConfig> load_agent_config(const std::string& path);

/// Makes the state and socket directories where they are missing, for `user` when run by root.
/// Called before root is given up. Errors: one line that says what to do.
Result<Done> make_agent_directories(const AgentConfig& config);

/// Whether the directories can be written and the certificates read by who runs now.
Result<Done> check_agent_access(const AgentConfig& config);

}  // namespace hactl
