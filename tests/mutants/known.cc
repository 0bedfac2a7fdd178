#include "tests/mutants/known.h"

#include <optional>
#include <utility>

namespace hactl::mutants {
namespace {

Hunt scope(const char* name) {
  return Hunt{Hunt::Where::scope, name, 0, 0};
}

Hunt resting(const char* name) {
  Hunt hunt = scope(name);
  hunt.rests = true;
  return hunt;
}

Hunt scenario(const char* name, std::uint64_t seed) {
  return Hunt{Hunt::Where::scenario, name, seed, seed};
}

Hunt story(const char* name, std::uint64_t seed = 1) {
  return Hunt{Hunt::Where::story, name, seed, seed};
}

#define HACTL_MUTANT(rule, ...)                                  \
  case Rule::rule: return Known { Rule::rule, #rule, __VA_ARGS__ \
    }

/// Where the harm of a mutant is known to show. A rule that is not here ends the build (-Wswitch).
std::optional<Known> row_of(Rule rule) {
  switch (rule) {
    HACTL_MUTANT(r1_older_goals_refused, scope("older"), {Rule::r6_older_orders_dropped});
    HACTL_MUTANT(r1_promise_on_disk, scope("crash"));
    HACTL_MUTANT(r2_detached, resting("failover"));
    HACTL_MUTANT(r2_final_when_detached, scope("failover"));
    HACTL_MUTANT(r2_no_promotion_pending, scope("again"));
    HACTL_MUTANT(r2_final_of_this_ballot, scope("late"));
    HACTL_MUTANT(r3_covered, scope("failover"));
    HACTL_MUTANT(r4_epoch_first, scope("late"));
    HACTL_MUTANT(r5_fetches_first, scope("ranked"));
    HACTL_MUTANT(r5_waits_for_position, scope("switchover"));
    HACTL_MUTANT(r6_new_ballot, scope("failover"));
    HACTL_MUTANT(r6_older_orders_dropped, scope("some-late"));
    HACTL_MUTANT(r7_recorded_first, scope("narrow"));
    HACTL_MUTANT(r7_old_kept_until_proven, scope("narrow"));
    HACTL_MUTANT(r7_marker, scope("narrow"));
    HACTL_MUTANT(r7_checkpointer, scope("some"));
    HACTL_MUTANT(r7_barrier, scope("narrow"));
    HACTL_MUTANT(r7_on_file, scope("noted"));
    HACTL_MUTANT(r8_older_epochs_kept, scope("late"));
    HACTL_MUTANT(r8_confirmed, scope("failover"));
    HACTL_MUTANT(r8_own_epoch_counts, scope("failover"));
    HACTL_MUTANT(r9_closed_at_promotion, scope("failover"));
    HACTL_MUTANT(r9_opens_when_confirmed, scope("failover"));
    HACTL_MUTANT(r10_resumes_closed, scope("crash"));
    HACTL_MUTANT(r10_fresh_nonce, story("async-restart"));
    HACTL_MUTANT(r10_whole_data, scope("crash"));
    HACTL_MUTANT(r11_timeline_reserved, scope("late"));
    HACTL_MUTANT(r11_prefix_only, scope("failover"));
    HACTL_MUTANT(r12_standby_waits, scope("failover"));
    HACTL_MUTANT(r12_foreign_setting, scope("foreign"));
    HACTL_MUTANT(r13_notes, story("forgot-notes"));
    HACTL_MUTANT(r13_data, story("forgot-data"));
    HACTL_MUTANT(r13_no_notes, story("lost-notes"), {Rule::r13_notes, Rule::r13_data});
    HACTL_MUTANT(r13_sealed, scenario("amnesia", 499));
    HACTL_MUTANT(r13_sent, scenario("amnesia", 274));
    HACTL_MUTANT(r13_found, scenario("amnesia", 274));
    HACTL_MUTANT(restore_noticed, story("restored"));
    HACTL_MUTANT(restore_proven, story("restored-deposed", 21));
    HACTL_MUTANT(restore_asks_all, story("restored-alone"));
    HACTL_MUTANT(lease_waited, story("async-cut"));
    HACTL_MUTANT(lease_closes, story("async-cut"));
  }
  return std::nullopt;
}
#undef HACTL_MUTANT

}  // namespace

const std::vector<Known>& known() {
  static const std::vector<Known> rows = [] {
    constexpr int kRulesMax = 64;
    std::vector<Known> all;
    for (int number = 0; number < kRulesMax; ++number) {
      if (auto row = row_of(static_cast<Rule>(number))) all.push_back(*std::move(row));
    }
    return all;
  }();
  return rows;
}

}  // namespace hactl::mutants
