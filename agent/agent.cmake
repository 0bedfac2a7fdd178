# Sources of agent/. The loop is a library of its own, so that the simulator runs the same one.
hactl_library(agent_loop MUTANTS
  DEPENDS converge
  SOURCES agent/agent_loop.cc)

hactl_library(agent
  DEPENDS agent_loop codec io
  PACKAGES PostgreSQL::PostgreSQL nlohmann_json::nlohmann_json fmt::fmt Threads::Threads
  SOURCES agent/agent_config.cc agent/data_directory.cc agent/data_swap.cc
          agent/https_transport.cc agent/local_postgres.cc agent/local_state_file.cc
          agent/observer.cc agent/performer.cc agent/pg_control.cc agent/pg_programs.cc
          agent/pg_session.cc
          agent/postmaster.cc agent/sql_actions.cc agent/sql_view.cc agent/worker.cc)

hactl_program(ha-agent DEPENDS agent SOURCES agent/main.cc)
target_compile_definitions(ha-agent PRIVATE HACTL_VERSION="${PROJECT_VERSION}")

hactl_test(agent_loop LABEL unit DEPENDS agent_loop SOURCES tests/agent/agent_loop_test.cc)
hactl_test(agent LABEL unit DEPENDS agent
  SOURCES tests/agent/agent_config_test.cc tests/agent/agent_test_main.cc
          tests/agent/data_swap_test.cc
          tests/agent/timeline_reader_test.cc
          tests/agent/local_postgres_test.cc tests/agent/local_state_file_test.cc
          tests/agent/postgres_node.cc)
