#include "model/validate.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/hba_rules.h"
#include "model/limits.h"
#include "model/network.h"
#include "model/parameter_rules.h"

namespace hactl {
namespace {

constexpr std::size_t kPathBytesMax = 1'024;
constexpr std::size_t kLabelKeyBytesMax = 253;
constexpr std::size_t kLabelValueBytesMax = 63;

/// Words that mean something else where names of nodes and roles are written.
constexpr std::array<std::string_view, 6> kReserved{"all",      "replication", "sameuser",
                                                    "samerole", "samehost",    "samenet"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_alphanumeric(char c) {
  return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}
bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
}
bool is_reserved(std::string_view text) {
  return std::ranges::find(kReserved, text) != kReserved.end();
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

std::string not_between(std::int64_t value, int low, int high) {
  return std::to_string(value) + " is not between " + std::to_string(low) + " and " +
         std::to_string(high);
}

std::string at_most(std::size_t count, std::size_t limit, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + "; at most " + std::to_string(limit) +
         " are accepted";
}

/// Collects what is wrong; an empty message is no problem.
class Problems {
 public:
  void add(std::string field, std::string message) {
    if (!message.empty()) found_.push_back({std::move(field), std::move(message)});
  }
  [[nodiscard]] std::vector<FieldProblem> take() { return std::move(found_); }

 private:
  std::vector<FieldProblem> found_;
};

std::string name_objection(std::string_view name) {
  if (name.empty()) return "is required";
  if (is_reserved(name)) return quoted(name) + " is a reserved word";
  if (is_name(name)) return "";
  if (name.size() > kNameBytesMax) {
    return quoted(name) + " is longer than " + std::to_string(kNameBytesMax) + " characters";
  }
  return quoted(name) +
         " is not a name: lower-case letters, digits and \"-\", beginning with a letter and not "
         "ending with \"-\"";
}

std::string identifier_objection(std::string_view text) {
  if (text.empty()) return "is required";
  if (text.size() > kIdentifierBytesMax) {
    return quoted(text) + " is longer than " + std::to_string(kIdentifierBytesMax) + " bytes";
  }
  const auto begins = [](char c) { return (is_alphanumeric(c) && !is_digit(c)) || c == '_'; };
  const bool valid = begins(text.front()) && std::ranges::all_of(text, [](char c) {
                       return is_alphanumeric(c) || c == '_' || c == '-' || c == '$';
                     });
  if (!valid) {
    return quoted(text) +
           " is not an identifier: letters, digits, \"_\", \"-\" and \"$\", beginning with a "
           "letter or \"_\"";
  }
  return is_reserved(text) ? quoted(text) + " is a reserved word" : "";
}

std::string database_objection(std::string_view database) {
  if (database == "template0" || database == "template1") {
    return quoted(database) + " is PostgreSQL's own template";
  }
  return identifier_objection(database);
}

std::string username_objection(std::string_view username) {
  if (username == "postgres" || username.starts_with("hactl_")) {
    return quoted(username) + " is a role of hactl's own";
  }
  if (username.starts_with("pg_") || username == "public" || username == "none") {
    return quoted(username) + " is reserved by PostgreSQL";
  }
  return identifier_objection(username);
}

/// Whether a path means the same to everybody who reads it.
std::string path_objection(std::string_view path) {
  if (path.empty()) return "is required";
  if (!path.starts_with('/')) return quoted(path) + " is not an absolute path";
  if (path == "/") return "may not be the root directory";
  if (path.size() > kPathBytesMax) {
    return "is longer than " + std::to_string(kPathBytesMax) + " bytes";
  }
  if (std::ranges::any_of(path, is_control)) return "has a control character";
  std::string padded = std::string(path) + "/";
  for (const std::string_view part : {"//", "/./", "/../"}) {
    if (padded.find(part) != std::string::npos) {
      return quoted(path) +
             " is not a normalised path: no \"//\", \".\", \"..\" or \"/\" at the end";
    }
  }
  return "";
}

std::string host_objection(std::string_view host) {
  if (host.empty()) return "is required";
  if (parse_ip(host) || is_host_name(host)) return "";
  return quoted(host) + " is not an IP address or a host name";
}

std::string network_objection(std::string_view text) {
  if (text.empty()) return "";
  const auto network = parse_network(text);
  if (!network) return quoted(text) + " is not a network such as 10.11.0.0/16";
  if (masked(*network) == *network) return "";
  return std::string(text) + " has bits below its prefix; did you mean " +
         to_string(masked(*network)) + "?";
}

std::string text_objection(std::string_view text) {
  if (std::ranges::any_of(text, is_control)) return "has a control character";
  if (text.size() <= kTextBytesMax) return "";
  return "is longer than " + std::to_string(kTextBytesMax) + " bytes";
}

bool is_label_word(std::string_view text, std::string_view inside) {
  return is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::ranges::all_of(text, [&](char c) {
           return is_alphanumeric(c) || inside.find(c) != std::string_view::npos;
         });
}

std::string label_key_objection(std::string_view key) {
  const bool valid = !key.empty() && key.size() <= kLabelKeyBytesMax && is_label_word(key, "-_./");
  return valid ? "" : quoted(key) + " is not a key: letters, digits, \"-\", \"_\", \".\" and \"/\"";
}

std::string label_value_objection(std::string_view value) {
  if (value.empty() || (value.size() <= kLabelValueBytesMax && is_label_word(value, "-_.")))
    return "";
  return quoted(value) + " is not a label: at most " + std::to_string(kLabelValueBytesMax) +
         " letters, digits, \"-\", \"_\" and \".\"";
}

std::string priority_objection(const std::optional<int>& priority) {
  if (!priority || (*priority >= 0 && *priority <= kCandidatePriorityMax)) return "";
  return not_between(*priority, 0, kCandidatePriorityMax);
}

void check_metadata(const Formation& formation, Problems& problems) {
  problems.add("metadata.name", name_objection(formation.name.value));
  if (formation.labels.size() > kLabelsMax) {
    problems.add("metadata.labels", at_most(formation.labels.size(), kLabelsMax, "labels"));
  }
  for (const auto& [key, value] : formation.labels) {
    problems.add("metadata.labels." + key, label_key_objection(key));
    problems.add("metadata.labels." + key, label_value_objection(value));
  }
  if (formation.annotations.size() > kLabelsMax) {
    problems.add("metadata.annotations",
                 at_most(formation.annotations.size(), kLabelsMax, "annotations"));
  }
  for (const auto& [key, value] : formation.annotations) {
    problems.add("metadata.annotations." + key, label_key_objection(key));
    if (value.size() > kTextBytesMax) {
      problems.add("metadata.annotations." + key,
                   "is longer than " + std::to_string(kTextBytesMax) + " bytes");
    }
  }
}

void check_postgres(const PostgresSpec& postgres, Problems& problems) {
  const std::string at = "spec.postgres.";
  if (postgres.version < kPostgresVersionMin || postgres.version > kPostgresVersionMax) {
    problems.add(at + "version",
                 not_between(postgres.version, kPostgresVersionMin, kPostgresVersionMax));
  }
  if (postgres.port == 0) problems.add(at + "port", not_between(0, 1, 65535));
  problems.add(at + "database", database_objection(postgres.database));
  problems.add(at + "username", username_objection(postgres.username));
  problems.add(at + "password-file", text_objection(postgres.password_file));
  problems.add(at + "data-directory", path_objection(postgres.data_directory));
  if (postgres.parameters.size() > kParametersMax) {
    problems.add(at + "parameters",
                 at_most(postgres.parameters.size(), kParametersMax, "parameters"));
  }
  for (const auto& [name, value] : postgres.parameters) {
    problems.add(at + "parameters." + name, parameter_objection(name, value));
  }
  if (postgres.hba.size() > kHbaRulesMax) {
    problems.add(at + "hba", at_most(postgres.hba.size(), kHbaRulesMax, "rules"));
  }
  for (std::size_t i = 0; i < postgres.hba.size(); ++i) {
    for (HbaObjection& objection : hba_objections(postgres.hba[i])) {
      problems.add(at + "hba[" + std::to_string(i) + "]." + objection.field,
                   std::move(objection.message));
    }
  }
}

void check_node(const NodeSpec& node, const std::string& at, Problems& problems) {
  problems.add(at + "name", name_objection(node.name.value));
  problems.add(at + "host", host_objection(node.host));
  problems.add(at + "candidate-priority", priority_objection(node.candidate_priority));
  if (node.port == 0) problems.add(at + "port", not_between(0, 1, 65535));
  if (node.data_directory) {
    problems.add(at + "data-directory", path_objection(*node.data_directory));
  }
}

void check_region(const RegionSpec& region, const std::string& at, Problems& problems) {
  problems.add(at + "name", name_objection(region.name.value));
  problems.add(at + "location", text_objection(region.location));
  problems.add(at + "network", network_objection(region.network));
  problems.add(at + "subnet", network_objection(region.subnet));
  problems.add(at + "candidate-priority", priority_objection(region.candidate_priority));
  for (std::size_t i = 0; i < region.nodes.size(); ++i) {
    check_node(region.nodes[i], at + "nodes[" + std::to_string(i) + "].", problems);
  }
}

}  // namespace

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kNameBytesMax) return false;
  if (!is_lower(text.front()) || text.back() == '-') return false;
  return std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

std::vector<FieldProblem> validate_fields(const Formation& formation) {
  Problems problems;
  check_metadata(formation, problems);
  const FormationSpec& spec = formation.spec;
  if (spec.number_sync_standbys && *spec.number_sync_standbys < 0) {
    problems.add("spec.number-sync-standbys",
                 std::to_string(*spec.number_sync_standbys) + " is less than 0");
  }
  const auto check_durability = [&](const std::string& field, std::optional<int> value,
                                    std::size_t most) {
    const int high = static_cast<int>(most);
    if (!value || (*value >= 1 && *value <= high)) return;
    problems.add("spec.durability." + field, not_between(*value, 1, high));
  };
  check_durability("regions", spec.durability.regions, kRegionsMax);
  check_durability("nodes", spec.durability.nodes, kNodesMax);
  check_postgres(spec.postgres, problems);
  for (std::size_t i = 0; i < spec.regions.size(); ++i) {
    check_region(spec.regions[i], "spec.regions[" + std::to_string(i) + "].", problems);
  }
  return problems.take();
}

std::vector<FieldProblem> validate(const Formation& formation) {
  std::vector<FieldProblem> found = validate_fields(formation);
  for (FieldProblem& problem : validate_together(formation))
    found.push_back(std::move(problem));
  return found;
}

}  // namespace hactl
