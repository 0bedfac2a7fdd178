#include "model/lsn.h"

#include <charconv>
#include <cstdio>

namespace hactl {

std::string to_string(Lsn lsn) {
  char text[24];
  std::snprintf(text, sizeof text, "%X/%X", static_cast<unsigned>(lsn.value >> 32U),
                static_cast<unsigned>(lsn.value & 0xFFFFFFFFU));
  return text;
}

std::optional<Lsn> parse_lsn(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto hex = [](std::string_view part) -> std::optional<std::uint64_t> {
    std::uint32_t value = 0;
    if (part.empty() || part.size() > 8) return std::nullopt;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
    return value;
  };
  const auto high = hex(text.substr(0, slash));
  const auto low = hex(text.substr(slash + 1));
  if (!high || !low) return std::nullopt;
  return Lsn((*high << 32U) | *low);
}

WalBytes distance(Lsn behind, Lsn ahead) {
  return WalBytes(ahead > behind ? ahead.value - behind.value : 0);
}

Lsn wal_record_end(Lsn start, std::uint32_t length, std::uint64_t segment) {
  constexpr std::uint64_t kPage = 8192;
  constexpr std::uint64_t kShortHeader = 24;
  constexpr std::uint64_t kLongHeader = 40;
  std::uint64_t at = start.value;
  std::uint64_t left = length;
  while (true) {
    const std::uint64_t room = kPage - at % kPage;
    if (left <= room) break;
    left -= room;
    at += room;
    at += at % segment == 0 ? kLongHeader : kShortHeader;
  }
  at += left;
  return Lsn((at + 7) / 8 * 8);
}

std::string to_string(const Position& position) {
  return std::to_string(position.epoch.value) + ":" + to_string(position.lsn);
}

}  // namespace hactl
