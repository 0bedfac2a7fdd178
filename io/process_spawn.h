// The fork and exec behind io/process.h; not for others.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "io/process.h"

namespace hactl {

/// Starts `spec` with `output` as its output and errors, in a process group of its own, and returns
/// when exec has succeeded. `output` stays the caller's.
Result<pid_t> fork_and_exec(const ProcessSpec& spec, int output);

}  // namespace hactl
