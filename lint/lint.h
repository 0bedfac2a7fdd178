// lint(): what a valid formation will not do on the day that its author thinks of. The schema says
// what may be written; these rules say what it comes to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/spec.h"

namespace hactl {

/// One thing to think about.
struct LintFinding {
  std::string code;     ///< "HA003": the rule's.
  std::string field;    ///< "spec.regions[1]".
  std::string message;  ///< What will happen, or not, with the names of this formation.
  std::string advice;   ///< What to change.
  friend bool operator==(const LintFinding&, const LintFinding&) = default;
};

/// A rule, as `hactl explain CODE` shows it.
struct LintRule {
  std::string_view code;   ///< "HA" and three digits; never given to another rule.
  std::string_view title;  ///< What is wrong, in one line.
  std::string_view page;   ///< Why it matters, what to do, and when to leave it. Lines end with \n.
  void (*check)(const Formation&, std::vector<LintFinding>&);
};

/// Every rule, by code.
const std::vector<LintRule>& lint_rules();

/// The rule of that name; nullptr: there is none.
const LintRule* find_lint_rule(std::string_view code);

/// What the rules find, by code, then in the order of the file. Requires a valid formation.
std::vector<LintFinding> lint(const Formation& formation);

}  // namespace hactl
