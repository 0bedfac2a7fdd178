// The checks behind lint_rules(); each adds what it finds, without its code.
#pragma once

#include <vector>

#include "lint/lint.h"

namespace hactl::lint_checks {

using Findings = std::vector<LintFinding>;

// What is left when something is lost.
void one_standby_stops_writes(const Formation& formation, Findings& found);
void one_region_holds_the_quorum(const Formation& formation, Findings& found);
void one_region_stops_writes(const Formation& formation, Findings& found);
void region_cannot_take_over(const Formation& formation, Findings& found);
void commits_wait_for_nobody(const Formation& formation, Findings& found);
void equal_priorities(const Formation& formation, Findings& found);
void one_host_has_several_nodes(const Formation& formation, Findings& found);
void degrades_silently(const Formation& formation, Findings& found);
void moves_between_regions_by_itself(const Formation& formation, Findings& found);
void quorum_node_without_priority(const Formation& formation, Findings& found);

// What PostgreSQL is told.
void slots_without_a_cap(const Formation& formation, Findings& found);
void weak_authentication(const Formation& formation, Findings& found);
void open_to_the_world(const Formation& formation, Findings& found);
void clients_without_tls(const Formation& formation, Findings& found);
void data_on_a_volatile_disk(const Formation& formation, Findings& found);
void replay_may_wait_for_ever(const Formation& formation, Findings& found);
void replay_waits_for_commits(const Formation& formation, Findings& found);

}  // namespace hactl::lint_checks
