// RawTlsClient: sends bytes as they are over TLS, for requests that no decent client makes.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>

#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "base/check.h"
#include "tests/io/tls_world.h"

namespace hactl {

class RawTlsClient {
 public:
  /// `identity` is the name of a certificate of TlsWorld; empty: none is shown.
  explicit RawTlsClient(std::uint16_t port, const std::string& identity = "client",
                        int tls_version_max = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_client_method())) {
    // OpenSSL's sockets write without MSG_NOSIGNAL, also to a server that has closed.
    std::signal(SIGPIPE, SIG_IGN);
    const TlsWorld& world = TlsWorld::shared();
    SSL_CTX_set_max_proto_version(context_.get(), tls_version_max);
    // So that TLS 1.0 fails by the server's rules and not by those of this side.
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_security_level(context_.get(), 0);
    if (!identity.empty()) {
      HACTL_CHECK(SSL_CTX_use_certificate_chain_file(context_.get(),
                                                     world.file(identity + ".pem").c_str()) == 1);
      HACTL_CHECK(SSL_CTX_use_PrivateKey_file(context_.get(), world.file(identity + ".key").c_str(),
                                              SSL_FILETYPE_PEM) == 1);
    }
    bio_.reset(BIO_new_ssl_connect(context_.get()));
    BIO_set_conn_hostname(bio_.get(), ("127.0.0.1:" + std::to_string(port)).c_str());
    connected_ = BIO_do_connect(bio_.get()) == 1;
    int descriptor = -1;
    BIO_get_fd(bio_.get(), &descriptor);
    const timeval patience{20, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  [[nodiscard]] bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    return BIO_write(bio_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
           static_cast<int>(bytes.size());
  }

  /// Reads until `end` has come; returns all of it, or what came before the connection ended.
  std::string read_until(std::string_view end) {
    std::string read;
    char byte = 0;
    while (!read.ends_with(end) && BIO_read(bio_.get(), &byte, 1) == 1)
      read += byte;
    return read;
  }

  /// Reads until the server closes.
  std::string read_all() {
    std::string read;
    char byte = 0;
    while (BIO_read(bio_.get(), &byte, 1) == 1)
      read += byte;
    return read;
  }

  /// Goes without a TLS close.
  void vanish() {
    SSL* connection = nullptr;
    BIO_get_ssl(bio_.get(), &connection);
    SSL_set_quiet_shutdown(connection, 1);
    int descriptor = -1;
    BIO_get_fd(bio_.get(), &descriptor);
    shutdown(descriptor, SHUT_RDWR);
  }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free_all(bio); }
  };

  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<BIO, Free> bio_;
  bool connected_ = false;
};

}  // namespace hactl
