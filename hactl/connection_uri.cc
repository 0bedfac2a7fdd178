#include "hactl/connection_uri.h"

#include <algorithm>

#include <fmt/format.h>

namespace hactl {
namespace {

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

std::string host_text(const std::string& host) {
  return host.find(':') == host.npos ? host : "[" + host + "]";
}

std::string hosts_of(const std::vector<Member>& members) {
  std::string result;
  for (const Member& member : members) {
    if (!result.empty()) result += ',';
    result += fmt::format("{}:{}", host_text(member.host), member.port);
  }
  return result;
}

}  // namespace

std::string percent_encoded(std::string_view text, std::string_view kept) {
  std::string result;
  for (const char c : text) {
    if (unreserved(c) || kept.find(c) != std::string_view::npos) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

Result<std::string> connection_uri(const FormationSpec& spec, const UriRequest& request) {
  std::vector<Member> members = spec.members();
  if (!request.from.empty()) {
    const auto near = [&](const Member& member) { return member.region.value == request.from; };
    if (std::ranges::none_of(members, near)) {
      return Error{ErrorCode::not_found, fmt::format("regions \"{}\" not found", request.from)};
    }
    std::ranges::stable_partition(members, near);
  }
  const bool reads = request.target == UriTarget::read_only;
  const std::string database = percent_encoded(spec.postgres.database);
  const std::string user = percent_encoded(spec.postgres.username);
  const std::string password = percent_encoded(request.password);
  const std::string trust =
      fmt::format("sslmode=verify-full&sslrootcert={}", percent_encoded(request.ca_file, "/"));
  if (request.format == UriFormat::jdbc) {
    std::string uri =
        fmt::format("jdbc:postgresql://{}/{}?targetServerType={}&{}&user={}", hosts_of(members),
                    database, reads ? "preferSecondary" : "primary", trust, user);
    if (!password.empty()) uri += "&password=" + password;
    return uri;
  }
  return fmt::format("postgresql://{}{}@{}/{}?target_session_attrs={}&{}", user,
                     password.empty() ? "" : ":" + password, hosts_of(members), database,
                     reads ? "prefer-standby" : "read-write", trust);
}

}  // namespace hactl
