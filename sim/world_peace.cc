// The part of World that waits for peace: when a formation is as its spec says (L1, L2), and that
// it stays so (L3).
#include <algorithm>
#include <string_view>

#include "model/limits.h"
#include "sim/world.h"

namespace hactl {

namespace {

constexpr Duration kLookEvery{250};
/// Nothing at all has happened for this long: nothing will. Longer than a request for a goal is
/// waited for, one that was lost in a cut is sent again after that; and than a primary that has
/// moved too often stays where it is (kMoveBackOff).
constexpr Duration kStuckAfter{65'000};
/// Longer than every pause after which the planner may change its mind, but the one below.
constexpr Duration kSettles{15'000};
/// A primary moves by itself once another node has been fit for long enough; when that did not
/// work, once more after the pause between two moves.
constexpr Duration kSettlesWithFailback = kSettles + kFitFor + kMoveBackOff + kFitFor;

}  // namespace

bool World::run_until_converged(Duration limit) {
  const Instant end = queue_.now() + limit;
  while (queue_.now() < end && checkers_.violation().empty()) {
    run_for(kLookEvery);
    if (missing().empty()) return true;
  }
  return missing().empty();
}

bool World::blocked() const {
  if (network_.controller() == nullptr) return false;
  const Plan& plan = network_.controller()->loop().last_plan();
  return std::ranges::any_of(plan.conditions,
                             [](const Condition& c) { return c.reason == "Blocked"; });
}

void World::must_converge(Duration limit) {
  const Instant end = queue_.now() + limit;
  Instant changed_at = queue_.now();
  std::uint64_t happenings = checkers_.happenings();
  while (checkers_.violation().empty()) {
    if (missing().empty()) return;
    if (checkers_.happenings() != happenings) {
      happenings = checkers_.happenings();
      changed_at = queue_.now();
    }
    if (queue_.now() - changed_at > kStuckAfter && !blocked()) {
      tell_where_it_stands();
      return checkers_.violate("L2", "nothing happens any more, and " + missing());
    }
    if (queue_.now() >= end) {
      tell_where_it_stands();
      return checkers_.violate("L1", "not converged: " + missing());
    }
    run_for(kLookEvery);
  }
}

void World::must_stay(Duration length) {
  const Instant end = queue_.now() + length;
  const bool moves = wanted_.failback == Failback::automatic;
  run_for(std::min(length, moves ? kSettlesWithFailback : kSettles));
  if (!checkers_.violation().empty() || queue_.now() >= end) return;
  const std::string why = missing();
  if (!why.empty()) return checkers_.violate("L3", "it was as specified, and then " + why);
  const Revision revision = record()->revision;
  run_for(end - queue_.now());
  if (!checkers_.violation().empty() || record()->revision == revision) return;
  checkers_.violate("L3", "decisions go on though nothing happens: revision " +
                              std::to_string(revision.value) + ", then " +
                              std::to_string(record()->revision.value));
}

void World::tell_where_it_stands() {
  for (const auto& [name, machine] : machines_) {
    const SimServer& server = *cluster_.servers().at(name);
    std::string line = "at the end " + name.value + ": " +
                       (server.accepting() ? "accepting"
                        : server.running() ? "starting"
                                           : "down") +
                       (server.in_recovery() ? " standby" : " primary") + " timeline " +
                       std::to_string(server.timeline().value) + " at " +
                       to_string(server.disk.end());
    if (machine.loop) {
      const NodeReport& report = machine.loop->last_report();
      line += ", promised " + std::to_string(report.promised.value) + ", " +
              std::string(to_string(report.state)) + ", doing: " + report.doing;
      line += ", says timeline " + std::to_string(report.position.timeline.value) + " at " +
              to_string(report.position.lsn) + ", final for " +
              std::to_string(report.final_for.value);
      if (report.problem) line += ", problem: " + report.problem->message;
      if (const auto& goal = machine.loop->local().state.goal) {
        line += ", goal saved: " + std::string(to_string(goal->state)) + " epoch " +
                std::to_string(goal->epoch.value);
      }
    }
    note(line);
  }
  if (network_.controller() == nullptr) return;
  std::string lineage = "lineage (epoch.timeline):";
  for (const Promotion& promotion : network_.controller()->loop().stored().record.lineage) {
    lineage += " " + std::to_string(promotion.epoch.value) + "." +
               std::to_string(promotion.timeline.value) + (promotion.opened ? "" : "?");
  }
  note(lineage);
  const Plan& plan = network_.controller()->loop().last_plan();
  for (const Decision& decision : plan.decisions) {
    note("decision " + std::to_string(decision.rule) + " " +
         (decision.node ? decision.node->value : "formation") + ": " + decision.why);
  }
  for (const Condition& condition : plan.conditions) {
    note("condition " + condition.type + " " + std::string(to_string(condition.status)) + " " +
         condition.reason + ": " + condition.message);
  }
}

std::string World::missing_standby(const Member& member, const NodeName& primary) const {
  const SimServer& server = *cluster_.servers().at(member.name);
  const auto receiver = cluster_.receiver(server);
  if (!server.accepting() || !receiver || receiver->upstream != primary) {
    return member.name.value + " does not stream from " + primary.value;
  }
  const SimServer& upstream = *cluster_.servers().at(primary);
  if (server.disk.timeline() != upstream.disk.timeline()) {
    return member.name.value + " is on another timeline";
  }
  return {};
}

std::string World::missing() const {
  if (network_.controller() == nullptr) return "no controller";
  if (wanted_ != spec_) return "the spec was not taken";
  const auto stored = store_.formations.find(formation_);
  if (stored == store_.formations.end()) return "no formation";
  const FormationRecord& record = stored->second.record;
  if (record.phase != Phase::stable) return "phase " + std::string(to_string(record.phase));
  if (!record.primary || !cluster_.servers().contains(*record.primary)) return "no primary";
  if (record.in_force.size() != 1) return "more than one setting is on record";
  const SimServer& primary = *cluster_.servers().at(*record.primary);
  if (!primary.writable()) return record.primary->value + " is not open";
  for (const Member& member : wanted_.members()) {
    if (member.maintenance) {
      if (!cluster_.servers().at(member.name)->running()) continue;
      return member.name.value + " runs, and is to be in maintenance";
    }
    if (member.name == *record.primary) continue;
    const std::string why = missing_standby(member, *record.primary);
    if (!why.empty()) return why;
  }
  if (record.in_force.front().required != wanted_.sync_standbys()) {
    return "commits wait for " + to_string(record.in_force.front()) + ", not for " +
           std::to_string(wanted_.sync_standbys());
  }
  if (!checkers_.spread_as_asked(record.in_force.front())) {
    return "commits wait for " + to_string(record.in_force.front()) +
           ", by which they need not be where the spec wants them";
  }
  if (checkers_.last_acknowledged_at() < healed_at_) return "no commit was acknowledged";
  if (!is_true(network_.controller()->loop().last_plan().conditions, "Converged")) {
    return "the controller does not say so";
  }
  return {};
}

}  // namespace hactl
