#include <optional>
#include <string>
#include <string_view>

#include "codec/json.h"
#include "hactl/explain_durability.h"
#include "hactl/explain_text.h"
#include "hactl/formation_files.h"
#include "hactl/formation_schema.h"
#include "hactl/verbs.h"
#include "model/durability.h"

namespace hactl {
namespace {

bool names_a_lint_rule(const std::string& subject) {
  return subject.size() >= 2 && (subject[0] == 'H' || subject[0] == 'h') &&
         (subject[1] == 'A' || subject[1] == 'a') && subject.find('.') == std::string::npos;
}

constexpr std::string_view kDurability = "durability";

Result<DurabilityCase> written_case(const std::string& file) {
  const Result<WrittenFormation> written = read_formation(file);
  if (!written.ok()) return written.error();
  const FormationSpec& spec = written->formation.spec;
  return DurabilityCase{written->formation, "as the file has it",
                        setting_when_well(spec, spec.usual_primary()), ""};
}

Result<std::string> name_in(const std::string& object) {
  if (object.empty()) return std::string();
  const Result<Targets> targets = parse_targets({object});
  if (!targets.ok()) return targets.error();
  if (targets->type->resource != Resource::formation || targets->names.size() != 1) {
    return local_error("\"" + object + "\" is not formation/NAME");
  }
  return targets->names.front();
}

Result<DurabilityCase> running_case(Session& session, const std::string& object) {
  const Result<std::string> name = name_in(object);
  if (!name.ok()) return name.error();
  const Result<FormationItem> item = session.formation(*name);
  if (!item.ok()) return item.error();
  const FormationStatus& status = item->status;
  if (!status.primary || !region_of(item->formation.spec, *status.primary)) {
    return local_error("formation \"" + item->formation.name.value +
                       "\" has no primary that is in its spec now");
  }
  std::optional<SyncConfig> setting = parse_setting(status.sync);
  if (!setting) return local_error("the server's answer cannot be read: " + status.sync);
  setting->primary = *status.primary;
  DurabilityCase subject{item->formation, "as it runs", *setting, ""};
  const Condition* durable = find_condition(status.conditions, "Durable");
  if (durable != nullptr && durable->status != ConditionStatus::yes) {
    subject.trouble = durable->message;
  }
  return subject;
}

Result<int> explain_durability(Session& session, const ExplainOptions& options) {
  const Result<DurabilityCase> subject =
      options.file.empty() ? running_case(session, options.object) : written_case(options.file);
  if (!subject.ok()) return subject.error();
  session.terminal().out() << durability_text(*subject) << std::flush;
  return durability_holds(*subject) ? kExitDone : kExitFailed;
}

}  // namespace

Result<int> run_explain(Session& session, const ExplainOptions& options) {
  if (options.subject == kDurability) return explain_durability(session, options);
  if (!options.object.empty() || !options.file.empty()) {
    return local_error("only durability is explained of a formation: hactl explain durability");
  }
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
