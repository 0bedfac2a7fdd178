#include "agent/agent_config.h"

#include <string>

#include <gtest/gtest.h>

namespace hactl {
namespace {

std::string sample(const std::string& more = "") {
  return R"({"formation": "default", "node": "paris-a", "controller": "https://10.0.0.9:8443",
             "state-directory": "/var/lib/hactl-agent", "socket-directory": "/run/hactl",
             "certificate": "/pki/a.crt", "key": "/pki/a.key", "ca": "/pki/ca.crt")" +
         more + "}";
}

TEST(AgentConfig, TakesWhatIsWrittenAndFillsInTheRest) {
  const Result<AgentConfig> config = parse_agent_config(sample(R"(, "log-level": "debug")"));
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->node, NodeName("paris-a"));
  EXPECT_EQ(config->paths.key_file, "/pki/a.key");
  EXPECT_EQ(config->paths.bin_directory, "/usr/lib/postgresql/15/bin");
  EXPECT_EQ(config->user, "postgres");
  EXPECT_EQ(config->log_level, LogLevel::debug);
}

TEST(AgentConfig, SaysWhichKeyIsWrong) {
  const auto message = [](const std::string& text) {
    const Result<AgentConfig> config = parse_agent_config(text);
    return config.ok() ? "" : config.error().message;
  };
  EXPECT_EQ(message("{}"), "formation: it is missing");
  EXPECT_EQ(message(sample(R"(, "nodename": "x")")), "nodename: there is no such key");
  EXPECT_EQ(message(sample(R"(, "log-level": "loud")")),
            "log-level: 'loud' is none of debug, info, warning, error");
  EXPECT_EQ(message(sample(R"(, "user": 5)")), "user: it must be a text");
  EXPECT_EQ(message(sample(R"(, "bin-directory": "bin")")),
            "bin-directory: 'bin' does not begin with /");
}

}  // namespace
}  // namespace hactl
