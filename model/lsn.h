// Positions in the write-ahead log.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong.h"
#include "model/ids.h"

namespace hactl {

/// Byte position in WAL, as PostgreSQL's pg_lsn. 0 is unknown.
using Lsn = Strong<struct LsnTag, std::uint64_t>;

/// Distance in WAL, in bytes.
using WalBytes = Strong<struct WalBytesTag, std::uint64_t>;

/// "16/B374D848", as PostgreSQL prints it.
std::string to_string(Lsn lsn);

/// Parses what PostgreSQL prints; nullopt for anything else.
std::optional<Lsn> parse_lsn(std::string_view text);

/// How far `behind` is behind `ahead`; 0 when it is not.
WalBytes distance(Lsn behind, Lsn ahead);

/// End of a WAL record of `length` bytes that starts at `start`: page headers in between are added
/// and the end is aligned to 8 bytes. Pages are 8 KiB; `segment` is the segment's size in bytes.
/// Source: PostgreSQL 15, xlog_internal.h (SizeOfXLogShortPHD 24, SizeOfXLogLongPHD 40).
Lsn wal_record_end(Lsn start, std::uint32_t length, std::uint64_t segment);

/// Where a node's WAL ends, as PostgreSQL knows it.
struct WalPosition {
  TimelineId timeline;
  Lsn lsn;
  friend auto operator<=>(const WalPosition&, const WalPosition&) = default;
};

/// Where a node's WAL ends, as the formation knows it: which ballot's primary wrote the last of it,
/// and how far. Ordered by epoch first: more WAL of an older epoch is not more data (R4).
struct Position {
  Epoch epoch;
  Lsn lsn;
  friend auto operator<=>(const Position&, const Position&) = default;
};

/// "3:0/5000148": epoch, then LSN.
std::string to_string(const Position& position);

}  // namespace hactl
