#include "model/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace hactl {
namespace {

constexpr int kIpv4Bits = 32;
constexpr int kIpv6Bits = 128;
constexpr std::size_t kHostNameBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelBytesMax) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

/// `address` with every bit from `prefix` on cleared.
IpAddress cut(const IpAddress& address, int prefix) {
  IpAddress result = address;
  for (int bit = prefix; bit < address.bits; ++bit) {
    auto& byte = result.bytes.at(static_cast<std::size_t>(bit / 8));
    byte = static_cast<std::uint8_t>(byte & ~(0x80U >> static_cast<unsigned>(bit % 8)));
  }
  return result;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  IpAddress address;
  if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
  address.bits = kIpv6Bits;
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string to_string(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = address.bits == kIpv4Bits ? AF_INET : AF_INET6;
  inet_ntop(family, address.bytes.data(), text, sizeof text);
  return text;
}

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_ip(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  if (!address || digits.empty() || digits.size() > 3) return std::nullopt;
  if (!std::ranges::all_of(digits, is_digit)) return std::nullopt;
  Network network{*address, 0};
  std::from_chars(digits.data(), digits.data() + digits.size(), network.prefix);
  if (network.prefix > address->bits) return std::nullopt;
  return network;
}

std::string to_string(const Network& network) {
  return to_string(network.address) + "/" + std::to_string(network.prefix);
}

Network masked(const Network& network) {
  return {cut(network.address, network.prefix), network.prefix};
}

bool contains(const Network& network, const IpAddress& address) {
  return address.bits == network.address.bits &&
         cut(address, network.prefix) == cut(network.address, network.prefix);
}

bool contains(const Network& outer, const Network& inner) {
  return inner.prefix >= outer.prefix && contains(outer, inner.address);
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kHostNameBytesMax) return false;
  std::string_view last = text;
  while (true) {
    const auto dot = last.find('.');
    if (!is_label(last.substr(0, dot))) return false;
    if (dot == std::string_view::npos) break;
    last.remove_prefix(dot + 1);
  }
  return std::ranges::any_of(last, is_letter);
}

}  // namespace hactl
