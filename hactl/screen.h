// The watch screen of a formation, as lines: what one leaves open on a bad night.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "hactl/formation_item.h"
#include "hactl/screen_nodes.h"
#include "hactl/terminal.h"
#include "model/status.h"

namespace hactl {

/// The controller does not answer, or not with the formation.
struct Unanswered {
  UtcTime since;  ///< Its last answer.
  Error why{ErrorCode::unavailable, ""};
};

/// What there is to show.
struct ScreenState {
  FormationItem item{};         ///< As it was last heard of.
  std::vector<Event> events{};  ///< Oldest first.
  std::optional<Unanswered> unanswered{};
  UtcTime now{};
};

/// Lines from the top, no more and none longer than there is room.
struct Frame {
  std::vector<std::string> lines{};
  friend bool operator==(const Frame&, const Frame&) = default;
};

/// Draws it: what is wrong and since when, the nodes, the steps of the plan with a tick each, the
/// last events. Where rows are short, events go first, then steps that are not under way.
Frame render(const ScreenState& state, ScreenSize size, Terminal::Colour colour);

}  // namespace hactl
