#include "tests/mutants/hunt.h"

#include <algorithm>
#include <utility>

#include "sim/run.h"
#include "tests/mutants/stories.h"

#include "check/search.h"

namespace hactl::mutants {
namespace {

Catch search_scope(const Hunt& hunt) {
  std::vector<check::Scope> scopes = all_scopes();
  const auto scope = std::ranges::find(scopes, hunt.name, &check::Scope::name);
  if (scope == scopes.end()) return {};
  scope->states_max = std::min(scope->states_max, hunt.states_max);
  if (!hunt.rests) scope->settle_every = 0;
  const check::SearchResult result = check::search(*scope);
  return Catch{result.broken,
               "scope " + hunt.name + ", " + std::to_string(result.states) + " states"};
}

std::string live(const Hunt& hunt, std::uint64_t seed) {
  if (hunt.where == Hunt::Where::story) return tell(hunt.name, seed);
  const auto scenario = find_scenario(hunt.name);
  if (!scenario) return {};
  return run_seed({.scenario = *scenario,
                   .seed = seed,
                   .print = false,
                   .hooks = {},
                   .nodes = {},
                   .faults = {},
                   .course = 0})
      .violation;
}

}  // namespace

std::vector<check::Scope> all_scopes() {
  std::vector<check::Scope> scopes = check::quick_scopes();
  const auto variant = [&](const std::string& of, std::string name) {
    check::Scope scope = *std::ranges::find(scopes, of, &check::Scope::name);
    scope.name = std::move(name);
    return scope;
  };
  check::Scope ranked = variant("failover", "ranked");
  int priority = 90;
  for (NodeSpec& node : ranked.spec.regions.front().nodes) {
    node.candidate_priority = priority;
    priority = priority == 90 ? 50 : 70;
  }
  check::Scope old_order = variant("some", "some-late");
  old_order.late = 1;
  check::Scope again = variant("failover", "again");
  again.ballots = again.configs = 2;
  again.slow = 3;
  check::Scope older = variant("failover", "older");
  older.slow = older.late = 1;
  scopes.push_back(std::move(older));
  scopes.push_back(std::move(ranked));
  scopes.push_back(std::move(old_order));
  scopes.push_back(std::move(again));
  return scopes;
}

Catch go(const Hunt& hunt) {
  if (hunt.where == Hunt::Where::scope) return search_scope(hunt);
  for (std::uint64_t seed = hunt.first; seed <= hunt.last; ++seed) {
    std::string broken = live(hunt, seed);
    if (!broken.empty()) {
      return Catch{std::move(broken), hunt.name + ", seed " + std::to_string(seed)};
    }
  }
  return {};
}

std::vector<Hunt> everywhere() {
  constexpr std::size_t kStates = 400'000;
  constexpr std::uint64_t kSeeds = 40;
  std::vector<Hunt> hunts;
  for (const std::string& story : story_names())
    hunts.push_back({Hunt::Where::story, story, 1, kSeeds, 0, false});
  for (const check::Scope& scope : all_scopes())
    hunts.push_back({Hunt::Where::scope, scope.name, 0, 0, kStates, false});
  for (const std::string& scenario : scenario_names())
    hunts.push_back({Hunt::Where::scenario, scenario, 1, kSeeds, 0, false});
  return hunts;
}

}  // namespace hactl::mutants
