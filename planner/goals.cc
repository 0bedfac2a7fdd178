#include "planner/goals.h"

#include <algorithm>
#include <array>

#include "planner/ballot.h"
#include "planner/decide.h"

namespace hactl {
namespace {

enum class Is { any, yes, no };

/// What the rows below may ask of one node.
struct Place {
  Phase phase = Phase::bootstrap;
  bool deleting = false;
  bool unknown = false;    ///< The store is older than its nodes: what they are to be is not known.
  bool primary = false;    ///< The record's primary.
  bool candidate = false;  ///< The record's candidate.
  bool fetching = false;   ///< The candidate that lacks WAL and has a donor.
  bool first = false;      ///< The formation has no data yet.
  bool maintained = false;  ///< Its spec has it stopped, and nothing needs it any more.
  bool gone = false;        ///< Not in the spec, and no setting counts it any more.
  bool excluded = false;    ///< It forgot something and must be built anew.
  bool open = false;        ///< The primary, and open to clients.
  bool empty = false;       ///< It has no data.
  bool may_clone = false;   ///< It is its turn to make a copy.
  bool wal_gone = false;    ///< The primary no longer has the WAL that it needs.
  bool waits = false;       ///< A new primary is to open; it does so without this node.
};

struct When {
  std::array<bool, 6> phases{true, true, true, true, true, true};  ///< By Phase.
  Is deleting = Is::any;
  Is unknown = Is::any;
  Is primary = Is::any;
  Is candidate = Is::any;
  Is fetching = Is::any;
  Is first = Is::any;
  Is gone = Is::any;
  Is maintained = Is::any;
  Is excluded = Is::any;
  Is open = Is::any;
  Is empty = Is::any;
  Is may_clone = Is::any;
  Is wal_gone = Is::any;
  Is waits = Is::any;
};

struct Row {
  std::uint32_t id = 0;
  When when;
  GoalState goal = GoalState::init;
  std::string_view why;
};

constexpr std::array<bool, 6> only(Phase phase) {
  std::array<bool, 6> phases{};
  phases[static_cast<std::size_t>(phase)] = true;
  return phases;
}

// First match wins.
constexpr std::array kRows{
    Row{.id = 400,
        .when = {.deleting = Is::yes},
        .goal = GoalState::drop,
        .why = "the formation is being deleted"},
    Row{.id = 403,
        .when = {.unknown = Is::yes},
        .goal = GoalState::init,
        .why = "the store is older than what nodes have seen: stay as you are, and tell it"},
    Row{.id = 405,
        .when = {.gone = Is::yes},
        .goal = GoalState::drop,
        .why = "no longer in the spec, and no commit waits for it"},
    Row{.id = 407,
        .when = {.maintained = Is::yes},
        .goal = GoalState::maintenance,
        .why = "in maintenance by its spec, and no commit waits for it: kept stopped"},
    Row{.id = 410,
        .when = {.phases = only(Phase::bootstrap)},
        .goal = GoalState::init,
        .why = "the formation has no data yet"},
    Row{.id = 415,
        .when = {.phases = only(Phase::promote), .candidate = Is::yes, .first = Is::yes},
        .goal = GoalState::bootstrap,
        .why = "chosen to make the formation's first data directory"},
    Row{.id = 420,
        .when = {.first = Is::yes},
        .goal = GoalState::init,
        .why = "waiting for the first primary"},
    Row{.id = 425,
        .when = {.phases = only(Phase::collect), .fetching = Is::yes},
        .goal = GoalState::fast_forward,
        .why = "chosen to take over; another node holds WAL that it lacks"},
    Row{.id = 428,
        .when = {.phases = only(Phase::collect), .excluded = Is::yes, .empty = Is::no},
        .goal = GoalState::fence,
        .why =
            "it forgot what it once knew: its word counts for nothing, and nobody is to have its "
            "WAL"},
    Row{.id = 430,
        .when = {.phases = only(Phase::collect), .empty = Is::no},
        .goal = GoalState::hold,
        .why = "a ballot is under way: take no more WAL and say how far you are"},
    Row{.id = 432,
        .when = {.phases = only(Phase::promote),
                 .candidate = Is::no,
                 .excluded = Is::yes,
                 .empty = Is::no,
                 .waits = Is::yes},
        .goal = GoalState::fence,
        .why = "it forgot what it once knew: others help the new primary to open"},
    Row{.id = 433,
        .when = {.phases = only(Phase::promote),
                 .candidate = Is::no,
                 .excluded = Is::yes,
                 .empty = Is::no},
        .goal = GoalState::rebuild,
        .why = "it forgot what it once knew: build it anew from the new primary"},
    Row{.id = 435,
        .when = {.phases = only(Phase::promote), .candidate = Is::yes},
        .goal = GoalState::promote,
        .why = "chosen to be primary"},
    Row{.id = 436,
        .when = {.phases = only(Phase::promote), .primary = Is::yes, .waits = Is::yes},
        .goal = GoalState::demote,
        .why = "stay down for a moment: others help the new primary to open"},
    Row{.id = 437,
        .when = {.phases = only(Phase::promote), .empty = Is::no, .waits = Is::yes},
        .goal = GoalState::standby,
        .why = "stay as it is for a moment: others help the new primary to open"},
    Row{.id = 440,
        .when = {.phases = only(Phase::switchover), .primary = Is::yes},
        .goal = GoalState::demote,
        .why = "the primary moves: stop in an orderly way"},
    Row{.id = 442,
        .when = {.phases = only(Phase::stable),
                 .primary = Is::yes,
                 .excluded = Is::yes,
                 .open = Is::no},
        .goal = GoalState::fence,
        .why = "it forgot what it once knew: nobody is to follow it before another is primary"},
    Row{.id = 445,
        .when = {.phases = only(Phase::stable), .primary = Is::yes},
        .goal = GoalState::primary,
        .why = "the formation's primary"},
    Row{.id = 446,
        .when = {.phases = only(Phase::reconfigure), .primary = Is::yes},
        .goal = GoalState::primary,
        .why = "the formation's primary; a new synchronous setting is to be proven"},
    Row{.id = 450,
        .when = {.phases = only(Phase::stable), .excluded = Is::yes},
        .goal = GoalState::rebuild,
        .why = "it forgot what it once knew: build it anew from the primary"},
    Row{.id = 452,
        .when = {.phases = only(Phase::stable), .primary = Is::no, .wal_gone = Is::yes},
        .goal = GoalState::rebuild,
        .why = "the primary no longer has the WAL that it needs: build it anew"},
    Row{.id = 455,
        .when = {.phases = only(Phase::stable), .empty = Is::yes, .may_clone = Is::no},
        .goal = GoalState::init,
        .why = "waiting for its turn to copy the primary"},
    Row{.id = 456,
        .when = {.phases = only(Phase::reconfigure), .empty = Is::yes, .may_clone = Is::no},
        .goal = GoalState::init,
        .why = "waiting for its turn to copy the primary"},
    Row{.id = 460,
        .when = {.phases = only(Phase::collect)},
        .goal = GoalState::init,
        .why = "waiting for a primary to copy"},
    Row{.id = 465,
        .when = {.phases = only(Phase::promote), .empty = Is::yes, .may_clone = Is::no},
        .goal = GoalState::init,
        .why = "waiting for a primary to copy"},
    Row{.id = 490, .when = {}, .goal = GoalState::standby, .why = "follow the primary"},
};

bool fits(Is wanted, bool fact) {
  return wanted == Is::any || (wanted == Is::yes) == fact;
}

bool matches(const When& when, const Place& place) {
  return when.phases[static_cast<std::size_t>(place.phase)] &&
         fits(when.deleting, place.deleting) && fits(when.unknown, place.unknown) &&
         fits(when.primary, place.primary) && fits(when.candidate, place.candidate) &&
         fits(when.fetching, place.fetching) && fits(when.first, place.first) &&
         fits(when.gone, place.gone) && fits(when.maintained, place.maintained) &&
         fits(when.excluded, place.excluded) && fits(when.open, place.open) &&
         fits(when.empty, place.empty) && fits(when.may_clone, place.may_clone) &&
         fits(when.wal_gone, place.wal_gone) && fits(when.waits, place.waits);
}

/// There is a primary to copy: an open one, or one that has been promoted and may need the copies
/// to be able to open.
bool can_be_copied(const Facts& facts) {
  if (facts.record.phase != Phase::promote) return true;
  const NodeFacts& candidate = facts.node(*facts.record.candidate);
  return candidate.heard && candidate.report->primary &&
         candidate.report->primary->epoch == facts.record.epoch;
}

/// The first kClonesAtOnceMax nodes, in the order of the file, that have no data.
std::set<NodeName> clones_allowed(const Facts& facts) {
  std::set<NodeName> allowed;
  if (!can_be_copied(facts)) return allowed;
  for (const NodeState wanted : {NodeState::creating, NodeState::empty}) {
    for (const Member& member : facts.members) {
      const NodeFacts& node = facts.node(member.name);
      if (allowed.size() >= kClonesAtOnceMax) return allowed;
      if (node.maintained) continue;
      if (node.heard && node.report->state == wanted) allowed.insert(member.name);
    }
  }
  return allowed;
}

/// The standbys with which a new primary can open: running members of its setting, as many as must
/// hold its barrier, those of its region first. One that says nothing to the new epoch may hang.
/// Unset: all are needed, or time is up.
std::optional<std::set<NodeName>> needed_to_open(Facts& facts) {
  const FormationRecord& record = facts.record;
  if (record.phase != Phase::promote) return std::nullopt;
  if (facts.passed(facts.observed.phase_since, kOthersFollowAfter)) return std::nullopt;
  const SyncConfig& setting = record.in_force.back();
  const auto region_of = [&](const NodeName& name) {
    const std::optional<Member>& member = facts.node(name).member;
    return member ? member->region : RegionName{};
  };
  std::set<NodeName> needed;
  for (const bool same_region : {true, false}) {
    for (const NodeName& name : setting.members) {
      const NodeFacts& node = facts.node(name);
      const bool near = region_of(name) == region_of(setting.primary);
      if (std::ssize(needed) == setting.required || near != same_region || !node.heard) continue;
      const NodeState state = node.report->state;
      if (state != NodeState::standby && state != NodeState::held) continue;
      const bool hears = node.report->promised >= record.epoch ||
                         !facts.passed(facts.observed.phase_since, kPromiseSoon);
      if (hears) needed.insert(name);
    }
  }
  if (std::ssize(needed) < setting.required) return std::nullopt;
  return needed;
}

/// A standby that has streamed from nobody for a while, and that ends before the primary's oldest
/// WAL.
bool wal_is_gone(Facts& facts, const NodeFacts& node) {
  const NodeReport* primary = facts.primary_report();
  if (primary == nullptr || !facts.primary_open() || !node.heard || !node.position) return false;
  if (node.report->state != NodeState::standby || receiving_from(*node.report)) return false;
  if (node.position->lsn >= primary->primary->oldest) return false;
  return facts.passed(std::max(node.steady_since, facts.observed.phase_since), kWalGoneAfter);
}

Place place_of(Facts& facts, const NodeName& name, const NodeFacts& node,
               const std::set<NodeName>& cloning, const std::optional<std::set<NodeName>>& needed) {
  const FormationRecord& record = facts.record;
  const auto counts = [&](const SyncConfig& config) { return has_part(config, name); };
  Place place;
  place.phase = record.phase;
  place.deleting = record.deleting;
  place.unknown =
      record.recovering && record.phase == Phase::reconfigure && record.in_force.empty();
  place.primary = record.primary == name;
  place.candidate = record.candidate == name;
  place.fetching = place.candidate && record.donor.has_value();
  place.first = record.system_id.value == 0;
  place.gone = !node.member && !place.primary && std::ranges::none_of(record.in_force, counts);
  place.maintained = node.maintained;
  place.excluded = node.excluded || node.forgot;
  place.open = place.primary && facts.primary_open();
  place.empty = !node.has_data;
  place.may_clone = cloning.contains(name);
  place.wal_gone = wal_is_gone(facts, node);
  place.waits = needed && !place.candidate && !needed->contains(name);
  return place;
}

void fill_postgres(const Facts& facts, const Member& self, const Place& place, PostgresGoal& goal) {
  const PostgresSpec& spec = facts.spec.postgres;
  goal.version = spec.version;
  goal.listen_host = self.host;
  goal.port = self.port;
  goal.data_directory = self.data_directory;
  goal.database = spec.database;
  goal.username = spec.username;
  if (place.primary || place.candidate) goal.password = facts.observed.password;
  goal.parameters = spec.parameters;
  goal.hba = spec.hba;
  goal.peers.reserve(facts.nodes.size());
  for (const auto& [name, node] : facts.nodes) {
    if (name == self.name || !node.address) continue;
    goal.peers.push_back({name, node.address->host, node.address->port});
  }
}

std::optional<Upstream> upstream_of(const Facts& facts, const NodeName& node, Epoch epoch) {
  const auto found = facts.nodes.find(node);
  if (found == facts.nodes.end() || !found->second.address) return std::nullopt;
  return Upstream{node, found->second.address->host, found->second.address->port, epoch};
}

/// The promotion that a goal is about: the candidate's while it takes over; that which wrote the
/// WAL to be fetched; else that of the open primary.
const Promotion* promotion_of(const Facts& facts, const Place& place, GoalState state) {
  const FormationRecord& record = facts.record;
  if (place.waits) return facts.opened();
  if (record.phase == Phase::promote) return &record.lineage.back();
  if (state != GoalState::fast_forward) return facts.opened();
  const auto donor = record.finals.find(*record.donor);
  if (donor == record.finals.end()) return facts.opened();
  return find_timeline(record.lineage, donor->second.timeline);
}

void fill_for_state(const Facts& facts, const Promotion* promotion, Goal& goal) {
  const FormationRecord& record = facts.record;
  switch (goal.state) {
    case GoalState::primary:
    case GoalState::promote:
    case GoalState::bootstrap:
      goal.sync = record.in_force.back();
      goal.lease = may_lose_commits_by_spec(facts);
      goal.timeline = promotion->timeline;
      if (goal.state == GoalState::promote) {
        goal.position = WalPosition{promotion->parent, record.target_position->lsn};
        // Whom it followed: what it was armed with names that node.
        if (const Promotion* former = facts.opened()) {
          goal.upstream = upstream_of(facts, former->node, former->epoch);
        }
      }
      if (const NodeReport* report = facts.node(goal.node).report) {
        goal.start_nonce = report->start_nonce;
      }
      // What it must have. An open one goes on and on.
      if (goal.state == GoalState::primary && !facts.primary_open()) {
        const WalPosition had =
            std::max(facts.node(goal.node).complete_seen, facts.shown_of(goal.timeline));
        if (had.lsn.value != 0) goal.position = had;
      }
      break;
    case GoalState::standby:
    case GoalState::rebuild:
      if (const auto known = record.nodes.find(goal.node); known != record.nodes.end()) {
        goal.rebuild_above = known->second.incarnation;
      }
      // Until it opens, a new primary is proven only by the members of its setting.
      if (record.phase == Phase::promote && promotion == &record.lineage.back()) {
        goal.sync = record.in_force.back();
      }
      // Armed: what it will be primary with is set up before the old primary stops.
      if (record.phase == Phase::switchover && record.candidate == goal.node) {
        goal.sync = record.in_force.back();
      }
      if (promotion != nullptr)
        goal.upstream = upstream_of(facts, promotion->node, promotion->epoch);
      break;
    case GoalState::fast_forward:
      goal.upstream = upstream_of(facts, *record.donor, record.epoch);
      if (const auto donor = record.finals.find(*record.donor); donor != record.finals.end()) {
        goal.position = WalPosition{donor->second.timeline, donor->second.position.lsn};
      }
      break;
    case GoalState::demote:
      if (record.candidate) {
        goal.upstream = upstream_of(facts, *record.candidate, record.epoch);
      }
      break;
    case GoalState::init:
    case GoalState::hold:
    case GoalState::maintenance:
    case GoalState::fence: break;
    case GoalState::drop: goal.delete_data = record.deleting_data; break;
  }
}

Epoch epoch_of(const Facts& facts, const Promotion* promotion, GoalState state) {
  const bool of_ballot = state == GoalState::hold || state == GoalState::fast_forward ||
                         state == GoalState::demote || promotion == nullptr;
  return of_ballot ? facts.record.epoch : promotion->epoch;
}

/// By timeline: most goals are about the same one.
using Chains = std::map<TimelineId, Lineage>;

void fill_goal(const Facts& facts, const Member* address, const Place& place, Chains& chains,
               Goal& goal) {
  const GoalState state = goal.state;
  const Promotion* promotion = promotion_of(facts, place, state);
  goal.formation = facts.record.formation;
  goal.incarnation = facts.record.incarnation;
  goal.revision = facts.record.revision;
  goal.epoch = epoch_of(facts, promotion, state);
  goal.system_id = facts.record.system_id;
  goal.tell_lineage = facts.record.recovering;
  if (promotion != nullptr) {
    const auto [chain, first] = chains.try_emplace(promotion->timeline);
    if (first) chain->second = ancestry(facts.record.lineage, promotion->timeline);
    goal.chain = chain->second;
  }
  fill_for_state(facts, promotion, goal);
  if (address != nullptr) fill_postgres(facts, *address, place, goal.postgres);
}

}  // namespace

std::map<NodeName, Goal> goals_of(Facts& facts, std::vector<Decision>& decisions) {
  std::map<NodeName, Goal> goals;
  const std::set<NodeName> cloning = clones_allowed(facts);
  const auto needed = needed_to_open(facts);
  const std::optional<NodeName> restarting = restart_turn(facts);
  Chains chains;
  for (const auto& [name, node] : facts.nodes) {
    const Place place = place_of(facts, name, node, cloning, needed);
    const auto row =
        std::ranges::find_if(kRows, [&](const Row& r) { return matches(r.when, place); });
    Goal& goal = goals[name];
    goal.node = name;
    goal.state = row->goal;
    fill_goal(facts, node.address ? &*node.address : nullptr, place, chains, goal);
    if (restarting == name) goal.restart = facts.generation.value;
    decisions.push_back(Decision{name, row->id, std::string(row->why)});
  }
  return goals;
}

}  // namespace hactl
