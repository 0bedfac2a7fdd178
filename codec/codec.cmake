# Sources of codec/.
hactl_library(codec DEPENDS model PACKAGES nlohmann_json::nlohmann_json yaml-cpp
  SOURCES codec/agent_state_json.cc codec/decided_json.cc codec/document_reader.cc
          codec/goal_json.cc codec/json.cc codec/json_difference.cc codec/nearest_word.cc
          codec/patch.cc codec/record_json.cc codec/report_json.cc codec/spec_decode.cc
          codec/spec_json.cc codec/spec_problem.cc codec/spec_yaml.cc codec/status_json.cc
          codec/text_check.cc codec/warning_header.cc codec/wire.cc codec/yaml_text.cc)
hactl_test(codec LABEL unit DEPENDS codec
  SOURCES tests/codec/decided_test.cc tests/codec/json_test.cc tests/codec/messages_test.cc
          tests/codec/patch_test.cc tests/codec/random_model.cc tests/codec/schema_test.cc
          tests/codec/spec_yaml_test.cc tests/codec/warning_header_test.cc)
