// A short number that stands for a text: to see whether two are the same.
#pragma once

#include <cstdint>
#include <string_view>

namespace hactl {

/// Of the empty text.
inline constexpr std::uint64_t kFingerprintOfNothing = 0xcbf29ce484222325ULL;

/// Of `text` after a text whose fingerprint is `before`. The same on every machine. Not for
/// secrets, nor against those who choose the text. Source: FNV-1a, 64 bit.
constexpr std::uint64_t fingerprint(std::string_view text,
                                    std::uint64_t before = kFingerprintOfNothing) {
  std::uint64_t hash = before;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

}  // namespace hactl
