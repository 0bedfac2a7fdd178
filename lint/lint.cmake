hactl_library(lint DEPENDS model SOURCES
  lint/lint.cc lint/rules_postgres.cc lint/rules_regions.cc)
hactl_test(lint LABEL unit DEPENDS lint codec SOURCES tests/lint/lint_test.cc)
