#include "io/errno_error.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace hactl {
namespace {

TEST(ErrnoError, SaysWhatToDo) {
  EXPECT_EQ(errno_error("write /var/lib/x", ENOSPC).message,
            "write /var/lib/x: no space left on device; free some space");
  EXPECT_EQ(errno_error("write x", EACCES).message,
            "write x: permission denied; check its owner and mode, and who runs this program");
}

TEST(ErrnoError, HasACodeForEachReaction) {
  EXPECT_EQ(errno_error("x", ENOENT).code, ErrorCode::not_found);
  EXPECT_EQ(errno_error("x", EPERM).code, ErrorCode::forbidden);
  EXPECT_EQ(errno_error("x", EINVAL).code, ErrorCode::invalid);
  EXPECT_EQ(errno_error("x", ENOSPC).code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace hactl
