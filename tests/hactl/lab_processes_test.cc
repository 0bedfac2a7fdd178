#include "hactl/lab_processes.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include <gtest/gtest.h>

#include "io/process.h"
#include "tests/io/temporary_directory.h"

namespace hactl {
namespace {

TEST(LabProcesses, WhatIsSavedIsLoaded) {
  const TemporaryDirectory directory;
  const std::vector<LabProcess> processes{{"controller", "controller", {4711, 99}},
                                          {"paris-a", "agent", {4712, 100}}};
  ASSERT_TRUE(save_lab_processes(directory.file("p.json"), processes).ok());
  EXPECT_EQ(load_lab_processes(directory.file("p.json")).value(), processes);
  EXPECT_TRUE(load_lab_processes(directory.file("none")).value().empty());
}

TEST(LabProcesses, AReusedPidIsNotTheProcessThatWasMeant) {
  const ProcessMark self = look_at(getpid()).mark;
  EXPECT_TRUE(alive(self));
  const ProcessMark former{self.pid, self.start - 1};
  EXPECT_FALSE(alive(former));
  // Were it sent, this test would be gone.
  EXPECT_TRUE(signal_process(former, SIGKILL).ok());
}

TEST(LabProcesses, FindsAndEndsWhoWorksInADirectory) {
  const TemporaryDirectory directory;
  const pid_t pid =
      spawn_process({.argv = {"/bin/sleep", "60"}, .directory = directory.path()}).value();
  const std::vector<ProcessMark> found = processes_in({directory.path()});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].pid, pid);
  const std::vector<ProcessMark> family = with_descendants({look_at(getpid()).mark});
  EXPECT_NE(std::ranges::find(family, found[0]), family.end());
  EXPECT_FALSE(wait_gone(found, Duration{0}));
  ASSERT_TRUE(signal_process(found[0], SIGKILL).ok());
  EXPECT_TRUE(wait_gone(found, Duration{20'000}));
  EXPECT_TRUE(reap(pid).has_value());
}

}  // namespace
}  // namespace hactl
