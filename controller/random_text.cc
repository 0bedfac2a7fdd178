#include "controller/random_text.h"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "base/check.h"

namespace hactl {
namespace {

template <std::size_t Size>
std::array<std::uint8_t, Size> random_bytes() {
  std::array<std::uint8_t, Size> bytes{};
  HACTL_CHECK(getentropy(bytes.data(), bytes.size()) == 0);
  return bytes;
}

}  // namespace

std::string random_password() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t kLength = 24;
  // Bytes from here on are thrown away: they would make the first letters likelier.
  constexpr std::size_t kFair = 256 / kAlphabet.size() * kAlphabet.size();
  std::string password;
  while (password.size() < kLength) {
    for (const std::uint8_t byte : random_bytes<32>()) {
      if (byte < kFair && password.size() < kLength) password += kAlphabet[byte % kAlphabet.size()];
    }
  }
  return password;
}

std::string random_uuid() {
  std::array<std::uint8_t, 16> bytes = random_bytes<16>();
  // The version and variant of RFC 4122, section 4.4.
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

}  // namespace hactl
