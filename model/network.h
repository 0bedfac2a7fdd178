// Internet addresses, networks and host names as text: what a host or a network in a spec may be.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hactl {

/// An IPv4 or IPv6 address.
struct IpAddress {
  int bits = 32;                         ///< 32 or 128.
  std::array<std::uint8_t, 16> bytes{};  ///< In network order; the first `bits` of it.
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// An address and how many of its leading bits are the network's.
struct Network {
  IpAddress address;
  int prefix = 0;
  friend bool operator==(const Network&, const Network&) = default;
};

/// nullopt for anything but a plain address: no zone, no port, no brackets.
std::optional<IpAddress> parse_ip(std::string_view text);

/// "10.11.1.0", in the usual short form.
std::string to_string(const IpAddress& address);

/// "10.11.1.0/24"; bits below the prefix are kept. nullopt for anything else.
std::optional<Network> parse_network(std::string_view text);

/// "10.11.1.0/24".
std::string to_string(const Network& network);

/// The network with every bit below the prefix cleared.
Network masked(const Network& network);

bool contains(const Network& network, const IpAddress& address);

/// Whether every address of `inner` is in `outer`.
bool contains(const Network& outer, const Network& inner);

/// A name after RFC 1123: labels of letters, digits and hyphens, 253 bytes in all. The last label
/// has a letter, so that a mistyped address is not a name.
bool is_host_name(std::string_view text);

}  // namespace hactl
