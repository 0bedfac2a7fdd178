// Scope: what a search goes through: a formation of three nodes, what its users do, and how much
// may go wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"
#include "model/record.h"
#include "model/spec.h"

namespace hactl::check {

/// What a user does, once.
struct Edit {
  std::string words;
  std::optional<FormationSpec> spec{};  ///< Applies this.
  std::optional<MoveRequest> move{};    ///< Asks for this switchover.
};

/// What counts as one step.
enum class Grain {
  coarse,  ///< Steps that nobody else can notice follow at once on what makes them possible.
  fine,    ///< Each by itself.
};

/// In which order things happen.
enum class Order {
  prompt,  ///< At once, one after another, but for those that are slow; nothing is waited for while
           ///< somebody can still act.
  any,     ///< In every order.
};

struct Scope {
  std::string name;
  std::string about;
  FormationSpec spec;
  std::vector<Edit> edits{};  ///< In this order, each at any time.
  std::uint8_t ballots = 1;   ///< After the one that made the first primary.
  std::uint8_t configs = 1;   ///< Synchronous settings after those of the beginning.
  std::uint8_t writes = 1;    ///< Commits of clients.
  std::uint8_t crashes = 0;   ///< Of agents, of PostgreSQL, or of both at once.
  std::uint8_t late = 0;      ///< Messages that arrive after newer ones.
  std::uint8_t restarts = 0;  ///< Of the controller.
  std::uint8_t foreign = 0;   ///< Somebody else empties synchronous_standby_names.
  /// Standbys tell whom they receive from. A primary that they hear is not thought to be lost; one
  /// that nobody is heard to follow is not moved.
  bool standbys_tell = false;
  std::uint8_t slow = 2;   ///< Order::prompt: actors that are slow, each for as long as it takes.
  std::uint8_t stale = 0;  ///< Reports that the controller heard, and did not act on at once.
  Order order = Order::prompt;
  Grain grain = Grain::coarse;
  std::size_t states_max = 4'000'000;  ///< The search stops here, and says so.
  std::size_t settle_every = 0;        ///< L1 is looked at from each so many states; 0: from none.

  /// The spec of `generation`: the first one is 1.
  [[nodiscard]] const FormationSpec& spec_of(Generation generation) const;
};

/// The scopes that run in CI.
std::vector<Scope> quick_scopes();
/// Longer ones, for a night.
std::vector<Scope> deep_scopes();

}  // namespace hactl::check
