hactl_library(model DEPENDS base SOURCES
  model/action.cc model/goal.cc model/lineage.cc model/lsn.cc model/names.cc model/record.cc
  model/report.cc model/spec.cc model/status.cc model/sync_config.cc)
hactl_test(model LABEL unit DEPENDS model SOURCES
  tests/model/lineage_test.cc tests/model/lsn_test.cc tests/model/sync_config_test.cc)
