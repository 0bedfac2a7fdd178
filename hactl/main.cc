// hactl: the command line.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <string>

#include "hactl/command_line.h"

namespace {

std::string environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

int main(int count, char** arguments) {
  // A reader that goes away ends a watch by an error of the stream, not by a signal.
  signal(SIGPIPE, SIG_IGN);
  const bool wanted = environment("NO_COLOR").empty();
  const bool colour = isatty(STDOUT_FILENO) != 0 && wanted;
  hactl::Terminal terminal(
      std::cout, std::cerr,
      colour ? hactl::Terminal::Colour::allowed : hactl::Terminal::Colour::never);
  if (isatty(STDERR_FILENO) != 0 && wanted) terminal.allow_colour_of_notes();
  hactl::GlobalOptions options;
  options.config_file = environment("HACTLCONFIG");
  if (options.config_file.empty()) options.config_file = environment("HOME") + "/.hactl/config";
  for (const char* name : {"EDITOR", "VISUAL", "KUBE_EDITOR", "HACTL_EDITOR"}) {
    if (const std::string editor = environment(name); !editor.empty()) options.editor = editor;
  }
  try {
    return hactl::run_command_line(count, arguments, terminal, options);
  } catch (const std::exception& problem) {
    std::cerr << "error: " << problem.what() << std::endl;
    return hactl::kExitFailed;
  }
}
