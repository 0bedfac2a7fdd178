// What a request would make of a stored formation: pure functions, so that they can be tried again
// on what was read after a conflict.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "controller/store.h"
#include "model/record.h"
#include "model/spec.h"
#include "model/status.h"

namespace hactl {

/// What somebody wants the formation to be.
struct ApplyRequest {
  Formation formation;                            ///< Valid by itself.
  std::optional<std::uint64_t> expected_version;  ///< The store's; unset: whatever it is.
  std::optional<std::string> password;            ///< Unset: as it was, or `first_password`.
  bool dry_run = false;                           ///< Only say what would come of it.
  bool create_only = false;                       ///< `conflict` when the formation exists.
  std::string first_uid;                          ///< For a formation that is made by this.
  std::string first_password;                     ///< Likewise, when `password` is unset.
};

enum class ChangeOutcome { created, configured, unchanged };

/// What a request has come to.
struct Changed {
  ChangeOutcome outcome = ChangeOutcome::unchanged;
  StoredFormation formation;  ///< As it is now; after a dry run, as it would be.
  std::vector<Event> events;  ///< To be stored with it.
  /// To be kept with it: what was applied, when that is new.
  std::optional<SpecRevision> revision{};
};

/// `current` is nullptr when the formation does not exist. The generation rises if and only if the
/// spec changes, and the record stays as it is. Errors: conflict (the expected version, or it is
/// being deleted), invalid (a change that can't be made to existing data).
Result<Changed> apply_change(const StoredFormation* current, const ApplyRequest& request,
                             UtcTime now);

/// Sets the record's request. Errors: not_found, conflict (no primary yet, being deleted), invalid
/// when nobody could carry it out.
Result<Changed> move_change(const FormationName& name, const StoredFormation* current,
                            const MoveRequest& request, UtcTime now);

/// Sets the record's failover request. Errors: not_found, conflict (no primary yet, being deleted),
/// invalid when it names nodes that the formation does not have.
Result<Changed> failover_change(const FormationName& name, const StoredFormation* current,
                                const FailoverRequest& request, UtcTime now);

/// The condition that a formation has while its rollout is paused, and else lacks.
inline constexpr const char* kPausedCondition = "Paused";

/// From now on what is in force stays in force, whatever is applied, until resume_change();
/// unchanged when it is so already. Errors: not_found, conflict (being deleted).
Result<Changed> pause_change(const FormationName& name, const StoredFormation* current,
                             UtcTime now);

/// What was applied last comes into force; unchanged when it is. Errors: not_found.
Result<Changed> resume_change(const FormationName& name, const StoredFormation* current,
                              UtcTime now);

/// Every node's PostgreSQL is to be restarted, as a new generation of the same spec. Errors:
/// not_found, conflict (no primary yet, being deleted, paused).
Result<Changed> restart_change(const FormationName& name, const StoredFormation* current,
                               UtcTime now);

/// What becomes of the nodes' data directories when their formation is deleted.
enum class DataOfDeleted { stays, goes };

/// Marks the formation for deletion; unchanged when it is already. That data is to go may be said
/// later, and is not taken back. Errors: not_found.
Result<Changed> delete_change(const FormationName& name, const StoredFormation* current,
                              DataOfDeleted data, UtcTime now);

}  // namespace hactl
