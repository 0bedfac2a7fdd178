# Sources of check/. Always optimised, whatever the build type: it goes through millions of states.
hactl_library(check MUTANTS
  DEPENDS sim planner converge
  SOURCES check/agent_steps.cc check/catalog.cc check/control_steps.cc check/formation.cc
          check/node_steps.cc check/pair_steps.cc check/properties.cc check/schedule.cc
          check/scope.cc check/search.cc check/server.cc check/server_steps.cc)
foreach(library hactl_check hactl_check_mutants)
  if(TARGET ${library})
    target_compile_options(${library} PRIVATE -O2)
  endif()
endforeach()
hactl_program(hactl-check DEPENDS check SOURCES check/main.cc)
if(HACTL_TESTS)
  add_test(NAME check COMMAND hactl-check)
  set_tests_properties(check PROPERTIES LABELS sim TIMEOUT 900)
endif()
hactl_test(check_parts LABEL unit DEPENDS check SOURCES tests/check/server_test.cc)
