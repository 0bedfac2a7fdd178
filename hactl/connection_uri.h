// The connection string of a formation: every node, and the words that make a client find the
// primary by itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/spec.h"

namespace hactl {

enum class UriFormat { libpq, jdbc };
enum class UriTarget { read_write, read_only };

struct UriRequest {
  UriFormat format = UriFormat::libpq;
  UriTarget target = UriTarget::read_write;
  std::string from{};      ///< A region whose nodes are named first; empty: the file's order.
  std::string ca_file{};   ///< What the servers' certificates are checked against.
  std::string password{};  ///< Empty: none in the string.
};

/// "postgresql://…" or "jdbc:postgresql://…". Errors: not_found when there is no region `from`.
Result<std::string> connection_uri(const FormationSpec& spec, const UriRequest& request);

/// Percent-encodes everything but unreserved characters and those in `kept`.
std::string percent_encoded(std::string_view text, std::string_view kept = "");

}  // namespace hactl
