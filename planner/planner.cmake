hactl_library(planner MUTANTS DEPENDS model SOURCES
  planner/ballot.cc planner/candidate.cc planner/conditions.cc planner/decide.cc planner/draft.cc
  planner/facts.cc planner/goals.cc planner/ideal_world.cc planner/invariants.cc
  planner/moves.cc planner/plan.cc planner/preview.cc planner/recover.cc planner/status.cc
  planner/sync_quorum.cc planner/verdict.cc)
hactl_test(planner LABEL unit DEPENDS planner
  SOURCES tests/planner/ballot_test.cc tests/planner/durability_test.cc
          tests/planner/forgot_test.cc tests/planner/plan_test.cc
          tests/planner/preview_test.cc tests/planner/recover_test.cc
          tests/planner/restart_test.cc tests/planner/verdict_test.cc)
