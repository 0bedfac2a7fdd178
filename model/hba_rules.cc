#include "model/hba_rules.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "model/network.h"
#include "model/validate.h"

namespace hactl {
namespace {

constexpr std::array<std::string_view, 4> kTypes{"hostssl", "host", "hostnossl", "local"};
constexpr std::array<std::string_view, 5> kMethods{"scram-sha-256", "md5", "cert", "peer",
                                                   "reject"};
constexpr std::array<std::string_view, 3> kAddressWords{"all", "samehost", "samenet"};

template <std::size_t Count>
bool among(const std::array<std::string_view, Count>& words, std::string_view text) {
  return std::ranges::find(words, text) != words.end();
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

/// A bare word of pg_hba.conf: no quotes, commas, includes (@), patterns (/) or comments (#).
bool is_word(std::string_view text) {
  if (text.empty() || text.size() > kIdentifierBytesMax) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '$';
  });
}

std::string database_objection(const std::string& database) {
  if (database == "replication") return "replication connections are hactl's own";
  return is_word(database) ? "" : quoted(database) + " is not a database name or \"all\"";
}

std::string user_objection(std::string_view user) {
  std::string_view name = user;
  if (name.starts_with('+')) name.remove_prefix(1);
  if (name.starts_with("hactl_")) return "roles that begin with \"hactl_\" are hactl's own";
  return is_word(name) ? "" : quoted(user) + " is not a role name, \"+\" and a role, or \"all\"";
}

std::string address_objection(const HbaRule& rule) {
  const std::string& text = rule.address;
  if (rule.type == "local") return text.empty() ? "" : "a rule of type local has no address";
  if (among(kAddressWords, text)) return "";
  if (parse_ip(text)) return "needs a prefix length, such as " + text + "/32";
  const auto network = parse_network(text);
  if (!network) return quoted(text) + " is not a network such as 10.11.1.0/24";
  if (masked(*network) == *network) return "";
  return text + " has bits below its prefix; did you mean " + to_string(masked(*network)) + "?";
}

std::string method_objection(const HbaRule& rule) {
  if (rule.method == "trust") return "trust lets anybody in without a password";
  if (rule.method == "password") return "password sends the password in clear text";
  if (!among(kMethods, rule.method)) {
    return quoted(rule.method) + " is not one of scram-sha-256, md5, cert, peer, reject";
  }
  if (rule.method == "peer" && rule.type != "local") return "peer needs type local";
  if (rule.method == "cert" && rule.type != "hostssl") return "cert needs type hostssl";
  return "";
}

}  // namespace

std::vector<HbaObjection> hba_objections(const HbaRule& rule) {
  std::vector<HbaObjection> found;
  const auto add = [&](const char* field, std::string message) {
    if (!message.empty()) found.push_back({field, std::move(message)});
  };
  if (!among(kTypes, rule.type)) {
    add("type", quoted(rule.type) + " is not one of hostssl, host, hostnossl, local");
  }
  add("database", database_objection(rule.database));
  add("user", user_objection(rule.user));
  add("address", address_objection(rule));
  add("method", method_objection(rule));
  return found;
}

}  // namespace hactl
