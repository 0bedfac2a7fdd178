// What a simulated node has on its disk: a write-ahead log as a vector of records, the control
// file, the timeline history, the settings files. Survives every crash as far as it was flushed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/ids.h"
#include "model/local.h"
#include "model/lsn.h"

namespace hactl {

/// Length of every simulated WAL record. One length for all, so that histories that have diverged
/// still have their records at the same positions: the worst case.
inline constexpr std::uint64_t kRecordBytes = 112;
/// Where the WAL of a new cluster begins; the start of its first segment.
inline constexpr Lsn kFirstLsn{0x1000000};

/// How many records a log has when it ends at `lsn`.
inline std::size_t records_before(Lsn lsn) {
  return lsn <= kFirstLsn ? 0
                          : static_cast<std::size_t>((lsn.value - kFirstLsn.value) / kRecordBytes);
}

enum class RecordKind { other, client, lineage, prepare };

struct WalRecord {
  std::uint64_t id = 0;  ///< Never given twice: equal ids are the same record.
  Lsn end;
  TimelineId timeline;
  RecordKind kind = RecordKind::other;
};

/// A timeline's history file.
struct Branch {
  TimelineId parent;
  Lsn start;  ///< 0: a filler that only reserves the number.
};

/// Part of a history: `timeline` up to `end`.
struct Stretch {
  TimelineId timeline;
  Lsn end;
};

/// The few settings that the simulation obeys, read back from the text that hactl wrote.
struct ServerSettings {
  std::string config_id;
  std::string sync_names;
  std::string upstream_host;  ///< Empty: primary_conninfo is empty.
  std::uint16_t upstream_port = 0;
  std::string application_name;
  std::string slot;
  Epoch credential;  ///< Of the key in primary_conninfo.
  bool read_only = true;
  bool admits_nodes = true;  ///< pg_hba.conf lets the other nodes in.
  int max_connections = 0;   ///< The one parameter of the simulation that a restart sets.
};

/// Parses `name = 'value'` lines; unknown ones are passed over.
ServerSettings parse_settings(const std::string& text);

/// synchronous_standby_names, parsed.
struct SyncRule {
  bool first = false;  ///< FIRST n (…); otherwise ANY n (…).
  int required = 0;    ///< 0: the setting is empty.
  std::vector<std::string> names;
  /// What a walsender of `application` computes for itself: 0 is none.
  [[nodiscard]] int priority_of(const std::string& application) const;
};
SyncRule parse_sync_names(const std::string& text);

struct DataDirectory {
  bool exists = false;
  bool corrupt = false;  ///< A rewind was cut short.
  SystemId system_id;
  std::vector<WalRecord> wal;
  std::size_t flushed = 0;  ///< Records that survive everything.
  bool clean = true;
  bool was_primary = true;
  TimelineId checkpoint_timeline;
  Lsn checkpoint_begin;  ///< Where WAL ended before the checkpoint's record.
  Lsn checkpoint_end;
  std::map<TimelineId, Branch> history;
  bool standby_signal = false;
  int control_connections = 0;  ///< max_connections of the primary that wrote the last of it.
  Lsn consistent_at;            ///< Nobody can log in before this much has been replayed.
  std::set<std::string> slots;
  std::string config_id;
  ServerSettings settings;  ///< As on disk.

  [[nodiscard]] Lsn end() const { return wal.empty() ? kFirstLsn : wal.back().end; }
  [[nodiscard]] Lsn flushed_end() const { return flushed == 0 ? kFirstLsn : wal[flushed - 1].end; }
  [[nodiscard]] TimelineId timeline() const {
    return wal.empty() ? TimelineId{1} : wal.back().timeline;
  }
  /// How many records end at or before `lsn`.
  [[nodiscard]] std::size_t count_up_to(Lsn lsn) const;
  /// The flushed part holds the record with this id and end.
  [[nodiscard]] bool has_flushed(const WalRecord& record) const;
  /// The history of `timeline`, oldest first; the last stretch has no end.
  [[nodiscard]] std::vector<Stretch> ancestry(TimelineId timeline) const;
  /// It holds the record that makes the roles and the database.
  [[nodiscard]] bool prepared() const;

 private:
  mutable std::size_t prepared_at_ = 0;  ///< Where that record was last seen.
};

}  // namespace hactl
