#include "simulate/simulate.h"

#include <algorithm>
#include <vector>

#include "sim/world.h"

namespace hactl {
namespace {

/// Simulated: bringing up the largest formation takes a few minutes.
constexpr Duration kBeginLimit{1'200'000};
/// Whatever is going to happen by itself has happened by then.
constexpr Duration kSettleTime{150'000};
/// A formation that takes writes acknowledges one at least this often.
constexpr Duration kWritesWithin{20'000};

/// Any seed will do: it decides how long things take, not what comes of them.
constexpr std::uint64_t kSeed = 1;

void cut(World& world, const Loss& link) {
  const std::set<NodeName> first = side_of_link(world.spec(), link.name);
  const std::set<NodeName> second = side_of_link(world.spec(), link.other);
  for (const auto& [one, other] : {std::pair(first, second), std::pair(second, first)}) {
    for (const NodeName& from : one) {
      if (other.empty()) {
        world.network().cut_up.insert(from);
        world.network().cut_down.insert(from);
      }
      for (const NodeName& to : other) {
        if (from != to) world.cluster().cut(from, to);
      }
    }
  }
}

/// The primary and as many standbys as a commit waited for, all of them lost.
std::set<NodeName> holders_among(const Outcome& outcome) {
  if (!outcome.lost.contains(outcome.primary)) return {};
  std::set<NodeName> holders{outcome.primary};
  for (const NodeName& member : outcome.setting.members) {
    if (static_cast<int>(holders.size()) > outcome.setting.required) break;
    if (outcome.lost.contains(member)) holders.insert(member);
  }
  return static_cast<int>(holders.size()) > outcome.setting.required ? holders
                                                                     : std::set<NodeName>{};
}

bool begins(World& world, const FormationSpec& spec) {
  if (!world.run_until_converged(kBeginLimit) || !world.primary()) return false;
  // Among equals, whoever was heard first is primary.
  const NodeName usual = spec.usual_primary();
  if (world.primary() == usual) return true;
  world.move(MoveRequest{usual, std::nullopt});
  return world.run_until_converged(kBeginLimit) && world.primary().has_value();
}

std::string why_writes_stop(World& world) {
  const SimController* controller = world.network().controller();
  if (controller == nullptr) return "there is no controller";
  const std::vector<Condition>& conditions = controller->loop().last_plan().conditions;
  const Condition* available = find_condition(conditions, "Available");
  if (available != nullptr && available->status != ConditionStatus::yes) return available->message;
  const Condition* durable = find_condition(conditions, "Durable");
  if (durable != nullptr && durable->reason == "QuorumShort") return durable->message;
  const Condition* progressing = find_condition(conditions, "Progressing");
  if (progressing != nullptr) return progressing->message;
  return "no commit is acknowledged";
}

}  // namespace

Result<Outcome> simulate(const FormationSpec& spec, const std::vector<Loss>& losses) {
  WorldOptions options;
  options.seed = kSeed;
  options.spec = spec;
  World world(std::move(options));
  if (!begins(world, spec) || world.record() == nullptr) {
    return Error{ErrorCode::timed_out, "the formation does not become whole: " + world.missing()};
  }
  Outcome outcome;
  outcome.primary = *world.primary();
  outcome.setting = world.record()->in_force.back();
  outcome.lost = lost_nodes(spec, losses);
  for (const NodeName& node : outcome.lost)
    world.power_off(node);
  for (const Loss& loss : losses) {
    if (loss.kind == Loss::Kind::link) cut(world, loss);
  }
  world.run_for(kSettleTime);
  world.stir();
  const Instant asked = world.now();
  world.run_for(kWritesWithin);
  if (!world.checkers().violation().empty()) {
    return Error{ErrorCode::internal,
                 "the simulation broke a promise: " + world.checkers().violation()};
  }
  outcome.holders = holders_among(outcome);
  outcome.may_be_on_lost_nodes_only = !outcome.holders.empty();
  if (world.checkers().last_acknowledged_at() >= asked) outcome.successor = world.primary();
  if (!outcome.writes_go_on()) outcome.reason = why_writes_stop(world);
  return outcome;
}

}  // namespace hactl
