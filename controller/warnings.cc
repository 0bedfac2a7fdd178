#include "controller/warnings.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "model/limits.h"

#include "lint/lint.h"

namespace hactl {
namespace {

// The annotation by which `hactl cordon` remembers what a node was.
constexpr std::string_view kCordoned = "hactl.io/cordoned.";

void add_findings(const StoredFormation* before, const Formation& after,
                  std::vector<std::string>& warnings) {
  const std::vector<LintFinding> known =
      before == nullptr ? std::vector<LintFinding>() : lint(before->formation);
  for (const LintFinding& finding : lint(after)) {
    const bool is_known = std::ranges::any_of(known, [&](const LintFinding& each) {
      return each.code == finding.code && each.field == finding.field;
    });
    if (is_known) continue;
    warnings.push_back(fmt::format("{}: {}: {}", finding.code, finding.field, finding.message));
  }
}

const Member* member_at(const std::vector<Member>& members, std::string_view name) {
  const auto found = std::ranges::find(
      members, name, [](const Member& member) { return std::string_view(member.name.value); });
  return found == members.end() ? nullptr : &*found;
}

void add_cordons(const Formation& before, const Formation& after,
                 std::vector<std::string>& warnings) {
  const std::vector<Member> were = before.spec.members();
  const std::vector<Member> are = after.spec.members();
  for (const auto& [key, value] : before.annotations) {
    if (!key.starts_with(kCordoned) || after.annotations.contains(key)) continue;
    const std::string_view node = std::string_view(key).substr(kCordoned.size());
    const Member* was = member_at(were, node);
    const Member* is = member_at(are, node);
    if (was == nullptr || is == nullptr) continue;
    const bool same = was->candidate_priority == is->candidate_priority &&
                      was->replication_quorum == is->replication_quorum;
    if (same) continue;
    warnings.push_back(
        fmt::format("node {} was cordoned and is not any more: its candidate-priority is {} again",
                    node, is->candidate_priority));
  }
}

void add_drained(const Formation& before, const Formation& after,
                 std::vector<std::string>& warnings) {
  const std::vector<Member> are = after.spec.members();
  for (const Member& was : before.spec.members()) {
    const Member* is = member_at(are, was.name.value);
    if (!was.maintenance || is == nullptr || is->maintenance) continue;
    warnings.push_back(
        fmt::format("node {} was in maintenance and is not any more: its PostgreSQL is started",
                    was.name.value));
  }
}

}  // namespace

std::vector<std::string> warnings_of(const StoredFormation* before, const Formation& after,
                                     WriterSaw saw) {
  std::vector<std::string> warnings;
  if (before != nullptr && before->held && before->formation.spec != after.spec) {
    warnings.push_back(
        fmt::format("the rollout is paused: generation {} stays in force until `hactl rollout "
                    "resume formation/{}`",
                    before->held->generation.value, after.name.value));
  }
  if (before != nullptr && saw == WriterSaw::nothing) {
    add_cordons(before->formation, after, warnings);
    add_drained(before->formation, after, warnings);
  }
  add_findings(before, after, warnings);
  return warnings;
}

std::vector<std::string> warnings_of_deletion(const FormationRecord& record,
                                              const FormationStatus& status) {
  std::vector<std::string> warnings;
  for (const NodeStatus& node : status.nodes) {
    const bool heard = node.heard_ms_ago && Duration{*node.heard_ms_ago} < kSilentAfter;
    if (heard || !record.nodes.contains(node.name)) continue;
    warnings.push_back(fmt::format(
        "node {} is not heard and can't be let go: stop its agent and PostgreSQL there yourself; "
        "its data stays",
        node.name.value));
  }
  return warnings;
}

}  // namespace hactl
