// Steps: the pieces that next_action() is made of. Internal to converge/.
#pragma once

#include <optional>
#include <string>

#include "converge/next_action.h"
#include "converge/postgres_settings.h"
#include "model/action.h"
#include "model/goal.h"
#include "model/local.h"

namespace hactl {

/// Something is under way whose end is milliseconds off.
inline constexpr Duration kSoon{3};
/// Something is under way that takes longer: a clone, a recovery.
inline constexpr Duration kLater{100};
/// Nothing is under way.
inline constexpr Duration kAtPeace{1'000};

/// `action`, then look again at once.
Step act(Action action, std::string why);
/// Nothing to do but to look again after `look_again`.
Step wait_for(std::string why, Duration look_again);
/// Nothing can be done without a human.
Step stuck(std::string reason, std::string message);

/// Where the node's WAL ends, with the timeline that it is of; nullopt when it isn't known yet.
///
/// The timeline is the newest of those that the node was told of when it attached and whose history
/// it has, with a beginning below the end of its WAL: pg_control may still name an older one.
std::optional<WalPosition> wal_end(const LocalState& local);

/// Whether wal_end() is the node's last word for the epoch it promised (R2): no WAL can come any
/// more because no credential and no receiver is left, or because it stopped as a primary in good
/// order.
bool position_is_final(const LocalState& local);

/// Ends a PostgreSQL that took sessions and has answered nobody for `patience`. Unset: it answers.
std::optional<Step> end_hung(const LocalState& local, Instant now, Duration patience);

/// Where no WAL comes in: gets replay to the end of the node's own WAL past a place where the
/// primary of then had more connections, or the like, than the node runs with. Unset: nothing is in
/// the way.
std::optional<Step> replay_to_the_end(const Goal& goal, const LocalState& local);

/// PostgreSQL does not run; or it has written the checkpoint of its shutdown: it writes no WAL any
/// more, and can only send what its standbys lack and end, which takes it about as long again.
bool is_down(const LocalState& local);

/// Running as a primary, by what a session says.
bool runs_as_primary(const LocalState& local);

/// Running as a primary that takes writes.
bool gate_is_open(const LocalState& local);

/// The state file's contents once `goal` has been taken note of.
AgentState noted(const Goal& goal, const LocalState& local);

/// Whether the state file says already what noted() would say. Asked first where nothing else is to
/// be noted: a state holds a goal, and copying that at every look costs more than all the rest.
bool is_noted(const Goal& goal, const AgentState& state);

/// SaveState when the file does not say `state` yet; its sequence is set here.
std::optional<Step> save(const LocalState& local, AgentState state, std::string why);

/// What PostgreSQL is started as. A standby takes no parameters below those that its data was
/// written with; a primary that goes on does.
enum class StartsAs { standby, primary };

/// Configure when the settings on disk, or those loaded, are not the wanted ones. `upstream` unset:
/// detached. `sync_names`: the value of synchronous_standby_names.
struct WantedSettings {
  std::optional<Upstream> upstream;
  Epoch epoch;
  Gate gate = Gate::closed;
  std::string sync_names;
  StartsAs starts_as = StartsAs::standby;
};
std::optional<Step> configure(const Goal& goal, const LocalState& local,
                              const WantedSettings& wanted);

/// The settings with which a standby is promoted and a new primary waits to open: closed to
/// clients, with what commits will wait for. A target that was armed with them, and still names the
/// upstream that it had, keeps them: a reload less while nobody can write. To follow that upstream
/// it has no credential any more.
WantedSettings closed_settings(const Goal& goal, const LocalState& local,
                               const std::string& sync_names);

/// What a standby is armed with that is to take over from `upstream` under `sync`.
WantedSettings armed_settings(const Upstream& upstream, const SyncConfig& sync);

/// The goal and its epoch are on file; what the node is attached to stays as it is. Unset: they
/// are.
std::optional<Step> note_promise(const Goal& goal, const LocalState& local, std::string why);
/// The promise is on file, and that the node is attached to nobody. Unset: it is.
std::optional<Step> give_promise(const Goal& goal, const LocalState& local, std::string why);

/// bootstrap, promote, primary.
Step lead(const Goal& goal, const LocalState& local, Instant now);
/// standby, rebuild.
Step follow(const Goal& goal, const LocalState& local, Instant now);
/// hold, fast_forward.
Step hold_still(const Goal& goal, const LocalState& local, Instant now);
Step fast_forward(const Goal& goal, const LocalState& local, Instant now);
/// demote.
Step demote(const Goal& goal, const LocalState& local, Instant now);
/// maintenance.
Step stay_down(const Goal& goal, const LocalState& local, Instant now);
/// Whether a node that leaves has yet to remove its data: its own, and no other system's.
bool has_data_to_delete(const Goal& goal, const LocalState& local);
/// drop, fence.
Step leave(const Goal& goal, const LocalState& local);

/// Slots that hactl made begin like this; others are the users' own.
inline constexpr std::string_view kOwnSlots = "hactl_";

/// A slot for every other node. Unset: they are there.
std::optional<Step> keep_slots(const Goal& goal, const LocalState& local);

}  // namespace hactl
