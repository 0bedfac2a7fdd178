// The watch screen, line by line: at peace, in the middle of a move, blocked, and cut off.
#include "hactl/screen.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/utc.h"
#include "hactl/screen_line.h"

namespace hactl {
namespace {

using Colour = Terminal::Colour;

const UtcTime kNow = *parse_utc("2026-11-25T18:00:05Z");

UtcTime ago(std::int64_t seconds) {
  return UtcTime{kNow.milliseconds - 1'000 * seconds};
}

Condition condition(const std::string& type, ConditionStatus status, const std::string& reason,
                    const std::string& message, UtcTime since = ago(86'400 * 3)) {
  return {type, status, reason, message, since, Generation(4)};
}

NodeStatus node(const std::string& name, const std::string& region, const std::string& role,
                bool quorum) {
  NodeStatus node;
  node.name = NodeName(name);
  node.region = RegionName(region);
  node.role = role;
  const bool primary = role == "primary";
  node.goal = primary ? GoalState::primary : GoalState::standby;
  node.state = primary ? NodeState::primary : NodeState::standby;
  node.replication_quorum = quorum;
  node.lsn = Lsn(0x30148A0);
  node.lag_bytes = 0;
  node.lag_seconds = 0;
  node.healthy = true;
  node.heard_ms_ago = 240;
  return node;
}

Event event(std::int64_t seconds_ago, const std::string& reason, const std::string& message,
            bool warning = false) {
  Event event;
  event.time = ago(seconds_ago);
  event.reason = reason;
  event.message = message;
  event.warning = warning;
  return event;
}

NodeStatus& row(ScreenState& state, const std::string& name) {
  return *std::ranges::find(state.item.status.nodes, NodeName(name), &NodeStatus::name);
}

ScreenState at_peace() {
  ScreenState state;
  state.now = kNow;
  state.item.formation.name = FormationName("orders");
  state.item.generation = Generation(4);
  FormationStatus& status = state.item.status;
  status.observed_generation = Generation(4);
  status.epoch = Epoch(7);
  status.phase = "stable";
  status.primary = NodeName("paris-a");
  status.sync = "ANY 1 (paris-b, amsterdam-a)";
  status.conditions = {
      condition("Available", ConditionStatus::yes, "PrimaryOpen", "paris-a takes writes"),
      condition("Durable", ConditionStatus::yes, "QuorumHeld", "commits wait for ANY 1 (…)"),
      condition("Converged", ConditionStatus::yes, "AsSpecified", "every node is as the spec says"),
      condition("Progressing", ConditionStatus::no, "Idle", "nothing to do"),
      condition("PrimaryPreferred", ConditionStatus::yes, "HighestPriority", "paris-a has the …")};
  status.nodes = {node("paris-a", "paris", "primary", true), node("paris-b", "paris", "sync", true),
                  node("amsterdam-a", "amsterdam", "sync", true),
                  node("amsterdam-b", "amsterdam", "async", false),
                  node("dublin-a", "dublin", "async", false)};
  row(state, "dublin-a").lag_bytes = 83'886'080;
  row(state, "dublin-a").lag_seconds = 34;
  row(state, "dublin-a").lsn = Lsn(0x1000000);
  state.events = {event(400, "SwitchoverDone", "the primary has moved from paris-b to paris-a"),
                  event(398, "QuorumChanged", "commits wait for ANY 1 (paris-b, amsterdam-a)"),
                  event(125, "NodeLost", "amsterdam-b does not stream any more", true),
                  event(62, "NodeBack", "amsterdam-b streams again")};
  return state;
}

ScreenState half_moved() {
  ScreenState state = at_peace();
  state.item.generation = Generation(5);
  FormationStatus& status = state.item.status;
  status.observed_generation = Generation(5);
  status.phase = "promote";
  status.epoch = Epoch(8);
  status.conditions = {
      condition("Available", ConditionStatus::no, "NoOpenPrimary",
                "waiting for amsterdam-a to take over", ago(2)),
      condition("Durable", ConditionStatus::no, "QuorumChanging",
                "the synchronous setting is changing, or a ballot is under way", ago(2)),
      condition("Converged", ConditionStatus::no, "Unfinished",
                "waiting for amsterdam-a to take over", ago(14)),
      condition("Progressing", ConditionStatus::yes, "Working",
                "waiting for amsterdam-a to take over", ago(14))};
  status.done_steps = {
      "commits are to wait for ANY 1 (amsterdam-a, paris-b) instead of ANY 1 "
      "(paris-b)"};
  status.steps = {
      "the primary moves from paris-a to amsterdam-a: its candidate-priority 65 is higher than 50",
      "commits are to wait for ANY 1 (paris-a, paris-b) instead of ANY 1 (amsterdam-a, paris-b)"};
  NodeStatus& old = row(state, "paris-a");
  old.goal = GoalState::demote;
  old.state = NodeState::fenced;
  old.healthy = false;
  old.message = "stopped, as it was told";
  NodeStatus& next = row(state, "amsterdam-a");
  next.goal = GoalState::promote;
  next.state = NodeState::held;
  next.healthy = false;
  next.message = "waits for PostgreSQL to end recovery";
  next.lag_bytes.reset();
  next.lag_seconds.reset();
  state.events.push_back(event(2, "PrimaryStopped", "paris-a has stopped at 0/30148A0"));
  return state;
}

ScreenState blocked() {
  ScreenState state = at_peace();
  FormationStatus& status = state.item.status;
  status.phase = "collect";
  status.epoch = Epoch(8);
  const std::string why =
      "nobody can be promoted: commits may have been acknowledged by paris-b alone; any of "
      "paris-a, paris-b coming back ends this, or `hactl failover --accept-data-loss`";
  status.conditions = {
      condition("Available", ConditionStatus::no, "NoOpenPrimary", why, ago(190)),
      condition("Durable", ConditionStatus::no, "QuorumChanging",
                "the synchronous setting is changing, or a ballot is under way", ago(190)),
      condition("Converged", ConditionStatus::no, "Unfinished", why, ago(191)),
      condition("Progressing", ConditionStatus::no, "Blocked", why, ago(190))};
  status.steps = {"paris-a is lost: a ballot begins"};
  for (const char* name : {"paris-a", "paris-b"}) {
    NodeStatus& lost = row(state, name);
    lost.state = NodeState::unknown;
    lost.goal = GoalState::hold;
    lost.healthy = false;
    lost.heard_ms_ago = 193'000;
    lost.message = "its agent is not heard";
  }
  for (NodeStatus& each : status.nodes) {
    if (each.role == "primary") continue;
    each.lag_bytes.reset();
    each.lag_seconds.reset();
    each.goal = GoalState::hold;
    if (each.healthy) each.state = NodeState::held;
  }
  state.events = {event(190, "PrimaryLost", "paris-a is lost: a ballot begins", true)};
  return state;
}

ScreenState cut_off() {
  ScreenState state = at_peace();
  state.unanswered = Unanswered{
      ago(75),
      {ErrorCode::unavailable,
       "The connection to the server https://10.0.0.2:8443 was refused - did you specify "
       "the right host or port?"}};
  return state;
}

std::string without_colour(std::string text) {
  for (std::size_t at = text.find('\033'); at != std::string::npos; at = text.find('\033')) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  return text;
}

void expect_golden(const std::string& name, const ScreenState& state) {
  std::string actual;
  for (const ScreenSize size : {ScreenSize{80, 24}, ScreenSize{120, 40}, ScreenSize{40, 12}}) {
    for (const Colour colour : {Colour::never, Colour::allowed}) {
      if (colour == Colour::allowed && size != ScreenSize{80, 24}) continue;
      actual += "== " + std::to_string(size.columns) + "x" + std::to_string(size.rows) +
                (colour == Colour::allowed ? " with colour\n" : "\n");
      for (std::string line : render(state, size, colour).lines) {
        for (std::size_t at = line.find('\033'); at != std::string::npos; at = line.find('\033'))
          line.replace(at, 1, "\\e");
        actual += line + "\n";
      }
    }
  }
  const std::string path =
      std::string(HACTL_SOURCE_DIR) + "/tests/hactl/testdata/screen-" + name + ".txt";
  if (std::getenv("HACTL_REWRITE") != nullptr) std::ofstream(path) << actual;
  std::ifstream file(path);
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(expected, actual) << "HACTL_REWRITE=1 rewrites " << path << "; review the diff";
}

TEST(Screen, ShowsAFormationAtPeace) {
  expect_golden("peace", at_peace());
}

TEST(Screen, ShowsWhichStepsOfAMoveAreDone) {
  expect_golden("move", half_moved());
}

TEST(Screen, IsAsTheDocumentationShowsIt) {
  std::ifstream file(std::string(HACTL_SOURCE_DIR) + "/docs/command-line.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  std::string block = "```text\n";
  for (const std::string& line : render(half_moved(), {80, 24}, Colour::never).lines)
    block += line + "\n";
  EXPECT_NE(page.find(block + "```"), std::string::npos) << block;
}

TEST(Screen, ShowsWhatABlockedFailoverWaitsForAndSinceWhen) {
  expect_golden("blocked", blocked());
}

TEST(Screen, ShowsWhatWasSoWhenTheControllerWasLastReached) {
  expect_golden("cut-off", cut_off());
}

TEST(Screen, FitsEverySizeAndReadsTheSameWithoutColour) {
  for (const ScreenState& state : {at_peace(), half_moved(), blocked(), cut_off(), ScreenState{}}) {
    for (std::size_t columns = 1; columns <= 130; ++columns) {
      for (std::size_t rows = 1; rows <= 40; rows += rows < 16 ? 1 : 8) {
        const Frame plain = render(state, {columns, rows}, Colour::never);
        const Frame painted = render(state, {columns, rows}, Colour::allowed);
        ASSERT_LE(plain.lines.size(), rows);
        ASSERT_EQ(plain.lines.size(), painted.lines.size());
        for (std::size_t i = 0; i < plain.lines.size(); ++i) {
          ASSERT_LE(columns_of(plain.lines[i]), columns) << plain.lines[i];
          ASSERT_EQ(without_colour(painted.lines[i]), plain.lines[i]);
        }
      }
    }
  }
}

TEST(Screen, NamesWhatIsWrongFirstHoweverSmallItIs) {
  const std::string first = render(half_moved(), {24, 3}, Colour::never).lines.front();
  EXPECT_EQ(first, "orders: NOT AVAILABLE, …");
}

TEST(Screen, NobodysWordsMoveTheCursor) {
  ScreenState state = at_peace();
  row(state, "paris-b").healthy = false;
  row(state, "paris-b").message = "bad\033[2J\r\nworse\302\233H";
  bool told = false;
  for (const std::string& line : render(state, {80, 24}, Colour::never).lines) {
    EXPECT_EQ(line.find_first_of("\033\r\n"), std::string::npos);
    EXPECT_EQ(line.find("\302\233"), std::string::npos);
    told = told || line == "    bad [2J  worse H";
  }
  EXPECT_TRUE(told);
}

TEST(Screen, SaysThatAFormationIsGone) {
  ScreenState state = at_peace();
  state.unanswered = Unanswered{ago(3), {ErrorCode::not_found, "formations \"orders\" not found"}};
  EXPECT_EQ(render(state, {80, 24}, Colour::never).lines.front(),
            "FORMATION IS GONE since 18:00:02Z (3s); below is what was so then");
}

TEST(ScreenLine, FoldsBetweenWordsAndCutsTheLastLine) {
  EXPECT_EQ(folded("one two three", 7, 3), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(folded("one two three four", 7, 2), (std::vector<std::string>{"one two", "three …"}));
  EXPECT_EQ(folded("longerthanthat x", 6, 3),
            (std::vector<std::string>{"longer", "thanth", "at x"}));
  EXPECT_EQ(folded("über über", 4, 2), (std::vector<std::string>{"über", "über"}));
}

}  // namespace
}  // namespace hactl
