// Properties: what must hold whatever happens. Each is looked at in the moment in which it could
// break; the names are those of docs/safety.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "check/catalog.h"
#include "check/steps.h"

namespace hactl::check {

/// The nodes after a step.
struct View {
  const SettingsTable& settings;
  std::array<const Agent*, kNodes> agents{};
  std::array<const Server*, kNodes> servers{};
};

/// Takes what the step of `self` brought about into `tally`. Answers the property that it breaks,
/// in words; empty: none.
std::string judge(const View& view, std::uint8_t self, Effect effect, Tally& tally);

/// The record names `candidate` (node + 1) in `epoch`.
std::string judge_candidate(std::uint8_t epoch, std::uint8_t candidate, Tally& tally);

}  // namespace hactl::check
