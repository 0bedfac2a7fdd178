#include "io/tls_setup.h"

#include <stdlib.h>

#include <utility>

#include "base/check.h"
#include "io/openssl_handles.h"

namespace hactl {
namespace {

using TroubleHold = std::shared_ptr<TlsTrouble>;

void free_hold(void* /*parent*/, void* hold, CRYPTO_EX_DATA* /*data*/, int /*index*/,
               long /*number*/, void* /*pointer*/) {
  const std::unique_ptr<TroubleHold> owned(static_cast<TroubleHold*>(hold));
}

/// The slot of SSL_CTX in which a TroubleHold is kept.
int hold_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_hold);
  return index;
}

std::string alert_text(const SSL* ssl, bool received, int alert) {
  const int description = alert & 0xFF;
  // OpenSSL 3.0 has no words for the alert that a missing certificate causes.
  const std::string words = description == SSL_AD_CERTIFICATE_REQUIRED
                                ? "certificate required"
                                : SSL_alert_desc_string_long(alert);
  if (received) {
    switch (description) {
      case SSL_AD_BAD_CERTIFICATE:
      case SSL_AD_UNSUPPORTED_CERTIFICATE:
      case SSL_AD_CERTIFICATE_REVOKED:
      case SSL_AD_CERTIFICATE_EXPIRED:
      case SSL_AD_CERTIFICATE_UNKNOWN:
      case SSL_AD_UNKNOWN_CA:
      case SSL_AD_ACCESS_DENIED:
      case SSL_AD_CERTIFICATE_REQUIRED: return "the server refused our certificate: " + words;
      default: return "the server ended the TLS handshake: " + words;
    }
  }
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) {
    return std::string("the server's certificate is not accepted: ") +
           X509_verify_cert_error_string(verified);
  }
  return "we ended the TLS handshake: " + words;
}

void tls_event(const SSL* ssl, int where, int alert) {
  constexpr int kFatal = SSL3_AL_FATAL << 8;
  if ((where & SSL_CB_ALERT) == 0 || (alert & kFatal) == 0) return;
  const auto* hold =
      static_cast<TroubleHold*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), hold_index()));
  if (hold != nullptr) (*hold)->note(alert_text(ssl, (where & SSL_CB_READ) != 0, alert));
}

Error unusable(const std::string& what, const std::string& file) {
  return Error{ErrorCode::invalid, "read " + what + " " + file + ": " + openssl_reason()};
}

Result<Done> load_own_certificate(SSL_CTX* context, const TlsIdentity& identity) {
  if (identity.certificate_file.empty()) return Done{};
  if (SSL_CTX_use_certificate_chain_file(context, identity.certificate_file.c_str()) != 1) {
    return unusable("certificate", identity.certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, identity.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return unusable("private key", identity.key_file);
  }
  return Done{};
}

/// What client and server have in common.
Result<Done> set_up_both(SSL_CTX* context, const TlsIdentity& identity) {
  ERR_clear_error();
  // A store of our own: the library may have put the system's authorities into the one that is
  // there.
  SSL_CTX_set_cert_store(context, X509_STORE_new());
  if (SSL_CTX_load_verify_file(context, identity.ca_file.c_str()) != 1) {
    return unusable("certificate authority", identity.ca_file);
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // The other side has the authority's certificate: it is not sent.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  return load_own_certificate(context, identity);
}

}  // namespace

void TlsTrouble::note(std::string text) {
  const std::lock_guard lock(mutex_);
  text_ = std::move(text);
}

std::optional<std::string> TlsTrouble::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(text_, std::nullopt);
}

Result<Done> set_up_tls_client(SSL_CTX* context, const TlsIdentity& identity,
                               const std::shared_ptr<TlsTrouble>& trouble) {
  if (Result<Done> ready = set_up_both(context, identity); !ready.ok()) return ready;
  X509_VERIFY_PARAM* checks = SSL_CTX_get0_param(context);
  if (X509_VERIFY_PARAM_set1_ip_asc(checks, identity.host.c_str()) != 1) {
    HACTL_CHECK(X509_VERIFY_PARAM_set1_host(checks, identity.host.c_str(), 0) == 1);
  }
  ERR_clear_error();
  auto hold = std::make_unique<TroubleHold>(trouble);
  if (SSL_CTX_set_ex_data(context, hold_index(), hold.get()) == 1) {
    static_cast<void>(hold.release());  // free_hold() owns it now.
    SSL_CTX_set_info_callback(context, tls_event);
  }
  return Done{};
}

Result<Done> set_up_tls_server(SSL_CTX* context, const TlsIdentity& identity) {
  if (Result<Done> ready = set_up_both(context, identity); !ready.ok()) return ready;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // No resumption: every connection is checked against the authority and certificates of now.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context, 0);
  return Done{};
}

std::string peer_common_name(const SSL* connection) {
  const CertificateHandle certificate(SSL_get1_peer_certificate(connection));
  return certificate ? common_name_of(certificate.get()).value_or("") : "";
}

void replace_system_authorities(const std::string& ca_file) {
  static std::once_flag replaced;
  std::call_once(replaced, [&] {
    setenv("SSL_CERT_FILE", ca_file.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  });
}

}  // namespace hactl
