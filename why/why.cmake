# Sources of why/.
hactl_library(why DEPENDS planner SOURCES
  why/facts_text.cc why/replay.cc why/rules.cc why/ways_out.cc)
hactl_test(why LABEL unit DEPENDS why codec controller_loop PACKAGES nlohmann_json::nlohmann_json
  SOURCES tests/why/facts_text_test.cc tests/why/kept_decisions_test.cc tests/why/replay_test.cc
          tests/why/rules_test.cc)
