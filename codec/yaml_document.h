// YAML text to trees, with the defences that yaml-cpp does not have. Only codec/ includes this.
#pragma once

#include <string_view>
#include <vector>

#include "codec/document.h"
#include "codec/spec_problem.h"

namespace hactl {

struct YamlDocuments {
  std::vector<DocumentNode> documents;  ///< Those that are not empty.
  std::vector<SpecProblem> duplicates;  ///< Keys that a map has already.
  std::vector<SpecProblem> problems;    ///< What ended the parse: one thing at most.
};

/// Parses every document of `text`: at most kSpecBytesMax long, kDocumentDepthMax deep,
/// kDocumentNodesMax values, kFormationsMax documents; no anchors, aliases, merge keys or tags.
YamlDocuments parse_yaml(std::string_view text, std::string_view file_name);

}  // namespace hactl
