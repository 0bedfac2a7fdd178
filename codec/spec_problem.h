// What is wrong with a formation that somebody wrote, and where.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/spec.h"

namespace hactl {

/// One thing to correct. `line` and `column` count from 1; 0 when there is no place to point at.
struct SpecProblem {
  std::string file;  ///< As the user named it; empty for JSON.
  int line = 0;
  int column = 0;     ///< In bytes.
  std::string field;  ///< "spec.regions[0].nodes[1].candidate-priority"; empty: the whole document.
  std::string message;  ///< "101 is not between 0 and 100".
  friend bool operator==(const SpecProblem&, const SpecProblem&) = default;
};

/// What a field is that nobody knows, or that is given twice.
enum class Strictness {
  strict,   ///< A problem.
  lenient,  ///< Something to mention: an unknown one is left out, and of two the last one counts.
};

/// A formation, valid when there are no problems; otherwise not to be used.
struct ParsedFormation {
  Formation formation;
  std::vector<SpecProblem> problems;   ///< All that were found, in the order of the file.
  std::vector<SpecProblem> ignored{};  ///< What Strictness::lenient has let pass.
  [[nodiscard]] bool ok() const { return problems.empty(); }
};

/// The formations of a file with any number of documents; not to be used when there are problems.
struct ParsedFormations {
  std::vector<Formation> formations;
  std::vector<SpecProblem> problems;
  std::vector<SpecProblem> ignored{};
  [[nodiscard]] bool ok() const { return problems.empty(); }
};

/// "formation.yaml:14:27: spec.regions[0].nodes[1].candidate-priority: 101 is not between 0 and
/// 100", without the parts that are unknown.
std::string to_string(const SpecProblem& problem);

/// One line a problem, without a line end after the last.
std::string to_string(const std::vector<SpecProblem>& problems);

/// The problem's line of `text` and below it a caret at its column, each with a line end; empty
/// when there is no such line.
std::string source_excerpt(std::string_view text, const SpecProblem& problem);

}  // namespace hactl
