// The command line: which verbs there are and what they take.
#pragma once

#include "hactl/session.h"
#include "hactl/terminal.h"

namespace hactl {

/// Runs the program: reads the arguments, runs the verb, prints its error. `defaults` holds what
/// the environment says.
///
/// \return The exit code.
int run_command_line(int count, const char* const* arguments, Terminal& terminal,
                     const GlobalOptions& defaults);

}  // namespace hactl
