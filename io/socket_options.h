// Settings of TCP sockets that Asio has no names for, and addresses as text.
#pragma once

#include <cstdint>
#include <string>

namespace hactl {

/// Makes TCP itself notice, in about 20 s, that the other side has died without a word. Small
/// writes are no longer held back. Best effort: a failure only delays the notice.
void notice_dead_peer(int socket);

/// "127.0.0.1:8008" or "[::1]:8008".
std::string endpoint_text(const std::string& address, std::uint16_t port);

}  // namespace hactl
