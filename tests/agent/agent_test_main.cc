// PostgreSQL refuses to run as root: the tests of agent/ become its user first.
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>

#include <gtest/gtest.h>

#include "io/process.h"

int main(int count, char** arguments) {
  if (geteuid() == 0) {
    const hactl::Result<hactl::Done> done = hactl::switch_to_user("postgres");
    if (!done.ok()) std::fprintf(stderr, "%s\n", done.error().message.c_str());
  }
  // libpq looks for certificates there.
  setenv("HOME", "/nonexistent", 1);
  // What is tested is not the disk, and syncing whole clusters to it takes most of the time.
  if (access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 0);
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
