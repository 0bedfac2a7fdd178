// The command line's configuration: which controllers there are and how to reach them. A YAML file
// of one fixed shape, as kubeconfig is for kubectl; `ha-controller init` writes the first one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hactl {

/// A configuration file is small; a longer one is not one.
inline constexpr std::size_t kConfigBytesMax = std::size_t{256} << 10U;

/// One controller and the certificate to show it. Relative files are relative to the configuration.
struct Context {
  std::string name{};
  std::string controller{};   ///< "https://host:port".
  std::string ca{};           ///< The authority that signed the controller's certificate.
  std::string certificate{};  ///< Ours.
  std::string key{};
  friend bool operator==(const Context&, const Context&) = default;
};

struct Config {
  std::string current_context{};
  std::vector<Context> contexts{};
  friend bool operator==(const Config&, const Config&) = default;
};

/// Reads the text of a configuration. Errors: invalid, as "file:line: message".
Result<Config> parse_config(std::string_view text, const std::string& file);

/// The configuration as parse_config() reads it.
std::string config_text(const Config& config);

/// Reads a configuration file and makes its relative file names absolute. Errors: not_found,
/// invalid.
Result<Config> load_config(const std::string& file);

/// Writes a configuration (mode 0600), making its directory when missing.
Result<Done> save_config(const std::string& file, const Config& config);

/// The context called `name`, or the current one when `name` is empty. Errors: not_found.
Result<Context> choose_context(const Config& config, const std::string& name);

}  // namespace hactl
