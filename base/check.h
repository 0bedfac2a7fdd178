// HACTL_CHECK: for programmer errors. On in every build; never used on data that came from outside.
#pragma once

namespace hactl {

/// Prints `file:line: check failed: condition` to standard error and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace hactl

#define HACTL_CHECK(condition)                                               \
  do {                                                                       \
    if (!(condition)) ::hactl::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)
