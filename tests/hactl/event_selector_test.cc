#include "hactl/event_selector.h"

#include <gtest/gtest.h>

namespace hactl {
namespace {

Event event() {
  Event result;
  result.warning = true;
  result.reason = "FailoverStarted";
  result.object = "formation/default";
  result.rule = 311;
  result.involved = {NodeName("paris-a"), NodeName("paris-b")};
  return result;
}

bool matches(std::string_view text) {
  const Result<EventSelector> selector = EventSelector::parse(text);
  EXPECT_TRUE(selector.ok()) << text;
  return selector.ok() && selector->matches(event());
}

TEST(EventSelector, MeansEventsByWhatTheyAreAbout) {
  EXPECT_TRUE(matches(""));
  EXPECT_TRUE(matches("involved=paris-a"));
  EXPECT_TRUE(matches("involved==paris-b"));
  EXPECT_FALSE(matches("involved=paris"));
  EXPECT_FALSE(matches("involved!=paris-a"));
  EXPECT_TRUE(matches("type=Warning"));
  EXPECT_FALSE(matches("type=Normal"));
  EXPECT_TRUE(matches("object=formation/default"));
  EXPECT_TRUE(matches("rule=311"));
}

TEST(EventSelector, WantsEveryTermToHold) {
  EXPECT_TRUE(matches("type!=Normal,reason=FailoverStarted,involved=paris-a"));
  EXPECT_FALSE(matches("type=Warning,involved=paris-c"));
}

TEST(EventSelector, RefusesWhatIsNoTerm) {
  for (const char* text : {"involved", "=a", "color=red", "type=Warning,color", "!=a"}) {
    EXPECT_FALSE(EventSelector::parse(text).ok()) << text;
  }
  EXPECT_EQ(EventSelector::parse("color=red").error().message,
            "error: --field-selector: \"color=red\" is not FIELD=VALUE or FIELD!=VALUE with a "
            "field of: involved, type, reason, object, rule");
}

}  // namespace
}  // namespace hactl
