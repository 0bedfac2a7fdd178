# Sources of controller/. The loop stands by itself, so that the simulator can run it.
hactl_library(controller_loop DEPENDS planner PACKAGES fmt::fmt
  SOURCES controller/formation_change.cc controller/formation_loop.cc)
