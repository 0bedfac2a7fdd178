// `ha-controller init` and `issue`: the certificate authority and what it signs, as files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace hactl {

/// The files in a controller's directory.
struct ControllerFiles {
  explicit ControllerFiles(const std::string& directory);

  std::string ca_certificate;
  std::string ca_key;  ///< The key to everything: 0600.
  std::string server_certificate;
  std::string server_key;
  std::string admin_certificate;
  std::string admin_key;
  std::string admin_config;
  std::string store;
};

struct InitOptions {
  std::string directory;
  std::vector<std::string> hosts;  ///< Where the controller is reached; empty: this machine alone.
  std::uint16_t port = 8008;
};

/// Makes the authority, the controller's and an administrator's certificate, and the configuration
/// for hactl. Errors: conflict when the directory has an authority already, invalid, forbidden,
/// unavailable.
Result<Done> init_controller(const InitOptions& options);

struct IssueOptions {
  std::string directory;           ///< Of the controller.
  std::string name;                ///< "node:NAME", "viewer" or "admin".
  std::vector<std::string> hosts;  ///< A node's addresses.
  std::string out_directory;       ///< Gets ca.crt, tls.crt and tls.key.
};

/// Issues one certificate. Errors: not_found without an authority, invalid, forbidden, unavailable.
Result<Done> issue_to_directory(const IssueOptions& options);

}  // namespace hactl
