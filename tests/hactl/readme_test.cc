// What README.md shows of `hactl lint` and `hactl simulate` is what they print.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hactl/command_line.h"

namespace hactl {
namespace {

struct Shown {
  std::vector<std::string> words;  ///< Of the command line, after "hactl".
  std::string output;
};

/// The page's console blocks: a line that begins with "$ hactl", and what it printed.
std::vector<Shown> shown_in_readme() {
  std::ifstream readme(std::string(HACTL_SOURCE_DIR) + "/README.md");
  std::vector<Shown> all;
  bool inside = false;
  for (std::string line; std::getline(readme, line);) {
    constexpr std::string_view kCommand = "$ hactl ";
    if (line == "```console" || line == "```") {
      inside = line == "```console";
    } else if (inside && line.starts_with(kCommand)) {
      std::istringstream words(line.substr(kCommand.size()));
      Shown& each = all.emplace_back();
      for (std::string word; words >> word;)
        each.words.push_back(word);
    } else if (inside && !all.empty()) {
      all.back().output += line + "\n";
    }
  }
  return all;
}

TEST(Readme, ShowsWhatLintAndSimulatePrint) {
  std::filesystem::current_path(HACTL_SOURCE_DIR);
  int compared = 0;
  for (const Shown& each : shown_in_readme()) {
    if (each.words.front() != "lint" && each.words.front() != "simulate") continue;
    std::vector<const char*> pointers{"hactl"};
    for (const std::string& word : each.words)
      pointers.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream notes;
    Terminal terminal(out, notes, Terminal::Colour::never);
    run_command_line(static_cast<int>(pointers.size()), pointers.data(), terminal, {});
    EXPECT_EQ(each.output, out.str() + notes.str()) << each.words.front();
    ++compared;
  }
  EXPECT_EQ(compared, 3);
}

}  // namespace
}  // namespace hactl
