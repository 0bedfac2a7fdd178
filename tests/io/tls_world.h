// TlsWorld: the certificates of a test, as files: ours, and those of a stranger's authority.
#pragma once

#include <string>

#include "base/check.h"
#include "io/certificates.h"
#include "io/http_client.h"
#include "io/http_server.h"
#include "tests/io/temporary_directory.h"

namespace hactl {

class TlsWorld {
 public:
  TlsWorld() {
    const PemPair authority = write_authority("ca");
    write(authority, "server",
          {.common_name = "controller",
           .hosts = {"127.0.0.1", "localhost"},
           .purpose = CertificatePurpose::server});
    write(authority, "elsewhere",
          {.common_name = "controller",
           .hosts = {"127.0.0.2"},
           .purpose = CertificatePurpose::server});
    write(authority, "client",
          {.common_name = "paris-a", .hosts = {}, .purpose = CertificatePurpose::client});
    const PemPair stranger = write_authority("stranger-ca");
    write(stranger, "stranger",
          {.common_name = "paris-a", .hosts = {}, .purpose = CertificatePurpose::client});
  }

  [[nodiscard]] std::string file(std::string_view name) const { return directory_.file(name); }

  /// `name` is "server" or "elsewhere", whose certificate is for another address.
  [[nodiscard]] HttpServerOptions server_options(const std::string& name = "server") const {
    HttpServerOptions options;
    options.ca_file = file("ca.pem");
    options.certificate_file = file(name + ".pem");
    options.key_file = file(name + ".key");
    return options;
  }

  [[nodiscard]] HttpClientOptions client_options(std::uint16_t port) const {
    return HttpClientOptions{.base_url = "https://127.0.0.1:" + std::to_string(port),
                             .ca_file = file("ca.pem"),
                             .certificate_file = file("client.pem"),
                             .key_file = file("client.key")};
  }

  /// The certificates are made once in a program; nothing changes them.
  static const TlsWorld& shared() {
    static const TlsWorld world;
    return world;
  }

 private:
  PemPair write_authority(const std::string& name) const {
    PemPair authority = create_authority(name).value();
    HACTL_CHECK(write_pem_pair({file(name + ".pem"), file(name + ".key")}, authority).ok());
    return authority;
  }

  void write(const PemPair& authority, const std::string& name,
             const CertificateRequest& request) const {
    const PemPair pair = issue_certificate(authority, request).value();
    HACTL_CHECK(write_pem_pair({file(name + ".pem"), file(name + ".key")}, pair).ok());
  }

  TemporaryDirectory directory_;
};

}  // namespace hactl
