# Tests that need more than one folder: the code itself, and the programs together on real
# PostgreSQL.
if(HACTL_TESTS)
  add_test(NAME tidy COMMAND python3 ${PROJECT_SOURCE_DIR}/tools/tidy.py)
  set_tests_properties(tidy PROPERTIES LABELS unit TIMEOUT 60)
  foreach(suite three_nodes three_regions operations rollout namespaces)
    add_test(NAME e2e_${suite} COMMAND python3 ${PROJECT_SOURCE_DIR}/tests/e2e/${suite}_test.py)
    set_tests_properties(e2e_${suite} PROPERTIES LABELS e2e TIMEOUT 600 RUN_SERIAL ON
                         ENVIRONMENT "HACTL_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  endforeach()
  # Each guard of the protocol, taken away alone, must be missed.
  hactl_program(hactl-mutants DEPENDS check_mutants SOURCES
    tests/mutants/hunt.cc tests/mutants/known.cc tests/mutants/main.cc tests/mutants/stories.cc)
  add_test(NAME mutants COMMAND hactl-mutants)
  set_tests_properties(mutants PROPERTIES LABELS sim TIMEOUT 900 PROCESSORS 2)
  # Debian's python3-psycopg2 belongs to Debian's python3, which need not be the first one in PATH.
  add_test(NAME faults_judges
           COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/faults/observe_test.py)
  set_tests_properties(faults_judges PROPERTIES LABELS unit TIMEOUT 60)
  add_test(NAME faults COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/faults/run.py)
  set_tests_properties(faults PROPERTIES LABELS faults TIMEOUT 1800 RUN_SERIAL ON
                       ENVIRONMENT "HACTL_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endif()
