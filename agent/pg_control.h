// pg_control read in process: a thousandth of what PostgreSQL's own program costs, in the moment in
// which everybody waits for a stopped primary's last position.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "model/local.h"

namespace hactl {

/// What pg_control says, beyond what the agent's decisions need.
struct ControlFacts {
  ControlData data{};
  std::uint64_t segment_bytes = 0;
  /// A standby's data is of WAL up to here, and never of WAL beyond it. 0: it was a primary.
  WalPosition min_recovery{};
};

/// End of the checkpoint record at `checkpoint`. After a clean shutdown nothing follows it, so that
/// this is the end of the WAL. Requires segment_bytes > 0.
Lsn end_of_checkpoint(Lsn checkpoint, std::uint64_t segment_bytes);

/// Reads the first bytes of the file of PostgreSQL 13 to 16; `data.version` is left 0. Errors:
/// not_found when it is of another layout (ask pg_controldata then), corrupt when its checksum does
/// not fit: read it again, for the server may have been writing it.
/// Source: PostgreSQL 15, src/include/catalog/pg_control.h, PG_CONTROL_VERSION 1300.
Result<ControlFacts> parse_control_file(std::string_view bytes);

/// CRC-32C (Castagnoli), as PostgreSQL computes it.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace hactl
