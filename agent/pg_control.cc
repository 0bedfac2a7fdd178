#include "agent/pg_control.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include "model/lsn.h"

namespace hactl {
namespace {

constexpr std::uint32_t kLayout = 1300;

// Offsets in ControlFileData of that layout, on machines of 64 bits.
constexpr std::size_t kSystemIdAt = 0;
constexpr std::size_t kLayoutAt = 8;
constexpr std::size_t kStateAt = 16;
constexpr std::size_t kCheckpointAt = 32;
constexpr std::size_t kTimelineAt = 48;
constexpr std::size_t kMinRecoveryAt = 136;
constexpr std::size_t kMinRecoveryTimelineAt = 144;
constexpr std::size_t kSegmentBytesAt = 228;
constexpr std::size_t kChecksumAt = 288;
constexpr std::array<std::pair<const char*, std::size_t>, 5> kSettingsAt{{
    {"max_connections", 180},
    {"max_worker_processes", 184},
    {"max_wal_senders", 188},
    {"max_prepared_transactions", 192},
    {"max_locks_per_transaction", 196},
}};

// Values of DBState.
constexpr std::uint32_t kShutDown = 1;
constexpr std::uint32_t kShutDownInRecovery = 2;
constexpr std::uint32_t kInProduction = 6;

/// Bytes of a checkpoint's record in WAL of PostgreSQL 13 to 16: the record's header (24), the
/// header of a short block of main data (2), struct CheckPoint (88).
constexpr std::uint32_t kCheckpointRecordBytes = 114;

template <typename Number>
Number number_at(std::string_view bytes, std::size_t at) {
  Number number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  constexpr std::uint32_t kPolynomial = 0x82F63B78U;
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
  }
  return ~crc;
}

Lsn end_of_checkpoint(Lsn checkpoint, std::uint64_t segment_bytes) {
  return wal_record_end(checkpoint, kCheckpointRecordBytes, segment_bytes);
}

Result<ControlFacts> parse_control_file(std::string_view bytes) {
  if (bytes.size() < kChecksumAt + sizeof(std::uint32_t)) {
    return Error{ErrorCode::corrupt, "read pg_control: it is too short"};
  }
  if (number_at<std::uint32_t>(bytes, kLayoutAt) != kLayout) {
    return Error{ErrorCode::not_found, "read pg_control: another layout"};
  }
  if (crc32c(bytes.substr(0, kChecksumAt)) != number_at<std::uint32_t>(bytes, kChecksumAt)) {
    return Error{ErrorCode::corrupt, "read pg_control: its checksum does not fit"};
  }
  ControlFacts facts;
  facts.segment_bytes = number_at<std::uint32_t>(bytes, kSegmentBytesAt);
  if (facts.segment_bytes == 0) {
    return Error{ErrorCode::corrupt, "read pg_control: WAL segments of no size"};
  }
  facts.min_recovery =
      WalPosition{TimelineId(number_at<std::uint32_t>(bytes, kMinRecoveryTimelineAt)),
                  Lsn(number_at<std::uint64_t>(bytes, kMinRecoveryAt))};
  ControlData& data = facts.data;
  data.system_id = SystemId(number_at<std::uint64_t>(bytes, kSystemIdAt));
  const auto state = number_at<std::uint32_t>(bytes, kStateAt);
  data.clean_shutdown = state == kShutDown || state == kShutDownInRecovery;
  data.was_primary = state == kShutDown || state == kInProduction;
  data.timeline = TimelineId(number_at<std::uint32_t>(bytes, kTimelineAt));
  data.begin = Lsn(number_at<std::uint64_t>(bytes, kCheckpointAt));
  data.end = end_of_checkpoint(data.begin, facts.segment_bytes);
  for (const auto& [name, at] : kSettingsAt)
    data.primary_settings[name] = number_at<std::int32_t>(bytes, at);
  return facts;
}

}  // namespace hactl
