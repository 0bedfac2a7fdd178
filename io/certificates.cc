#include "io/certificates.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>

#include <openssl/pem.h>
#include <openssl/rand.h>

#include "io/file.h"
#include "io/openssl_handles.h"

namespace hactl {
namespace {

/// The limit of X.520 for a common name.
constexpr std::size_t kCommonNameLengthMax = 64;
constexpr int kSerialBytes = 16;
constexpr long kSecondsPerDay = 24L * 60 * 60;
constexpr mode_t kKeyMode = 0600;
constexpr mode_t kCertificateMode = 0644;

Error failed(std::string_view doing) {
  return Error{ErrorCode::internal, std::string(doing) + ": " + openssl_reason()};
}

BioHandle reader(std::string_view pem) {
  return BioHandle(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::string content_of(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

Result<CertificateHandle> read_certificate(std::string_view pem) {
  CertificateHandle certificate(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
  if (certificate) return certificate;
  return Error{ErrorCode::invalid, "read certificate: " + openssl_reason()};
}

Result<KeyHandle> read_key(std::string_view pem) {
  // An empty pass phrase keeps OpenSSL from asking at the terminal for one.
  std::array<char, 1> no_phrase{};
  KeyHandle key(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, nullptr, no_phrase.data()));
  if (key) return key;
  return Error{ErrorCode::invalid, "read private key: " + openssl_reason()};
}

Result<PemPair> to_pem(X509* certificate, EVP_PKEY* key) {
  const BioHandle certificate_text(BIO_new(BIO_s_mem()));
  const BioHandle key_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_text.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_text.get(), key, nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return failed("write certificate");
  }
  return PemPair{content_of(certificate_text.get()), content_of(key_text.get())};
}

bool set_random_serial(X509* certificate) {
  std::array<unsigned char, kSerialBytes> bytes{};
  if (RAND_bytes(bytes.data(), kSerialBytes) != 1) return false;
  const NumberHandle number(BN_bin2bn(bytes.data(), kSerialBytes, nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_common_name(X509* certificate, std::string_view name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                    MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1;
}

bool set_validity(X509* certificate, int days) {
  constexpr auto kBackdated =
      std::chrono::duration_cast<std::chrono::seconds>(kCertificateBackdated).count();
  return X509_gmtime_adj(X509_getm_notBefore(certificate), -kBackdated) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kSecondsPerDay * days) != nullptr;
}

/// A certificate for `key` with everything but the issuer, the extensions and the signature.
Result<CertificateHandle> draft(EVP_PKEY* key, std::string_view name, int days) {
  CertificateHandle certificate(X509_new());
  const bool filled =
      certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      set_random_serial(certificate.get()) && set_common_name(certificate.get(), name) &&
      set_validity(certificate.get(), days) && X509_set_pubkey(certificate.get(), key) == 1;
  if (!filled) return failed("make certificate");
  return certificate;
}

/// `text` is one of ours, never from outside: OpenSSL's syntax for it has commands.
bool add_extension(X509* certificate, X509V3_CTX* context, int id, const char* text) {
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, context, id, text));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

struct ExtensionTexts {
  const char* constraints = "";
  const char* key_usage = "";
  const char* extended_key_usage = nullptr;
};

bool add_extensions(X509* certificate, X509* issuer, const ExtensionTexts& texts) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  return add_extension(certificate, &context, NID_basic_constraints, texts.constraints) &&
         add_extension(certificate, &context, NID_key_usage, texts.key_usage) &&
         (texts.extended_key_usage == nullptr ||
          add_extension(certificate, &context, NID_ext_key_usage, texts.extended_key_usage)) &&
         add_extension(certificate, &context, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, &context, NID_authority_key_identifier, "keyid");
}

const char* usage_text(CertificatePurpose purpose) {
  switch (purpose) {
    case CertificatePurpose::client: return "clientAuth";
    case CertificatePurpose::server: return "serverAuth";
    case CertificatePurpose::both: return "serverAuth,clientAuth";
  }
  return "";
}

/// A name of a kind whose value is text: DNS or URI.
GENERAL_NAME* text_name(int type, const std::string& text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  if (name != nullptr && value != nullptr &&
      ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1) {
    GENERAL_NAME_set0_value(name, type, value);
    return name;
  }
  GENERAL_NAME_free(name);
  ASN1_IA5STRING_free(value);
  return nullptr;
}

GENERAL_NAME* host_name(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  if (address == nullptr) {
    ERR_clear_error();  // It is not an address, so it is a name.
    return text_name(GEN_DNS, host);
  }
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (name == nullptr) {
    ASN1_OCTET_STRING_free(address);
    return nullptr;
  }
  GENERAL_NAME_set0_value(name, GEN_IPADD, address);
  return name;
}

bool push(GENERAL_NAMES* names, GENERAL_NAME* name) {
  if (name != nullptr && sk_GENERAL_NAME_push(names, name) > 0) return true;
  GENERAL_NAME_free(name);
  return false;
}

bool add_alternative_names(X509* certificate, const CertificateRequest& request) {
  const NamesHandle names(GENERAL_NAMES_new());
  bool complete = names && push(names.get(), text_name(GEN_URI, "hactl://" + request.common_name));
  for (const std::string& host : request.hosts) {
    complete = complete && push(names.get(), host_name(host));
  }
  return complete && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1;
}

bool consists_of(std::string_view text, std::string_view more) {
  return std::ranges::all_of(text, [&](char character) {
    return std::isalnum(static_cast<unsigned char>(character)) != 0 ||
           more.find(character) != std::string_view::npos;
  });
}

Result<Done> check_request(const CertificateRequest& request) {
  const std::string& name = request.common_name;
  if (name.empty() || name.size() > kCommonNameLengthMax || !consists_of(name, "-._:/@")) {
    return Error{ErrorCode::invalid, "issue certificate: common name '" + name +
                                         "' must be 1 to 64 letters, digits or any of -._:/@"};
  }
  for (const std::string& host : request.hosts) {
    if (!host.empty() && consists_of(host, "-._:*")) continue;
    return Error{ErrorCode::invalid,
                 "issue certificate: host '" + host + "' is no IP address and no DNS name"};
  }
  if (request.days < 1 || request.days > kAuthorityDays) {
    return Error{ErrorCode::invalid, "issue certificate: days must be 1 to " +
                                         std::to_string(kAuthorityDays) + ", not " +
                                         std::to_string(request.days)};
  }
  return Done{};
}

KeyHandle new_key() {
  return KeyHandle(EVP_EC_gen("P-256"));
}

}  // namespace

Result<PemPair> create_authority(std::string_view name) {
  if (name.empty() || name.size() > kCommonNameLengthMax || !consists_of(name, "-._:/@ ")) {
    return Error{ErrorCode::invalid, "create authority: name '" + std::string(name) +
                                         "' must be 1 to 64 letters, digits, spaces or -._:/@"};
  }
  const KeyHandle key = new_key();
  if (!key) return failed("create authority");
  Result<CertificateHandle> certificate = draft(key.get(), name, kAuthorityDays);
  if (!certificate.ok()) return certificate.error().within("create authority");
  X509* const made = certificate->get();
  const bool signed_by_itself = X509_set_issuer_name(made, X509_get_subject_name(made)) == 1 &&
                                add_extensions(made, made,
                                               {.constraints = "critical,CA:TRUE,pathlen:0",
                                                .key_usage = "critical,keyCertSign,cRLSign"}) &&
                                X509_sign(made, key.get(), EVP_sha256()) > 0;
  if (!signed_by_itself) return failed("create authority");
  return to_pem(made, key.get());
}

Result<PemPair> issue_certificate(const PemPair& authority, const CertificateRequest& request) {
  if (Result<Done> checked = check_request(request); !checked.ok()) return checked.error();
  const Result<CertificateHandle> issuer = read_certificate(authority.certificate);
  if (!issuer.ok()) return issuer.error().within("issue certificate: authority");
  const Result<KeyHandle> issuer_key = read_key(authority.key);
  if (!issuer_key.ok()) return issuer_key.error().within("issue certificate: authority");
  if (X509_check_private_key(issuer->get(), issuer_key->get()) != 1 ||
      X509_check_ca(issuer->get()) == 0) {
    ERR_clear_error();
    return Error{ErrorCode::invalid,
                 "issue certificate: the authority's key and certificate do not belong together"};
  }

  const KeyHandle key = new_key();
  if (!key) return failed("issue certificate");
  Result<CertificateHandle> certificate = draft(key.get(), request.common_name, request.days);
  if (!certificate.ok()) return certificate.error().within("issue certificate");
  X509* const made = certificate->get();
  const bool complete = X509_set_issuer_name(made, X509_get_subject_name(issuer->get())) == 1 &&
                        add_extensions(made, issuer->get(),
                                       {.constraints = "critical,CA:FALSE",
                                        .key_usage = "critical,digitalSignature",
                                        .extended_key_usage = usage_text(request.purpose)}) &&
                        add_alternative_names(made, request) &&
                        X509_sign(made, issuer_key->get(), EVP_sha256()) > 0;
  if (!complete) return failed("issue certificate");
  return to_pem(made, key.get());
}

Result<std::string> certificate_common_name(std::string_view pem) {
  const Result<CertificateHandle> certificate = read_certificate(pem);
  if (!certificate.ok()) return certificate.error();
  std::optional<std::string> name = common_name_of(certificate->get());
  if (name.has_value()) return *std::move(name);
  return Error{ErrorCode::invalid, "read certificate: it has no common name"};
}

Result<UtcTime> certificate_expires_at(std::string_view pem) {
  const Result<CertificateHandle> certificate = read_certificate(pem);
  if (!certificate.ok()) return certificate.error();
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate->get()), &time) != 1) {
    ERR_clear_error();
    return Error{ErrorCode::invalid, "read certificate: its end of validity is no time"};
  }
  return UtcTime{std::int64_t{timegm(&time)} * 1000};
}

Result<Done> write_pem_pair(const PemFiles& files, const PemPair& pair) {
  if (Result<Done> written = write_file_atomically(files.key_file, pair.key, kKeyMode);
      !written.ok()) {
    return written;
  }
  return write_file_atomically(files.certificate_file, pair.certificate, kCertificateMode);
}

}  // namespace hactl
