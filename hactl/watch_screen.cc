#include "hactl/watch_screen.h"

#include "hactl/formation_follower.h"
#include "hactl/rows.h"
#include "hactl/screen.h"
#include "hactl/screen_terminal.h"

namespace hactl {
namespace {

// Ages are shown in seconds.
Duration until_next_second(UtcTime now) {
  constexpr std::int64_t kSecond = 1'000;
  return Duration{kSecond - now.milliseconds % kSecond};
}

}  // namespace

Result<int> watch_screen(Session& session, const std::string& formation) {
  const Result<Context> context = session.context();
  if (!context.ok()) return context.error();
  FormationFollower follower(*context, session.options().request_timeout, formation);
  const Result<Done> first = follower.first();
  if (!first.ok()) return first.error();
  follower.start();
  const auto colour =
      session.terminal().colour() ? Terminal::Colour::allowed : Terminal::Colour::never;
  session.terminal().out().flush();
  ScreenTerminal screen;
  while (true) {
    ScreenState state = follower.latest();
    state.now = utc_now();
    if (!screen.show(render(state, screen.size(), colour))) return kExitHungUp;
    switch (screen.wait(follower.descriptor(), until_next_second(state.now))) {
      case ScreenTerminal::Wake::nothing:
      case ScreenTerminal::Wake::readable: break;
      case ScreenTerminal::Wake::quit: return kExitDone;
      case ScreenTerminal::Wake::interrupted: return kExitInterrupted;
      case ScreenTerminal::Wake::terminated: return kExitTerminated;
      case ScreenTerminal::Wake::hung_up: return kExitHungUp;
    }
  }
}

}  // namespace hactl
