#include "codec/messages.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "tests/codec/random_model.h"

namespace hactl {
namespace {

using nlohmann::json;

constexpr std::uint64_t kRounds = 100;

/// What is written, as text and parsed again, is what is read.
template <typename T, typename Decode>
void expect_same(const T& value, Decode from_json, std::uint64_t seed) {
  const Result<json> parsed = parse_json(dump_json(to_json(value)));
  ASSERT_TRUE(parsed.ok()) << "seed " << seed << ": " << parsed.error().message;
  const Result<T> read = from_json(*parsed);
  ASSERT_TRUE(read.ok()) << "seed " << seed << ": " << read.error().message;
  EXPECT_EQ(*read, value) << "seed " << seed;
}

TEST(Messages, ComeBackAsTheyWere) {
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    RandomModel random(seed);
    expect_same(random.goal(), goal_from_json, seed);
    expect_same(random.report(), report_from_json, seed);
    expect_same(random.agent_state(), agent_state_from_json, seed);
    expect_same(random.record(), record_from_json, seed);
    expect_same(random.sync_config(), sync_config_from_json, seed);
    expect_same(random.promotion(), promotion_from_json, seed);
    expect_same(random.condition(), condition_from_json, seed);
    expect_same(random.event(), event_from_json, seed);
    expect_same(random.node_status(), node_status_from_json, seed);
    expect_same(random.formation_status(), formation_status_from_json, seed);
  }
}

/// The message of the error that `change` causes in an otherwise valid goal.
std::string goal_error(const json& change) {
  Goal goal;
  goal.upstream = Upstream{NodeName("paris-a"), "10.0.0.1", 5432, Epoch(3)};
  json text = to_json(goal);
  text.merge_patch(change);
  const Result<Goal> read = goal_from_json(text);
  return read.ok() ? "" : read.error().message;
}

TEST(Messages, NameThePlaceOfAnError) {
  EXPECT_EQ(goal_error({{"upstream", {{"port", 70000}}}}),
            "goal.upstream.port: 70000 is not between 1 and 65535");
  EXPECT_EQ(goal_error({{"upstream", {{"port", -1}}}}),
            "goal.upstream.port: -1 is not between 1 and 65535");
  EXPECT_EQ(goal_error({{"upstream", {{"port", 1.5}}}}),
            "goal.upstream.port: 1.5 is not a whole number");
  EXPECT_EQ(goal_error({{"upstream", {{"node", "Paris"}}}}),
            "goal.upstream.node: \"Paris\" is not a valid name");
  EXPECT_EQ(goal_error({{"upstream", 3}}), "goal.upstream: 3 is not an object");
  EXPECT_EQ(goal_error({{"epoch", nullptr}}), "goal.epoch: is missing");
  EXPECT_EQ(goal_error({{"state", "emperor"}}), "goal.state: \"emperor\" is not a goal state");
  EXPECT_EQ(goal_error({{"system-id", 7}}), "goal.system-id: 7 is not text");
  EXPECT_EQ(goal_error({{"system-id", "x7"}}),
            "goal.system-id: \"x7\" is not a whole number as text");
  EXPECT_EQ(goal_error({{"chain", {{{"epoch", "x"}}}}}),
            "goal.chain[0].epoch: \"x\" is not a whole number");
  EXPECT_EQ(goal_error({{"postgres", {{"username", std::string(9000, 'x')}}}}),
            "goal.postgres.username: is longer than 8192 bytes");
  EXPECT_EQ(goal_error({{"chain", json(std::vector<int>(2000, 1))}}),
            "goal.chain: has more than 1024 entries");
}

TEST(Messages, IgnoreWhatANewerProgramAdds) {
  EXPECT_EQ(goal_error({{"novelty", 1}}), "");
}

TEST(Messages, AreWrittenAsPeopleAndProgramsReadThem) {
  Promotion promotion{Epoch(3),      NodeName("paris-a"), TimelineId(4),
                      TimelineId(2), Lsn(0x5000148),      true};
  EXPECT_EQ(dump_json(to_json(promotion)),
            R"({"epoch":3,"node":"paris-a","opened":true,"parent":2,"start":"0/5000148",)"
            R"("timeline":4})");
  Goal goal;
  goal.system_id = SystemId(18'446'744'073'709'551'615U);
  EXPECT_EQ(to_json(goal)["system-id"], "18446744073709551615");
}

TEST(Messages, AnyChangedByteIsAnErrorOrAValue) {
  RandomModel random(7);
  Prng where(11);
  const std::string good = dump_json(to_json(random.agent_state()));
  for (int round = 0; round < 500; ++round) {
    std::string text = good;
    const auto at =
        static_cast<std::size_t>(where.between(0, static_cast<std::int64_t>(text.size()) - 1));
    text[at] = static_cast<char>(where.between(0, 255));
    const Result<json> parsed = parse_json(text);
    if (!parsed.ok()) continue;
    const Result<AgentState> read = agent_state_from_json(*parsed);
    if (read.ok()) continue;
    EXPECT_TRUE(read.error().message.starts_with("state")) << read.error().message;
  }
}

}  // namespace
}  // namespace hactl
