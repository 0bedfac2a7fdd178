// How our client and our server trust each other: our authority only, certificates on both sides,
// TLS 1.2 or newer. For io/http_client.cc and io/http_server.cc only.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <openssl/ssl.h>

#include "base/result.h"

namespace hactl {

/// What one side presents and trusts.
struct TlsIdentity {
  std::string host{};  ///< The server's name or address, for a client to check; no brackets.
  std::string ca_file{};
  std::string certificate_file{};
  std::string key_file{};
};

/// Why TLS handshakes of one client failed lately. Thread-safe; shared with TLS contexts of
/// connections, which a pool may keep longer than their client lives.
class TlsTrouble {
 public:
  void note(std::string text);
  /// The newest trouble, once; nullopt when there was none since the last call.
  std::optional<std::string> take();

 private:
  std::mutex mutex_;
  std::optional<std::string> text_;
};

/// Sets `context` up for a client; the host is checked by OpenSSL, and `trouble` hears of refused
/// certificates on both sides. Errors: invalid with the file's name.
Result<Done> set_up_tls_client(SSL_CTX* context, const TlsIdentity& identity,
                               const std::shared_ptr<TlsTrouble>& trouble);

/// Sets `context` up for a server that requires client certificates. Errors: invalid with the file.
Result<Done> set_up_tls_server(SSL_CTX* context, const TlsIdentity& identity);

/// The common name in the certificate that the other side has shown; empty when there is none.
std::string peer_common_name(const SSL* connection);

/// Makes OpenSSL's default authorities those in `ca_file`, once in this process. cpprestsdk parses
/// the defaults for every connection, 20 ms for the system's, though set_up_tls_client() replaces
/// them.
void replace_system_authorities(const std::string& ca_file);

}  // namespace hactl
