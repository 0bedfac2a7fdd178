// hactl: the command line.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "hactl/command_line.h"

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

int main(int count, char** arguments) {
  // A reader that goes away ends a watch by an error of the stream, not by a signal.
  signal(SIGPIPE, SIG_IGN);
  const bool terminal_out = isatty(STDOUT_FILENO) != 0;
  const bool wanted = environment("NO_COLOR").empty();
  const std::string kind = environment("TERM");
  const bool screen = terminal_out && !kind.empty() && kind != "dumb";
  hactl::Terminal terminal(
      std::cout, std::cerr,
      terminal_out && wanted ? hactl::Terminal::Colour::allowed : hactl::Terminal::Colour::never,
      screen ? hactl::Terminal::Output::screen : hactl::Terminal::Output::stream);
  if (isatty(STDERR_FILENO) != 0 && wanted) terminal.allow_colour_of_notes();
  hactl::GlobalOptions options;
  options.config_file = environment("HACTLCONFIG");
  if (options.config_file.empty()) options.config_file = environment("HOME") + "/.hactl/config";
  for (const char* name : {"EDITOR", "VISUAL", "KUBE_EDITOR", "HACTL_EDITOR"}) {
    if (const std::string editor = environment(name); !editor.empty()) options.editor = editor;
  }
  int code = hactl::kExitFailed;
  try {
    code = hactl::run_command_line(count, arguments, terminal, options);
  } catch (const std::exception& problem) {
    std::cerr << "error: " << problem.what() << std::endl;
  }
  std::cout.flush();
  std::cerr.flush();
  // Threads of the HTTP client may still be at work, and must not meet OpenSSL's exit handlers.
  std::_Exit(code);
}
