// What the agent reads and writes in a PostgreSQL data directory, and the epoch credentials beside
// it. Everything that is written is durable when the call returns. Blocks: for worker threads only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "converge/postgres_settings.h"
#include "model/action.h"
#include "model/local.h"

namespace hactl {

/// What lies at `directory`. One that cannot be read is foreign: nothing in it is touched.
DataKind data_kind(const std::string& directory);

/// The major version in PG_VERSION.
Result<int> data_version(const std::string& directory);

/// Where each timeline branched off its parent, by the history files; reservations are left out.
std::map<TimelineId, Lsn> timeline_history(const std::string& directory);

/// The same timelines with their parents.
struct TimelineFamily {
  std::map<TimelineId, Lsn> starts{};
  std::map<TimelineId, TimelineId> parents{};
};

/// Reads them again and again: a history file that was read is read anew only when it has become
/// another one. There is one more after every failover, and a look is taken many times a second.
class TimelineReader {
 public:
  const TimelineFamily& read(const std::string& directory);

 private:
  /// By what a file is known: one that takes its place differs in at least one of these.
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  struct Known {
    Stamp stamp{};
    std::optional<TimelineId> parent{};  ///< Unset: it is a reservation.
    Lsn start{};
  };

  std::map<TimelineId, Known> known_;
  TimelineFamily family_;
};

/// The value of `name` in the settings file that hactl has written; nullopt: there is none.
std::optional<std::string> written_setting(const std::string& directory, std::string_view name);

/// Where `timeline` ends by the text of a descendant's history file.
std::optional<Lsn> end_of_timeline(std::string_view history, TimelineId timeline);

/// The timeline whose WAL holds the byte before `end`: the highest with a segment file there that
/// branched off below it. 0 when there is no such file.
TimelineId timeline_at(const std::string& directory, const std::map<TimelineId, Lsn>& history,
                       Lsn end, std::uint64_t segment_bytes);

bool has_standby_signal(const std::string& directory);
Result<Done> write_standby_signal(const std::string& directory);
Result<Done> remove_standby_signal(const std::string& directory);

/// Leaves in a new cluster's settings files only what says something.
Result<Done> drop_explanations(const std::string& directory);

/// Writes hactl.conf and the managed blocks, only where they differ; takes hactl's settings out of
/// postgresql.auto.conf, where they would win.
Result<Done> write_settings(const std::string& directory, const SettingsFiles& files);

/// hactl.config_id in hactl.conf; empty: none.
std::string config_id_on_disk(const std::string& directory);

/// Writes history files for the timelines below `timeline` that have none, so that the next
/// promotion takes exactly it.
Result<Done> reserve_timelines(const std::string& directory, TimelineId timeline);

/// Removes the WAL and the history files of every timeline but `current` and those in the text of
/// its history file: a standby that starts takes the highest timeline that it finds for its own.
Result<Done> drop_foreign_timelines(const std::string& directory, TimelineId current,
                                    std::string_view history);

/// Removes reservations above the last real timeline: a standby that starts would try to follow
/// them.
Result<Done> drop_unused_reservations(const std::string& directory);

/// The epoch's copy of the node's key, mode 0600; those of other epochs are removed.
Result<Done> place_credential(const AgentPaths& paths, Epoch epoch);
Result<Done> remove_credentials(const AgentPaths& paths);
bool has_credential(const AgentPaths& paths);

/// Removes `directory` with all that is in it; one that is not there is fine.
Result<Done> remove_tree(const std::string& directory);

/// What is in a data directory, as it is to be removed: what tells that it is one goes last, so
/// that whoever is cut short can go on.
Result<std::vector<std::string>> deletion_order(const std::string& directory);

/// Removes a data directory, what was made or kept beside it, and the WAL in `paths` that was kept
/// aside. Fails, and can be called again, where something stays.
/// An empty directory stays where it can't be removed: a mount point, or another user's parent.
Result<Done> delete_data(const AgentPaths& paths, const std::string& directory);

/// The side directory in which a copy is made.
std::string fresh_directory(const std::string& directory);

/// Puts `fresh` in the place of `directory`, which is removed afterwards.
Result<Done> swap_in(const std::string& fresh, const std::string& directory);

/// Copies the segments of `timeline` from the one with `from` on, newest first within a bound, to a
/// directory `name` of the state directory's `diverged`; drops the oldest of earlier copies.
Result<Done> keep_diverged_wal(const AgentPaths& paths, const std::string& data_directory,
                               WalPosition from, std::uint64_t segment_bytes,
                               const std::string& name);

/// "00000003000000000000000A".
std::string segment_name(WalPosition position, std::uint64_t segment_bytes);

}  // namespace hactl
