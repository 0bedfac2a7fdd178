#include "agent/local_state_file.h"

#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "codec/messages.h"
#include "io/file.h"
#include "model/limits.h"

namespace hactl {
namespace {

constexpr int kSlots = 2;
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr std::size_t kLengthStep = 2048;
constexpr std::size_t kFileBytesMax = kMessageBytesMax + 2 * kLengthStep;
constexpr std::string_view kHeader = "hactl-state 1 ";

/// CRC-32 of IEEE 802.3, as zlib computes it.
std::uint32_t crc32_of(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

/// "hactl-state 1 <checksum>" on the first line, the JSON on the second, and spaces up to a length
/// that hardly ever changes: a file that keeps its length is flushed in one write.
std::string encode(const AgentState& state) {
  std::string body = dump_json(to_json(state));
  body.append(kLengthStep - body.size() % kLengthStep, ' ');
  body += '\n';
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(crc32_of(body)));
  return std::string(kHeader) + digits + "\n" + body;
}

Result<AgentState> decode(const std::string& path, std::string_view text) {
  const Error torn{ErrorCode::corrupt, "read " + path + ": it is damaged"};
  const std::size_t header_bytes = kHeader.size() + 8 + 1;
  if (text.size() < header_bytes || !text.starts_with(kHeader)) return torn;
  const std::string_view body = text.substr(header_bytes);
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(crc32_of(body)));
  if (text.substr(kHeader.size(), 8) != digits) return torn;
  const Result<nlohmann::json> json = parse_json(body);
  if (!json.ok()) return Error{ErrorCode::corrupt, json.error().message}.within("read " + path);
  Result<AgentState> state = agent_state_from_json(*json);
  if (!state.ok()) return Error{ErrorCode::corrupt, state.error().message}.within("read " + path);
  return state;
}

}  // namespace

LocalStateFile::LocalStateFile(Scheduler& scheduler, std::string directory)
    : scheduler_(scheduler),
      directory_(std::move(directory)),
      alive_(std::make_shared<bool>(true)) {}

LocalStateFile::~LocalStateFile() {
  *alive_ = false;
}

std::string LocalStateFile::slot_path(int slot) const {
  return directory_ + "/state." + std::to_string(slot);
}

Result<std::optional<AgentState>> LocalStateFile::load() {
  if (Result<Done> made = make_directories(directory_, kDirectoryMode); !made.ok()) {
    return made.error();
  }
  std::optional<AgentState> newest;
  std::optional<Error> damage;
  for (int slot = 0; slot < kSlots; ++slot) {
    const Result<std::string> text = read_file(slot_path(slot), kFileBytesMax);
    if (!text.ok() && text.error().code == ErrorCode::not_found) continue;
    // A file that can't be read now may hold the newest promise: going on with the older one could
    // break it.
    if (!text.ok() && text.error().code != ErrorCode::invalid) return text.error();
    Result<AgentState> state =
        text.ok() ? decode(slot_path(slot), *text) : Result<AgentState>(text.error());
    if (!state.ok()) {
      damage = Error{ErrorCode::corrupt, state.error().message};
      continue;
    }
    if (newest && newest->sequence > state->sequence) continue;
    newest = std::move(state).value();
    next_slot_ = (slot + 1) % kSlots;
  }
  // An agent that was killed while it wrote may have left it in memory only; also that there is the
  // other file, which is the next one to be overwritten.
  Result<Done> synced = sync_directory(directory_);
  if (synced.ok() && newest) synced = sync_file(slot_path((next_slot_ + 1) % kSlots));
  if (!synced.ok()) return synced.error();
  if (!newest && damage) return *damage;
  return newest;
}

void LocalStateFile::save(const AgentState& state, std::function<void(Result<Done>)> done) {
  const std::string path = slot_path(next_slot_);
  worker_.add([this, path, alive = alive_, text = encode(state), done = std::move(done)] {
    Result<Done> written = make_directories(directory_, kDirectoryMode);
    if (written.ok()) written = overwrite_file(path, text, kFileMode);
    scheduler_.post([this, alive, done, written = std::move(written)] {
      if (!*alive) return;
      // After a failure the same slot is tried again: the other one holds the good state.
      if (written.ok()) next_slot_ = (next_slot_ + 1) % kSlots;
      done(written);
    });
  });
}

}  // namespace hactl
