// Who may be slow, as bits of Tally::asleep.
#pragma once

#include <cstdint>
#include <string>

#include "check/steps.h"

namespace hactl::check {

inline constexpr std::uint32_t kController = 1U << (kActors * kNodes);
/// Of steps that nobody can be too slow for.
inline constexpr std::uint32_t kClients = kController << 1U;
inline constexpr std::uint32_t kUsers = kController << 2U;

/// The bit of the node's actor; 0: it is none that could be slow.
constexpr std::uint32_t bit(Actor actor, std::uint8_t node) {
  if (actor == Actor::client) return kClients;
  if (actor == Actor::other) return 0;
  return 1U << (static_cast<unsigned>(actor) * kNodes + node);
}

/// The nodes of which the controller hears nothing, a bit each.
constexpr unsigned unheard(std::uint32_t asleep) {
  unsigned nodes = 0;
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    const std::uint32_t ways = bit(Actor::uplink, node) | bit(Actor::link, node);
    if ((asleep & ways) != 0) nodes |= 1U << node;
  }
  return nodes;
}

/// The actors without whom `actor` can't act, itself included.
constexpr std::uint32_t needs(std::uint32_t actor) {
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    if (actor == bit(Actor::downlink, node)) return actor | bit(Actor::link, node);
  }
  return actor;
}

/// "b's agent", "the reports of c".
std::string words_of(std::uint32_t actor);

}  // namespace hactl::check
