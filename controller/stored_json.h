// A stored formation as JSON text: what a store keeps of it. Secret: it holds the password.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "controller/store.h"

namespace hactl {

/// Everything but the version, which is the store's own.
std::string stored_formation_text(const StoredFormation& stored);

/// Reads it back. `corrupt`, naming the place, when it is anything else.
Result<StoredFormation> parse_stored_formation(std::string_view text);

/// The same for a revision.
std::string stored_revision_text(const SpecRevision& revision);
Result<SpecRevision> parse_stored_revision(std::string_view text);

/// The same for an event.
std::string stored_event_text(const Event& event);
Result<Event> parse_stored_event(std::string_view text);

/// What is kept of a decision. Holds no secret.
std::string stored_decision_text(const Decided& decided);

}  // namespace hactl
