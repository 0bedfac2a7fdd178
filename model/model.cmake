hactl_library(model DEPENDS base SOURCES
  model/action.cc model/durability.cc model/goal.cc model/hba_rules.cc model/lineage.cc
  model/lsn.cc model/names.cc model/network.cc model/parameter_rules.cc model/plan.cc
  model/record.cc model/report.cc model/spec.cc model/status.cc model/sync_config.cc
  model/validate.cc model/validate_together.cc)
hactl_test(model LABEL unit DEPENDS model SOURCES
  tests/model/durability_test.cc tests/model/lineage_test.cc tests/model/lsn_test.cc
  tests/model/report_test.cc tests/model/sync_config_test.cc tests/model/validate_test.cc)
