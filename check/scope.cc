#include "check/scope.h"

#include <utility>

#include "check/server.h"

namespace hactl::check {
namespace {

/// Nodes a, b and c in one region, all alike; commits wait for one of the other two.
FormationSpec three_nodes() {
  FormationSpec spec;
  spec.number_sync_standbys = 1;
  RegionSpec region;
  region.name = RegionName("r");
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    NodeSpec member;
    member.name = node_name(node);
    member.host = node_name(node).value;
    region.nodes.push_back(member);
  }
  spec.regions.push_back(region);
  return spec;
}

FormationSpec with_standbys(int number) {
  FormationSpec spec = three_nodes();
  spec.number_sync_standbys = number;
  return spec;
}

FormationSpec without_c() {
  FormationSpec spec = three_nodes();
  spec.regions.front().nodes.back().replication_quorum = false;
  return spec;
}

Scope make(std::string name, std::string about) {
  Scope scope;
  scope.name = std::move(name);
  scope.about = std::move(about);
  scope.spec = three_nodes();
  scope.settle_every = 500;
  return scope;
}

Scope failover() {
  return make("failover", "the primary is lost, or only thought to be");
}

Scope switchover() {
  Scope scope = make("switchover", "a user moves the primary to b");
  scope.standbys_tell = true;
  scope.edits.push_back(Edit{"asks for a switchover to b", {}, MoveRequest{NodeName("b"), {}}});
  return scope;
}

/// A user changes what commits wait for, from `spec` to `next`.
Scope change(std::string name, std::string about, FormationSpec spec, FormationSpec next) {
  Scope scope = make(std::move(name), std::move(about));
  scope.spec = std::move(spec);
  scope.edits.push_back(Edit{"applies: " + scope.about, std::move(next), {}});
  scope.configs = 2;
  scope.slow = 1;
  return scope;
}

std::vector<Scope> changes() {
  std::vector<Scope> scopes;
  scopes.push_back(change("narrow", "c leaves the quorum", three_nodes(), without_c()));
  scopes.push_back(change("widen", "c joins the quorum", without_c(), three_nodes()));
  scopes.push_back(change("two", "commits wait for two", three_nodes(), with_standbys(2)));
  scopes.push_back(change("one", "commits wait for one", with_standbys(2), three_nodes()));
  scopes.push_back(change("none", "commits wait for nobody", three_nodes(), with_standbys(0)));
  scopes.push_back(change("some", "commits wait again", with_standbys(0), three_nodes()));
  return scopes;
}

/// Whoever empties the setting does it at any moment of such a change.
Scope foreign() {
  Scope scope = changes().front();
  scope.name = "foreign";
  scope.about += ", and somebody empties the primary's setting";
  scope.foreign = 1;
  scope.configs = 4;
  scope.states_max = 300'000;
  return scope;
}

/// The agent dies where it has told the controller what it has not yet noted for its next life.
Scope noted() {
  Scope scope = changes().front();
  scope.name = "noted";
  scope.about += ", and something crashes";
  scope.crashes = 1;
  scope.states_max = 300'000;
  return scope;
}

Scope degrade() {
  Scope scope = make("degrade", "standbys go missing, and commits may do without");
  scope.spec.when_short = WhenShort::degrade;
  scope.configs = 3;
  return scope;
}

Scope in_any_order(Scope scope, std::size_t states_max) {
  scope.name += "-any";
  scope.about += ", in every order";
  scope.order = Order::any;
  scope.settle_every = 0;
  scope.states_max = states_max;
  return scope;
}

}  // namespace

const FormationSpec& Scope::spec_of(Generation generation) const {
  std::uint64_t left = generation.value - 1;
  if (left == 0) return spec;
  for (const Edit& edit : edits) {
    if (edit.spec && --left == 0) return *edit.spec;
  }
  return spec;
}

std::vector<Scope> quick_scopes() {
  std::vector<Scope> scopes{failover(), switchover()};
  for (Scope& scope : changes())
    scopes.push_back(std::move(scope));
  scopes.push_back(foreign());
  scopes.push_back(noted());
  scopes.push_back(degrade());
  Scope crash = failover();
  crash.name = "crash";
  crash.about += ", and something crashes";
  crash.ballots = 2;
  crash.configs = 2;
  crash.crashes = 1;
  crash.slow = 1;
  scopes.push_back(crash);
  Scope late = failover();
  late.name = "late";
  late.about += ", a message comes late, the controller is restarted";
  late.ballots = 2;
  late.configs = 2;
  late.late = 1;
  late.restarts = 1;
  late.slow = 1;
  scopes.push_back(late);
  constexpr std::size_t kSome = 1'000'000;
  scopes.push_back(in_any_order(failover(), kSome));
  return scopes;
}

std::vector<Scope> deep_scopes() {
  constexpr std::size_t kMany = 60'000'000;
  std::vector<Scope> scopes = quick_scopes();
  for (Scope& scope : scopes) {
    scope.states_max = kMany;
    scope.settle_every = 5'000;
    if (scope.order == Order::prompt) ++scope.slow;
    if (scope.crashes == 0 && scope.late == 0) ++scope.ballots;
    ++scope.configs;
  }
  return scopes;
}

}  // namespace hactl::check
