// The abstract PostgreSQL has the habits that the protocol is about.
#include "check/server.h"

#include <string>

#include <gtest/gtest.h>

#include "check/search.h"

namespace hactl::check {
namespace {

/// Settings files with the one line that matters here.
SettingsFiles waiting_for(const std::string& names) {
  return SettingsFiles{names, "synchronous_standby_names = '" + names + "'\n", "", ""};
}

/// Node a is a primary with two records; its walsenders for b and c stream in epoch 1.
Server primary(SettingsTable& settings, const std::string& names) {
  Server server;
  append(server, {1});
  start(server, settings, true);
  recover(server);
  server.settings = settings.add(waiting_for(names));
  promote(server, 2);
  finish_promotion(server);
  for (const std::uint8_t standby : {std::uint8_t{1}, std::uint8_t{2}}) {
    server.senders[standby] = Sender{settings.rule_of(server.settings), true, 1, 0, 1};
    take_reply(server, settings, standby);
  }
  return server;
}

TEST(AbstractPostgres, AnyReleasesByTheFastestAndFirstByTheOrderOfNames) {
  SettingsTable settings;
  Server any = primary(settings, R"(ANY 1 ("hactl_b_e1", "hactl_c_e1"))");
  any.senders[2].reply = 2;
  EXPECT_TRUE(take_reply(any, settings, 2));
  EXPECT_EQ(any.released, 2);
  Server first = primary(settings, R"(FIRST 1 ("hactl_b_e1", "hactl_c_e1"))");
  first.senders[2].reply = 2;
  EXPECT_TRUE(take_reply(first, settings, 2));
  EXPECT_EQ(first.released, 1);
}

TEST(AbstractPostgres, AWalsenderReleasesByTheSettingThatItFollowsItself) {
  SettingsTable settings;
  Server server = primary(settings, R"(ANY 1 ("hactl_b_e1"))");
  server.settings = settings.add(waiting_for(R"(ANY 2 ("hactl_b_e1", "hactl_c_e1"))"));
  server.senders[1].reply = 2;
  EXPECT_TRUE(take_reply(server, settings, 1));
  EXPECT_EQ(server.released, 2);
}

TEST(AbstractPostgres, AStandbyOfAnotherEpochDoesNotCount) {
  SettingsTable settings;
  Server server = primary(settings, R"(ANY 1 ("hactl_b_e2", "hactl_c_e2"))");
  server.senders[1].reply = 2;
  EXPECT_TRUE(take_reply(server, settings, 1));
  EXPECT_EQ(server.released, 0);
}

TEST(AbstractPostgres, APrimaryStopsInGoodOrderOnceItsStandbysHaveAll) {
  SettingsTable settings;
  Server server = primary(settings, R"(ANY 1 ("hactl_b_e1"))");
  EXPECT_TRUE(begin_stop(server));
  EXPECT_FALSE(finish_stop(server, StopEnd::clean));
  for (Sender& sender : server.senders) {
    if (sender.open) sender.flushed = server.length;
  }
  EXPECT_FALSE(finish_stop(server, StopEnd::clean)) << "its checkpoint is not written";
  EXPECT_TRUE(write_shutdown(server));
  EXPECT_TRUE(finish_stop(server, StopEnd::clean));
  EXPECT_TRUE(server.clean);
  EXPECT_EQ(server.length, 3);
}

TEST(AbstractPostgres, APrimaryHasShutDownOnceItsCheckpointIsWrittenHoweverItEnds) {
  SettingsTable settings;
  Server server = primary(settings, R"(ANY 1 ("hactl_b_e1"))");
  EXPECT_FALSE(write_shutdown(server));
  EXPECT_TRUE(begin_stop(server));
  EXPECT_FALSE(look(server, settings, 0).control->clean_shutdown);
  EXPECT_TRUE(write_shutdown(server));
  EXPECT_TRUE(look(server, settings, 0).stopping);
  EXPECT_TRUE(look(server, settings, 0).control->clean_shutdown);
  EXPECT_TRUE(finish_stop(server, StopEnd::cut_short));
  EXPECT_TRUE(server.clean);
  EXPECT_FALSE(server.running);
}

TEST(AbstractPostgres, APromotionTakesTheReservedTimeline) {
  SettingsTable settings;
  Server server = primary(settings, "");
  crash(server);
  start(server, settings, true);
  recover(server);
  EXPECT_TRUE(promote(server, 5));
  EXPECT_TRUE(finish_promotion(server));
  EXPECT_EQ(last_timeline(server), 5);
  EXPECT_EQ(server.history[5], (Branch{2, 2}));
}

TEST(Search, TheSameScopeIsTheSameSearch) {
  Scope scope = quick_scopes().front();
  scope.slow = 1;
  const SearchResult once = search(scope);
  const SearchResult again = search(scope);
  EXPECT_EQ(once.broken, "");
  EXPECT_TRUE(once.complete);
  EXPECT_EQ(once.states, again.states);
  EXPECT_EQ(once.transitions, again.transitions);
}

}  // namespace
}  // namespace hactl::check
