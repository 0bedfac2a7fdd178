// Our own certificate authority: keys and X.509 certificates in PEM, made with OpenSSL in memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace hactl {

/// How long an authority is valid: longer than a deployment's hardware lives.
inline constexpr int kAuthorityDays = 3650;

/// How long an issued certificate is valid unless asked otherwise.
inline constexpr int kCertificateDays = 825;

/// How far notBefore lies in the past, for machines whose clock is behind.
inline constexpr Duration kCertificateBackdated = 5min;

/// A certificate and its private key, both PEM. The key is a secret.
struct PemPair {
  std::string certificate{};
  std::string key{};
};

/// What a certificate may be used for (its extended key usage).
enum class CertificatePurpose { client, server, both };

/// What to issue.
struct CertificateRequest {
  std::string common_name{};  ///< 1 to 64 characters; the identity that HttpRequest::peer shows.
  std::vector<std::string> hosts{};  ///< IP addresses or DNS names where it will be served.
  CertificatePurpose purpose = CertificatePurpose::both;
  int days = kCertificateDays;
};

/// Where a pair is written.
struct PemFiles {
  std::string certificate_file{};
  std::string key_file{};
};

/// A new authority, EC P-256, self-signed, for kAuthorityDays.
Result<PemPair> create_authority(std::string_view name);

/// A new key and a certificate for it signed by `authority`: EC P-256, 128 bit random serial,
/// subject alternative names `hosts` and `hactl://<common name>`. Errors: invalid (the request or
/// the authority).
Result<PemPair> issue_certificate(const PemPair& authority, const CertificateRequest& request);

/// The common name of the first certificate in `pem`. Errors: invalid.
Result<std::string> certificate_common_name(std::string_view pem);

/// The end of validity of the first certificate in `pem`. Errors: invalid.
Result<UtcTime> certificate_expires_at(std::string_view pem);

/// Writes the key (mode 0600), then the certificate (0644), each atomically.
Result<Done> write_pem_pair(const PemFiles& files, const PemPair& pair);

}  // namespace hactl
