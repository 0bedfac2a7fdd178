// Owners of OpenSSL objects and the last OpenSSL error as text. For .cc files of io/ only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace hactl {

template <auto Free>
struct OpensslDelete {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioHandle = std::unique_ptr<BIO, OpensslDelete<BIO_free_all>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, OpensslDelete<EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, OpensslDelete<X509_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, OpensslDelete<X509_EXTENSION_free>>;
using NamesHandle = std::unique_ptr<GENERAL_NAMES, OpensslDelete<GENERAL_NAMES_free>>;
using NumberHandle = std::unique_ptr<BIGNUM, OpensslDelete<BN_free>>;
using StoreHandle = std::unique_ptr<X509_STORE, OpensslDelete<X509_STORE_free>>;

/// The reason of the newest error in this thread's queue, which is emptied; "unknown reason" if
/// none.
inline std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  std::string text = reason == nullptr ? "unknown reason" : reason;
  ERR_clear_error();
  return text;
}

/// The subject's common name; nullopt when there is none or it holds a NUL.
inline std::optional<std::string> common_name_of(X509* certificate) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int position = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (position < 0) return std::nullopt;
  unsigned char* text = nullptr;
  const int length =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, position)));
  if (length < 0) return std::nullopt;
  std::string name(text, text + length);
  OPENSSL_free(text);
  // "a\0.evil" would read as "a" to whoever stops at the NUL.
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  return name;
}

}  // namespace hactl
