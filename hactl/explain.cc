#include "codec/json.h"
#include "hactl/explain_text.h"
#include "hactl/formation_schema.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

bool names_a_lint_rule(const std::string& subject) {
  return subject.size() >= 2 && (subject[0] == 'H' || subject[0] == 'h') &&
         (subject[1] == 'A' || subject[1] == 'a') && subject.find('.') == std::string::npos;
}

}  // namespace

Result<int> run_explain(Session& session, const ExplainOptions& options) {
  Result<std::string> text = std::string();
  if (names_a_lint_rule(options.subject)) {
    text = explain_lint_rule(options.subject);
  } else {
    const Result<nlohmann::json> schema = parse_json(formation_schema());
    if (!schema.ok()) return schema.error();
    text =
        explain_field(*schema, options.subject, options.recursive ? Recursive::yes : Recursive::no);
  }
  if (!text.ok()) return text.error();
  session.terminal().out() << *text << std::flush;
  return kExitDone;
}

}  // namespace hactl
