# Sources of hactl/.

# The formation's schema becomes part of the program: `hactl explain` reads it.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS schemas/formation.schema.json)
file(READ ${PROJECT_SOURCE_DIR}/schemas/formation.schema.json HACTL_FORMATION_SCHEMA)
configure_file(hactl/formation_schema.cc.in ${PROJECT_BINARY_DIR}/hactl/formation_schema.cc @ONLY)

hactl_library(hactl
  DEPENDS codec io lint simulate why writer
  PACKAGES fmt::fmt nlohmann_json::nlohmann_json CLI11::CLI11
  SOURCES hactl/api.cc hactl/apply.cc hactl/command_line.cc hactl/command_line_change.cc
          hactl/command_line_config.cc hactl/command_line_get.cc hactl/command_line_lab.cc
          hactl/command_line_rollout.cc
          hactl/command_line_usage.cc hactl/completion.cc hactl/config.cc hactl/config_verbs.cc
          hactl/connection_uri.cc hactl/delete.cc hactl/describe.cc hactl/diff.cc
          hactl/duration_text.cc hactl/edit.cc hactl/events.cc hactl/explain.cc
          hactl/explain_durability.cc hactl/explain_text.cc hactl/failover.cc
          hactl/formation_files.cc hactl/formation_follower.cc hactl/formation_item.cc hactl/get.cc
          hactl/json_path.cc hactl/json_path_parser.cc hactl/kept_event.cc
          hactl/lab_act.cc hactl/lab_cut.cc hactl/lab_directory.cc hactl/lab_down.cc
          hactl/lab_namespaces.cc hactl/lab_network.cc hactl/lab_processes.cc hactl/lab_rewrite.cc
          hactl/lab_start.cc hactl/lab_status.cc hactl/lab_traffic.cc hactl/lab_up.cc
          hactl/label.cc hactl/lint.cc hactl/maintenance.cc hactl/modify.cc hactl/output_format.cc
          hactl/pairs.cc hactl/patch.cc hactl/plan.cc hactl/printer.cc hactl/psql.cc
          hactl/resources.cc hactl/replay.cc hactl/rollout.cc hactl/rollout_status.cc
          hactl/rows.cc hactl/screen.cc hactl/screen_line.cc hactl/screen_nodes.cc
          hactl/screen_terminal.cc hactl/selector.cc hactl/session.cc hactl/set.cc
          hactl/simulate.cc hactl/spec_changes.cc hactl/switchover.cc hactl/table.cc
          hactl/text_diff.cc hactl/uri.cc hactl/version.cc hactl/wait.cc hactl/waiting.cc
          hactl/warnings.cc hactl/watch_screen.cc hactl/why.cc
          ${PROJECT_BINARY_DIR}/hactl/formation_schema.cc)
target_compile_definitions(hactl_hactl PRIVATE HACTL_VERSION="${PROJECT_VERSION}")

hactl_program(hactl DEPENDS hactl SOURCES hactl/main.cc)

hactl_test(hactl LABEL unit DEPENDS hactl
  SOURCES tests/hactl/change_test.cc tests/hactl/command_line_test.cc tests/hactl/config_test.cc
          tests/hactl/connection_uri_test.cc tests/hactl/explain_durability_test.cc
          tests/hactl/explain_test.cc tests/hactl/get_test.cc
          tests/hactl/json_path_test.cc tests/hactl/lab_network_test.cc
          tests/hactl/lab_processes_test.cc tests/hactl/lab_rewrite_test.cc
          tests/hactl/readme_test.cc tests/hactl/replay_test.cc tests/hactl/rollout_test.cc
          tests/hactl/screen_test.cc tests/hactl/table_test.cc tests/hactl/text_diff_test.cc
          tests/hactl/usage_test.cc tests/hactl/why_test.cc)

# The program itself, on a terminal.
hactl_test(watch_screen LABEL unit DEPENDS hactl SOURCES tests/hactl/watch_screen_test.cc)
if(HACTL_TESTS)
  add_dependencies(watch_screen_test hactl)
  target_compile_definitions(watch_screen_test PRIVATE
                             HACTL_PROGRAM="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/hactl")
endif()
