// errno as an Error; for the sources of io/ and those that make system calls of their own.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hactl {

/// The system's words for an errno, beginning with a small letter: "no such file or directory".
std::string errno_text(int number);

/// "doing: words", with what to do about it where that is known; the code by the reaction it asks
/// for.
Error errno_error(std::string_view doing, int number);

}  // namespace hactl
