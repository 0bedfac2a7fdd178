# Sources of sim/. Always optimised, whatever the build type: a simulated hour takes a second.
hactl_library(sim MUTANTS
  DEPENDS controller_loop agent_loop planner converge
  PACKAGES fmt::fmt
  SOURCES sim/checkers.cc sim/faults.cc sim/faults_machine.cc sim/faults_network.cc
          sim/faults_user.cc sim/kept_runs.cc sim/plan_properties.cc sim/promise_properties.cc
          sim/record_properties.cc sim/run.cc sim/scenarios.cc sim/setting_properties.cc
          sim/shrink.cc sim/sim_cluster.cc sim/sim_controller.cc sim/sim_knocker.cc
          sim/sim_network.cc sim/sim_postgres.cc sim/sim_scheduler.cc sim/sim_server.cc
          sim/sim_store.cc sim/sim_wal.cc sim/spread_properties.cc sim/totals.cc sim/trace.cc
          sim/wal_properties.cc sim/world.cc sim/world_peace.cc)
foreach(library hactl_sim hactl_sim_mutants)
  if(TARGET ${library})
    target_compile_options(${library} PRIVATE -O2)
  endif()
endforeach()
# With malloc() of the C library a run takes a third longer.
hactl_program(hactl-sim DEPENDS sim PACKAGES mimalloc SOURCES sim/main.cc)

# The seeds that once showed a fault, and then every scenario over 1,429 seeds: 21,435 runs of five
# simulated minutes or more, on two processors. scripts/simulate runs more.
hactl_test(sim LABEL sim TIMEOUT 300 DEPENDS sim SOURCES
  tests/sim/determinism_test.cc tests/sim/planted_test.cc tests/sim/seeds_test.cc
  tests/sim/sim_wal_test.cc)
if(HACTL_TESTS)
  add_test(NAME sim_seeds COMMAND hactl-sim --seeds 1..1429 --jobs 2 --keep-going
           --open ${PROJECT_SOURCE_DIR}/tests/sim/open.txt)
  set_tests_properties(sim_seeds PROPERTIES LABELS sim TIMEOUT 2400 RUN_SERIAL ON PROCESSORS 2)
endif()
