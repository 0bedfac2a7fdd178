// Order::prompt: whoever can act acts at once, in a fixed order, but for those that are slow. A
// slow one is so from the moment in which it would have acted until the search lets it go on.
#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "check/actors.h"
#include "check/formation.h"

namespace hactl::check {

std::string words_of(std::uint32_t actor) {
  if (actor == kController) return "the controller";
  constexpr std::array<std::string_view, kActors> kNames{
      "PostgreSQL of ",     "the checkpointer of ", "the reload of the walsender for ",
      "the walsender for ", "the WAL receiver of ", "the agent of ",
      "the goals for ",     "the reports of ",      "the way to the controller of "};
  const auto number = static_cast<std::uint8_t>(std::countr_zero(actor));
  return std::string(kNames[number / kNodes]) +
         node_name(static_cast<std::uint8_t>(number % kNodes)).value;
}

bool Formation::may_act(const Successor& step) const {
  return (needs(step.actor) & tally_.asleep) == 0;
}

bool Formation::is_alone(std::uint32_t agent) const {
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    const std::uint32_t ways = bit(Actor::uplink, node) | bit(Actor::downlink, node) |
                               bit(Actor::link, node) | kController;
    if (agent == bit(Actor::agent, node)) return (tally_.asleep & ways) != 0;
  }
  return false;
}

void Formation::add_slow(std::uint32_t actor) {
  if (tally_.slow >= scope_.slow || (tally_.asleep & actor) != 0) return;
  Tally tally = tally_;
  ++tally.slow;
  tally.asleep |= actor;
  Successor successor{from_, catalog_.say(words_of(actor) + " becomes slow"), Manner::mishap};
  successor.state.tally = catalog_.tallies(tally);
  successors_.push_back(successor);
}

void Formation::add_awake() {
  // Nothing is gained by letting somebody go on who has nothing to do.
  std::uint32_t wanted = 0;
  for (const Successor& step : all_) {
    if (step.manner == Manner::prompt) wanted |= needs(step.actor);
  }
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    if ((news_ >> node & 1U) == 0) continue;
    wanted |= bit(Actor::uplink, node) | bit(Actor::link, node);
  }
  for (std::uint32_t left = tally_.asleep & wanted; left != 0; left &= left - 1) {
    const std::uint32_t actor = left & (~left + 1);
    Tally tally = tally_;
    tally.asleep &= ~actor;
    Successor successor{from_, catalog_.say(words_of(actor) + " goes on"), Manner::mishap};
    successor.state.tally = catalog_.tallies(tally);
    successors_.push_back(successor);
  }
}

void Formation::keep_prompt() {
  const Successor* first = nullptr;
  for (const Successor& step : all_) {
    if (step.manner != Manner::prompt || step.actor == 0 || !may_act(step)) continue;
    if (first == nullptr || step.actor < first->actor) first = &step;
  }
  for (const Successor& step : all_) {
    const bool time_passes =
        first == nullptr && may_act(step) &&
        (step.manner == Manner::patient || (step.manner == Manner::alone && is_alone(step.actor)));
    const bool at_rest = first == nullptr || step.actor != kUsers;
    const bool mishap = step.actor == 0 || step.manner == Manner::mishap;
    if (&step == first || time_passes || (mishap && at_rest)) successors_.push_back(step);
  }
  // Who has a step to make may be slow from now on; when nobody has, any way may be cut.
  if (first != nullptr) add_slow(first->actor);
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    const bool hears = first != nullptr && first->actor == bit(Actor::downlink, node);
    const bool reports = first != nullptr && first->actor == kController && (news_ >> node & 1U);
    if (first == nullptr || hears || reports) add_slow(bit(Actor::link, node));
    if (first == nullptr || reports) add_slow(bit(Actor::uplink, node));
  }
  add_awake();
}

}  // namespace hactl::check
