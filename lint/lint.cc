#include "lint/lint.h"

#include <algorithm>

#include "lint/pages.h"
#include "lint/rules.h"

namespace hactl {

const std::vector<LintRule>& lint_rules() {
  using namespace lint_checks;
  static const std::vector<LintRule> rules{
      {"HA001", "the loss of one standby stops writes", lint_pages::kHa001,
       one_standby_stops_writes},
      {"HA002", "one region alone can acknowledge commits", lint_pages::kHa002,
       one_region_holds_the_quorum},
      {"HA003", "a region can't take over", lint_pages::kHa003, region_cannot_take_over},
      {"HA004", "commits wait for no standby", lint_pages::kHa004, commits_wait_for_nobody},
      {"HA005", "regions share a candidate-priority", lint_pages::kHa005, equal_priorities},
      {"HA006", "slots keep WAL without a bound", lint_pages::kHa006, slots_without_a_cap},
      {"HA007", "several nodes on one host", lint_pages::kHa007, one_host_has_several_nodes},
      {"HA008", "commits stop waiting when standbys are missing", lint_pages::kHa008,
       degrades_silently},
      {"HA009", "the primary moves between regions by itself", lint_pages::kHa009,
       moves_between_regions_by_itself},
      {"HA010", "no second node holds commits and may be primary", lint_pages::kHa010,
       quorum_node_without_priority},
      {"HA011", "weak authentication", lint_pages::kHa011, weak_authentication},
      {"HA012", "open to every address", lint_pages::kHa012, open_to_the_world},
      {"HA013", "clients without TLS", lint_pages::kHa013, clients_without_tls},
      {"HA014", "data on a disk that does not keep it", lint_pages::kHa014,
       data_on_a_volatile_disk},
      {"HA015", "a query can hold up replay for ever", lint_pages::kHa015,
       replay_may_wait_for_ever},
      {"HA016", "commits wait for replay", lint_pages::kHa016, replay_waits_for_commits},
      {"HA017", "the loss of one region stops writes", lint_pages::kHa017, one_region_stops_writes},
  };
  return rules;
}

const LintRule* find_lint_rule(std::string_view code) {
  const auto found = std::ranges::find(lint_rules(), code, &LintRule::code);
  return found == lint_rules().end() ? nullptr : &*found;
}

std::vector<LintFinding> lint(const Formation& formation) {
  std::vector<LintFinding> all;
  for (const LintRule& rule : lint_rules()) {
    std::vector<LintFinding> found;
    rule.check(formation, found);
    for (LintFinding& finding : found) {
      finding.code = rule.code;
      all.push_back(std::move(finding));
    }
  }
  return all;
}

}  // namespace hactl
