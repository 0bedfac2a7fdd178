# Sources of sim/. Always optimised, whatever the build type: a simulated hour takes a second.
hactl_library(sim MUTANTS
  DEPENDS controller_loop agent_loop planner converge
  PACKAGES fmt::fmt
  SOURCES sim/checkers.cc sim/faults.cc sim/run.cc sim/scenarios.cc sim/sim_cluster.cc
          sim/sim_controller.cc sim/sim_knocker.cc
          sim/sim_network.cc sim/sim_postgres.cc sim/sim_scheduler.cc
          sim/sim_server.cc sim/sim_store.cc sim/sim_wal.cc sim/world.cc)
foreach(library hactl_sim hactl_sim_mutants)
  if(TARGET ${library})
    target_compile_options(${library} PRIVATE -O2)
  endif()
endforeach()
hactl_program(hactl-sim DEPENDS sim SOURCES sim/main.cc)

# Every scenario over 260 seeds, 2,080 in all; and the seeds that once showed a fault.
hactl_test(sim LABEL sim TIMEOUT 300 DEPENDS sim SOURCES
  tests/sim/determinism_test.cc tests/sim/planted_test.cc tests/sim/seeds_test.cc
  tests/sim/sim_wal_test.cc)
if(HACTL_TESTS)
  foreach(scenario
      bootstrap join switchover migration crash-primary crash-standby lost-disk chaos)
    add_test(NAME sim_${scenario}
      COMMAND hactl-sim --scenario ${scenario} --seeds 1..260 --keep-going)
    set_tests_properties(sim_${scenario} PROPERTIES LABELS sim TIMEOUT 600)
  endforeach()
endif()
