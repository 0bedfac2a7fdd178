hactl_library(converge MUTANTS
  DEPENDS model
  SOURCES converge/follow.cc converge/lead.cc converge/next_action.cc converge/postgres_settings.cc
          converge/report.cc converge/step_down.cc converge/steps.cc)

hactl_test(converge LABEL unit DEPENDS converge PACKAGES PostgreSQL::PostgreSQL
  SOURCES tests/converge/lead_test.cc tests/converge/next_action_test.cc
          tests/converge/postgres_settings_test.cc tests/converge/rejoin_test.cc)
