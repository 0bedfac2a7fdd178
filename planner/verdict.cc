#include "planner/verdict.h"

#include <algorithm>
#include <array>

namespace hactl {
namespace {

enum class Is { any, yes, no };

/// What the rows below may ask.
struct Signs {
  bool agent_heard = false;      ///< Its agent reported within kSilentAfter.
  bool postgres_down = false;    ///< Its agent says that PostgreSQL is not running.
  bool stuck = false;            ///< Its agent is heard, yet it has not been open for kPromoteWait.
  bool open = false;             ///< Its agent says that it is open in the epoch on record.
  bool standby_streams = false;  ///< A standby that is heard still receives from it.
};

struct When {
  Is agent_heard = Is::any;
  Is postgres_down = Is::any;
  Is stuck = Is::any;
  Is open = Is::any;
  Is standby_streams = Is::any;
};

struct Row {
  std::uint32_t id = 0;
  When when;
  bool dead = false;
  std::string_view why;
};

// First match wins.
constexpr std::array kRows{
    Row{.id = 210,
        .when = {.agent_heard = Is::yes, .postgres_down = Is::yes},
        .dead = true,
        .why = "its agent reports that PostgreSQL has stopped"},
    Row{.id = 220,
        .when = {.agent_heard = Is::yes, .open = Is::yes},
        .dead = false,
        .why = "it is open"},
    Row{.id = 230,
        .when = {.agent_heard = Is::yes, .stuck = Is::yes},
        .dead = true,
        .why = "PostgreSQL runs but could not be opened to clients in time"},
    Row{.id = 240,
        .when = {.agent_heard = Is::yes},
        .dead = false,
        .why = "its agent is bringing it back"},
    Row{.id = 250,
        .when = {.agent_heard = Is::no, .standby_streams = Is::yes},
        .dead = false,
        .why = "its agent is not heard, but standbys still receive from it: only the way to the "
               "controller is cut"},
    Row{.id = 260,
        .when = {.agent_heard = Is::no, .standby_streams = Is::no},
        .dead = true,
        .why = "its agent is silent, and no standby receives from it any more"},
    Row{.id = 290, .when = {}, .dead = false, .why = "nothing is known against it"},
};

bool fits(Is wanted, bool fact) {
  return wanted == Is::any || (wanted == Is::yes) == fact;
}

bool matches(const When& when, const Signs& signs) {
  return fits(when.agent_heard, signs.agent_heard) &&
         fits(when.postgres_down, signs.postgres_down) && fits(when.stuck, signs.stuck) &&
         fits(when.open, signs.open) && fits(when.standby_streams, signs.standby_streams);
}

bool receives_from(const NodeFacts& node, const NodeName& primary) {
  return node.heard && node.report->receiver && node.report->receiver->streaming &&
         node.report->receiver->upstream == primary;
}

}  // namespace

Verdict judge_primary(Facts& facts) {
  const NodeName& primary = *facts.record.primary;
  const auto found = facts.nodes.find(primary);
  if (found == facts.nodes.end()) return {};
  const NodeFacts& node = found->second;
  const Instant last_word = node.report == nullptr ? facts.observed.started_at : node.heard_at;
  Signs signs;
  signs.agent_heard = node.heard || !facts.passed(last_word, kSilentAfter);
  if (signs.agent_heard && !node.heard) return {false, 240, "its agent has not been heard yet"};
  if (node.heard) {
    signs.postgres_down = node.report->state == NodeState::stopped ||
                          node.report->state == NodeState::fenced ||
                          node.report->state == NodeState::empty;
    signs.open = facts.primary_open();
    signs.stuck =
        !signs.open &&
        facts.passed(std::max(node.steady_since, facts.observed.phase_since), kPromoteWait);
  }
  signs.standby_streams = std::ranges::any_of(
      facts.nodes, [&](const auto& entry) { return receives_from(entry.second, primary); });
  const auto row =
      std::ranges::find_if(kRows, [&](const Row& r) { return matches(r.when, signs); });
  return {row->dead, row->id, std::string(row->why)};
}

}  // namespace hactl
