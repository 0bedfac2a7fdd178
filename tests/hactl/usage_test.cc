// Usage errors, contexts and completion, byte for byte.
#include <string>

#include <gtest/gtest.h>

#include "tests/hactl/command_line_world.h"

namespace hactl {
namespace {

TEST_F(CommandLine, UsageErrorsNameTheFaultAndTheHelp) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"frobnicate"},
                                             {"aply"},
                                             {"apply"},
                                             {"apply", "--filenme", "x"},
                                             {"apply", "-q"},
                                             {"apply", "-f"},
                                             {"apply", "-f", "x", "--timeout", "soon"},
                                             {"apply", "-f", "x", "--dry-run=perhaps"},
                                             {"version", "x"},
                                             {"config"},
                                             {"config", "use-kontext"},
                                             {"config", "use-context"},
                                             {"completion", "tcsh"}}) {
    EXPECT_EQ(say(arguments), 2);
    EXPECT_EQ(out(), "");
  }
  expect_transcript("usage");
}

TEST_F(CommandLine, WithoutAVerbTheHelpIsAUsageError) {
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(out(), "");
  EXPECT_NE(notes().find("Subcommands:"), std::string::npos);
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_NE(out().find("Subcommands:"), std::string::npos);
  EXPECT_EQ(run({"get", "--help"}), 0);
  EXPECT_EQ(notes(), "");
}

TEST_F(CommandLine, AWordThatIsAVerbElsewhereIsAName) {
  EXPECT_EQ(run({"get", "formation", "plan"}), 1);
  EXPECT_EQ(notes(), "Error from server (NotFound): formations \"default\" not found\n");
}

TEST_F(CommandLine, ContextsAreListedRenamedAndForgotten) {
  say({"config", "set-context", "other", "--controller", "https://o:1"});
  say({"config", "set-context", "other", "--controller", "https://o:2"});
  say({"config", "get-contexts"});
  say({"config", "get-contexts", "-o", "name"});
  say({"config", "get-contexts", "other", "--no-headers"});
  say({"config", "get-contexts", "x"});
  say({"config", "rename-context", "other", "new"});
  say({"config", "rename-context", "other", "new"});
  say({"config", "rename-context", "fake", "new"});
  say({"config", "use-context", "new"});
  say({"config", "use-context", "x"});
  say({"config", "current-context"});
  say({"config", "delete-context", "new"});
  say({"config", "delete-context", "new"});
  say({"config", "current-context"});
  expect_transcript("contexts");
}

TEST_F(CommandLine, CompletionKnowsVerbsOptionsAndTheServersNames) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"un"},
                                             {"get", ""},
                                             {"get", "node", ""},
                                             {"get", "node", "paris-b"},
                                             {"get", "node/paris-"},
                                             {"describe", "regions", ""},
                                             {"delete", "formation", ""},
                                             {"set", "node", "p"},
                                             {"get", "nodes", "-f", ""},
                                             {"get", "nodes", "-o", "j"},
                                             {"get", "--no"},
                                             {"switchover", "--to", ""},
                                             {"switchover", "--to-region", ""},
                                             {"config", "use-context", ""},
                                             {"rollout", ""},
                                             {"rollout", "undo", ""},
                                             {"rollout", "undo", "formation", ""},
                                             {"rollout", "status", "formation/"},
                                             {"apply", "--validate", ""},
                                             {"--context", ""},
                                             {"config", "re"},
                                             {"lab", "kill", ""},
                                             {"lab", "kill", "node", ""},
                                             {"completion", ""},
                                             {"frobnicate", ""}}) {
    std::vector<std::string> arguments{"__complete"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    EXPECT_EQ(say(arguments), 0);
    EXPECT_EQ(notes(), "");
  }
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(say({"completion", shell}), 0);
  }
  expect_transcript("completion");
}

TEST_F(CommandLine, CompletionWithoutAServerSaysNothing) {
  Config config = controller_.config();
  config.contexts[0].controller = "https://127.0.0.1:1";
  ASSERT_TRUE(save_config(options_.config_file, config).ok());
  EXPECT_EQ(run({"__complete", "get", "node", ""}), 0);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(notes(), "");
}

}  // namespace
}  // namespace hactl
