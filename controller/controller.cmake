# Sources of controller/. The loop stands by itself, so that the simulator can run it.
hactl_library(controller_loop MUTANTS DEPENDS planner PACKAGES fmt::fmt
  SOURCES controller/formation_change.cc controller/formation_loop.cc
          controller/formation_reports.cc controller/formation_writes.cc controller/involved.cc
          controller/steps_taken.cc controller/store.cc controller/wal_times.cc)

# The API's description becomes part of the program.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS schemas/openapi.json)
file(READ ${PROJECT_SOURCE_DIR}/schemas/openapi.json HACTL_OPENAPI)
configure_file(controller/openapi.cc.in ${PROJECT_BINARY_DIR}/controller/openapi.cc @ONLY)

hactl_library(controller
  DEPENDS controller_loop codec io lint
  PACKAGES SQLite::SQLite3 nlohmann_json::nlohmann_json fmt::fmt Threads::Threads
  SOURCES controller/access.cc controller/answers.cc controller/api.cc controller/api_events.cc
          controller/api_formations.cc controller/api_nodes.cc controller/api_rollout.cc
          controller/daemon.cc controller/formation_set.cc controller/goal_polls.cc
          controller/metrics.cc
          controller/postgres_knocker.cc controller/random_text.cc controller/setup.cc
          controller/shown.cc controller/sqlite_revisions.cc controller/sqlite_store.cc
          controller/stored_json.cc controller/warnings.cc controller/watches.cc
          ${PROJECT_BINARY_DIR}/controller/openapi.cc)
target_compile_definitions(hactl_controller PRIVATE HACTL_VERSION="${PROJECT_VERSION}")

hactl_program(ha-controller DEPENDS controller PACKAGES CLI11::CLI11 SOURCES controller/main.cc)

hactl_test(controller_loop LABEL unit DEPENDS controller_loop
  SOURCES tests/controller/formation_loop_test.cc tests/controller/formation_rollout_test.cc
          tests/controller/formation_status_test.cc tests/controller/steps_taken_test.cc
          tests/controller/wal_times_test.cc)
hactl_test(controller LABEL unit DEPENDS controller why
  SOURCES tests/controller/access_test.cc tests/controller/api_events_test.cc
          tests/controller/api_rollout_test.cc tests/controller/api_test.cc
          tests/controller/shown_test.cc
          tests/controller/sqlite_store_test.cc)
