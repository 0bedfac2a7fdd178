# Sources of sim/. Always optimised, whatever the build type: a simulated hour takes a second.
hactl_library(sim
  DEPENDS controller_loop agent_loop planner converge
  PACKAGES fmt::fmt
  SOURCES sim/checkers.cc sim/faults.cc sim/run.cc sim/scenarios.cc sim/sim_cluster.cc
          sim/sim_controller.cc sim/sim_network.cc sim/sim_postgres.cc sim/sim_scheduler.cc
          sim/sim_server.cc sim/sim_store.cc sim/sim_wal.cc sim/world.cc)
if(TARGET hactl_sim)
  target_compile_options(hactl_sim PRIVATE -O2)
endif()
hactl_program(hactl-sim DEPENDS sim SOURCES sim/main.cc)

# The simulator still finds seeds that do not converge: run it by hand, `hactl-sim --help`. Its tests join
# the suite when those seeds are mended.
