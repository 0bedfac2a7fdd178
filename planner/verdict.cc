#include "planner/verdict.h"

#include <algorithm>
#include <array>

namespace hactl {
namespace {

enum class Is { any, yes, no };

/// What the rows below may ask.
struct Signs {
  bool agent_heard = false;      ///< Its agent reported within kPrimarySilentAfter.
  bool hung_up = false;          ///< Its agent's connection was closed from its side.
  bool postgres_down = false;    ///< Its agent says that PostgreSQL is not running.
  bool hung = false;             ///< Its agent says that PostgreSQL does not answer.
  bool long_hung = false;        ///< For kHungAfter.
  bool stalled = false;          ///< Its agent says that its disk takes no WAL.
  bool open = false;             ///< Its agent says that it is open in the epoch on record.
  bool forgot = false;           ///< It shows less than it once knew (R13).
  bool stuck = false;            ///< Its agent is heard, yet it has not been open for kPromoteWait.
  bool refuses = false;          ///< The controller knocked: nobody listens there.
  bool answers = false;          ///< The controller knocked: PostgreSQL spoke.
  bool silent = false;           ///< The controller knocked: nothing came back.
  bool standby_streams = false;  ///< A standby that is heard still receives from it.
  bool short_of_standbys =
      false;             ///< By its own word, commits wait for standbys that are not there.
  bool cut_off = false;  ///< For kReplicationLostAfter a commit quorum of standbys has been heard
                         ///< that receives nothing from it.
};

struct When {
  Is agent_heard = Is::any;
  Is hung_up = Is::any;
  Is postgres_down = Is::any;
  Is hung = Is::any;
  Is long_hung = Is::any;
  Is stalled = Is::any;
  Is open = Is::any;
  Is forgot = Is::any;
  Is stuck = Is::any;
  Is refuses = Is::any;
  Is answers = Is::any;
  Is silent = Is::any;
  Is standby_streams = Is::any;
  Is short_of_standbys = Is::any;
  Is cut_off = Is::any;
};

struct Row {
  std::uint32_t id = 0;
  When when;
  bool dead = false;
  bool ill = false;
  std::string_view why;
};

// First match wins. Nobody is declared dead on the word of one observer, unless it is its own
// agent.
constexpr std::array kRows{
    Row{.id = 208,
        .when = {.agent_heard = Is::yes, .open = Is::no, .forgot = Is::yes},
        .dead = true,
        .why = "it is not open, and has forgotten what it once knew"},
    Row{.id = 210,
        .when = {.agent_heard = Is::yes, .postgres_down = Is::yes},
        .dead = true,
        .why = "its agent reports that PostgreSQL has stopped"},
    Row{.id = 212,
        .when = {.agent_heard = Is::yes, .hung = Is::yes, .standby_streams = Is::no},
        .dead = true,
        .ill = true,
        .why = "PostgreSQL runs, but answers neither its agent nor any standby"},
    Row{.id = 214,
        .when = {.agent_heard = Is::yes, .long_hung = Is::yes},
        .dead = true,
        .ill = true,
        .why = "PostgreSQL runs, but has not answered its agent for 10 s"},
    Row{.id = 216,
        .when = {.agent_heard = Is::yes, .stalled = Is::yes},
        .dead = true,
        .ill = true,
        .why = "its disk has taken no WAL for 10 s"},
    Row{.id = 218,
        .when = {.agent_heard = Is::yes,
                 .open = Is::yes,
                 .standby_streams = Is::no,
                 .short_of_standbys = Is::yes,
                 .cut_off = Is::yes},
        .dead = true,
        .ill = true,
        .why = "it is open, but its standbys cannot receive from it, so that commits wait"},
    Row{.id = 220,
        .when = {.agent_heard = Is::yes, .hung_up = Is::no, .open = Is::yes},
        .dead = false,
        .why = "it is open"},
    Row{.id = 230,
        .when = {.agent_heard = Is::yes, .stuck = Is::yes},
        .dead = true,
        .why = "PostgreSQL runs but could not be opened to clients in time"},
    Row{.id = 235,
        .when = {.hung_up = Is::yes, .refuses = Is::yes, .standby_streams = Is::no},
        .dead = true,
        .why = "its agent has hung up, its port refuses, and no standby receives from it"},
    Row{.id = 240,
        .when = {.agent_heard = Is::yes},
        .dead = false,
        .why = "its agent was heard a moment ago"},
    Row{.id = 250,
        .when = {.agent_heard = Is::no, .standby_streams = Is::yes},
        .dead = false,
        .why = "its agent is not heard, but standbys still receive from it: only the way to the "
               "controller is cut, or the agent is down"},
    Row{.id = 255,
        .when = {.agent_heard = Is::no, .answers = Is::yes, .cut_off = Is::yes},
        .dead = true,
        .ill = true,
        .why = "its agent is silent, and its standbys cannot receive from it"},
    Row{.id = 256,
        .when = {.agent_heard = Is::no, .answers = Is::yes},
        .dead = false,
        .why = "its agent is silent, but PostgreSQL answers the controller"},
    Row{.id = 260,
        .when = {.agent_heard = Is::no, .refuses = Is::yes},
        .dead = true,
        .why = "its agent is silent, its port refuses, and no standby receives from it"},
    Row{.id = 262,
        .when = {.agent_heard = Is::no, .silent = Is::yes},
        .dead = true,
        .why = "its agent is silent, the controller cannot reach it, and no standby receives from "
               "it"},
    Row{.id = 265,
        .when = {.agent_heard = Is::no},
        .dead = false,
        .why = "its agent is silent: asking PostgreSQL itself"},
    Row{.id = 290, .when = {}, .dead = false, .why = "nothing is known against it"},
};

bool fits(Is wanted, bool fact) {
  return wanted == Is::any || (wanted == Is::yes) == fact;
}

bool matches(const When& when, const Signs& signs) {
  return fits(when.agent_heard, signs.agent_heard) && fits(when.hung_up, signs.hung_up) &&
         fits(when.postgres_down, signs.postgres_down) && fits(when.hung, signs.hung) &&
         fits(when.long_hung, signs.long_hung) && fits(when.stalled, signs.stalled) &&
         fits(when.open, signs.open) && fits(when.forgot, signs.forgot) &&
         fits(when.stuck, signs.stuck) && fits(when.refuses, signs.refuses) &&
         fits(when.answers, signs.answers) && fits(when.silent, signs.silent) &&
         fits(when.standby_streams, signs.standby_streams) &&
         fits(when.short_of_standbys, signs.short_of_standbys) && fits(when.cut_off, signs.cut_off);
}

bool receives_from(const NodeFacts& node, const NodeName& primary) {
  const auto source = node.heard ? receiving_from(*node.report) : std::nullopt;
  return source && source->first == primary;
}

/// Whether every commit that may have been acknowledged is held by standbys that are heard and have
/// received nothing for a while: production could go on at their side.
bool quorum_waits(Facts& facts, const NodeName& primary) {
  std::set<NodeName> waiting;
  for (const auto& [name, node] : facts.nodes) {
    if (name == primary || !node.heard || node.forgot || node.excluded) continue;
    const NodeState state = node.report->state;
    const bool able = state == NodeState::standby || state == NodeState::held;
    const Instant since = std::max(node.steady_since, facts.observed.phase_since);
    const bool receives = receives_from(node, primary);
    if (able && !receives && facts.passed(since, kReplicationLostAfter)) waiting.insert(name);
  }
  return !waiting.empty() && covers_all(waiting, facts.record.in_force);
}

bool is_short_of_standbys(const PrimaryView& primary, const FormationRecord& record) {
  const SyncConfig& sync = record.in_force.back();
  const auto there = std::ranges::count_if(primary.senders, [&](const SenderView& sender) {
    return sender.streaming && sender.fresh && sender.epoch == primary.epoch &&
           sync.members.contains(sender.node);
  });
  return there < sync.required;
}

void read_report(Facts& facts, const NodeFacts& node, Signs& signs) {
  const NodeReport& report = *node.report;
  const Instant steady = std::max(node.steady_since, facts.observed.phase_since);
  signs.postgres_down = report.state == NodeState::stopped || report.state == NodeState::fenced ||
                        report.state == NodeState::empty;
  signs.hung = report.state == NodeState::hung;
  signs.long_hung = signs.hung && facts.passed(steady, kHungAfter);
  signs.stalled = report.primary && report.primary->stalled;
  signs.open = facts.primary_open();
  signs.short_of_standbys = signs.open && is_short_of_standbys(*report.primary, facts.record);
  signs.stuck = !signs.open && facts.passed(steady, kPromoteWait);
}

/// PostgreSQL itself is asked when its agent has hung up, or has been silent for a while, and no
/// standby vouches for it; and again when another standby has ceased to.
void knock(Facts& facts, const NodeName& primary, Instant last_word, Signs& signs) {
  const NodeFacts& node = facts.node(primary);
  const bool suspect = facts.passed(last_word, kSuspectAfter) || node.hung_up_at;
  if (!suspect || signs.standby_streams) return;
  Instant since = std::max(last_word, node.hung_up_at.value_or(last_word));
  for (const auto& [name, other] : facts.nodes) {
    if (name != primary && other.heard) since = std::max(since, other.steady_since);
  }
  const std::optional<KnockAnswer> answer = facts.knock(primary, since);
  signs.refuses = answer == KnockAnswer::refused;
  signs.answers = answer == KnockAnswer::answered;
  signs.silent = answer == KnockAnswer::silent;
}

}  // namespace

Verdict judge_primary(Facts& facts) {
  const NodeName& primary = *facts.record.primary;
  const auto found = facts.nodes.find(primary);
  if (found == facts.nodes.end()) return {};
  const NodeFacts& node = found->second;
  const Instant last_word = node.report == nullptr ? facts.observed.started_at : node.heard_at;
  Signs signs;
  signs.agent_heard = !facts.passed(last_word, kPrimarySilentAfter);
  signs.hung_up = node.hung_up_at.has_value();
  signs.forgot = node.forgot || node.excluded;
  if (node.heard) read_report(facts, node, signs);
  if (node.report == nullptr && signs.agent_heard)
    return {false, false, 240, "its agent is not heard yet"};
  signs.standby_streams = std::ranges::any_of(
      facts.nodes, [&](const auto& entry) { return receives_from(entry.second, primary); });
  knock(facts, primary, last_word, signs);
  signs.cut_off = quorum_waits(facts, primary);
  const auto row =
      std::ranges::find_if(kRows, [&](const Row& r) { return matches(r.when, signs); });
  return {row->dead, row->ill, row->id, std::string(row->why)};
}

}  // namespace hactl
