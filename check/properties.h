// Properties: what must hold whatever happens. Each is looked at in the moment in which it could
// break; the names are those of docs/safety.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "model/record.h"

#include "check/catalog.h"
#include "check/steps.h"

namespace hactl::check {

/// Of Tally::exposed: a commit that nobody answers for.
inline constexpr std::uint8_t kUnprotected = 0xFF;

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

/// I6: however an open primary acknowledges, the record knows.
/// With `before`, the record until now, what that did not know either is left out.
std::string judge_settings(const View& view, const FormationRecord& record,
                           const FormationRecord* before);

/// I9: the settings of older epochs leave the record when the new primary's quorum holds what it
/// begins with.
std::string judge_retirement(const View& view, const FormationRecord& record);

/// R7: what was acknowledged is on the quorum of the setting that alone is left on record.
std::string judge_quorum(const View& view, const FormationRecord& record, const Tally& tally);

/// I8: those whose last words led to the promotion are bound by them.
std::string judge_words(const View& view, const FormationRecord& record);

}  // namespace hactl::check
