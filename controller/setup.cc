#include "controller/setup.h"

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "controller/access.h"
#include "io/certificates.h"
#include "io/file.h"
#include "model/validate.h"

namespace hactl {
namespace {

constexpr std::size_t kPemBytesMax = std::size_t{64} << 10U;
constexpr std::string_view kAuthorityName = "hactl";
constexpr std::string_view kServerName = "controller";
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kPublicMode = 0644;
constexpr mode_t kSecretMode = 0600;
constexpr std::string_view kNodePrefix = "node:";

Result<Done> issue(const PemPair& authority, const CertificateRequest& request,
                   const PemFiles& files) {
  const Result<PemPair> pair = issue_certificate(authority, request);
  if (!pair.ok()) return pair.error().within("issue a certificate for " + request.common_name);
  return write_pem_pair(files, *pair);
}

std::string url_host(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string config_text(const InitOptions& options, const ControllerFiles& files) {
  return fmt::format(
      "current-context: default\n"
      "contexts:\n"
      "  - name: default\n"
      "    controller: \"https://{}:{}\"\n"
      "    ca: \"{}\"\n"
      "    certificate: \"{}\"\n"
      "    key: \"{}\"\n",
      url_host(options.hosts.front()), options.port, files.ca_certificate, files.admin_certificate,
      files.admin_key);
}

/// The directory, made if need be, as an absolute path without quotes, for the configuration.
Result<std::string> prepare_directory(const std::string& directory) {
  std::error_code failed;
  const std::string path = std::filesystem::absolute(directory, failed).lexically_normal().string();
  if (failed || path.find_first_of("\"\n\\") != std::string::npos) {
    return Error{ErrorCode::invalid, "directory \"" + directory + "\" can't be used"};
  }
  const Result<Done> made = make_directories(path, kDirectoryMode);
  if (!made.ok()) return made.error();
  return path;
}

Result<Done> check_issue(const IssueOptions& options) {
  const Role role = role_of(options.name);
  if (role == Role::none) {
    return Error{ErrorCode::invalid,
                 fmt::format("name \"{}\" is not node:NAME, viewer or admin", options.name)};
  }
  if (role != Role::node) return Done{};
  if (!is_name(options.name.substr(kNodePrefix.size()))) {
    return Error{ErrorCode::invalid, fmt::format("\"{}\" is not a node's name", options.name)};
  }
  if (options.hosts.empty()) {
    return Error{ErrorCode::invalid, "a node's certificate needs its --host"};
  }
  return Done{};
}

}  // namespace

ControllerFiles::ControllerFiles(const std::string& directory)
    : ca_certificate(directory + "/ca.crt"),
      ca_key(directory + "/ca.key"),
      server_certificate(directory + "/controller.crt"),
      server_key(directory + "/controller.key"),
      admin_certificate(directory + "/admin.crt"),
      admin_key(directory + "/admin.key"),
      admin_config(directory + "/admin.config"),
      store(directory + "/store.db") {}

Result<Done> init_controller(const InitOptions& wanted) {
  InitOptions options = wanted;
  if (options.hosts.empty()) options.hosts = {"127.0.0.1", "localhost"};
  const Result<std::string> directory = prepare_directory(options.directory);
  if (!directory.ok()) return directory.error();
  const ControllerFiles files(*directory);
  for (const std::string& file : {files.ca_certificate, files.ca_key}) {
    std::error_code ignored;  // What can't be looked at can't be written either, as is seen below.
    if (std::filesystem::exists(file, ignored)) {
      return Error{ErrorCode::conflict, file + " exists already: this directory has an authority"};
    }
  }
  const Result<PemPair> authority = create_authority(kAuthorityName);
  if (!authority.ok()) return authority.error();
  Result<Done> done = write_pem_pair({files.ca_certificate, files.ca_key}, *authority);
  if (done.ok()) {
    done = issue(*authority,
                 {.common_name = std::string(kServerName),
                  .hosts = options.hosts,
                  .purpose = CertificatePurpose::server},
                 {files.server_certificate, files.server_key});
  }
  if (done.ok()) {
    done = issue(*authority,
                 {.common_name = "admin", .hosts = {}, .purpose = CertificatePurpose::client},
                 {files.admin_certificate, files.admin_key});
  }
  if (!done.ok()) return done;
  return write_file_atomically(files.admin_config, config_text(options, files), kSecretMode);
}

Result<Done> issue_to_directory(const IssueOptions& options) {
  const Result<Done> checked = check_issue(options);
  if (!checked.ok()) return checked;
  const ControllerFiles files(options.directory);
  Result<std::string> certificate = read_file(files.ca_certificate, kPemBytesMax);
  if (!certificate.ok()) return certificate.error();
  Result<std::string> key = read_file(files.ca_key, kPemBytesMax);
  if (!key.ok()) return key.error();
  const Result<std::string> out = prepare_directory(options.out_directory);
  if (!out.ok()) return out.error();
  // A node serves Postgres and its health checks, and is a client of the other nodes.
  const bool serves = role_of(options.name) == Role::node;
  const CertificateRequest request{
      .common_name = options.name,
      .hosts = options.hosts,
      .purpose = serves ? CertificatePurpose::both : CertificatePurpose::client};
  Result<Done> done =
      issue(PemPair{*certificate, *key}, request, {*out + "/tls.crt", *out + "/tls.key"});
  if (!done.ok()) return done;
  return write_file_atomically(*out + "/ca.crt", *certificate, kPublicMode);
}

}  // namespace hactl
