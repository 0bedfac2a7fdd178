#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "model/network.h"

#include "lint/rules.h"

namespace hactl::lint_checks {
namespace {

constexpr const char* kParameters = "spec.postgres.parameters.";

std::string parameter(const Formation& formation, const std::string& name) {
  const auto& parameters = formation.spec.postgres.parameters;
  const auto found = parameters.find(name);
  return found == parameters.end() ? "" : found->second;
}

std::string hba_field(std::size_t rule, const std::string& part) {
  return "spec.postgres.hba[" + std::to_string(rule) + "]." + part;
}

}  // namespace

void slots_without_a_cap(const Formation& formation, Findings& found) {
  if (parameter(formation, "max_slot_wal_keep_size") != "-1") return;
  found.push_back({"", std::string(kParameters) + "max_slot_wal_keep_size",
                   "slots keep WAL without a bound: a standby that stays away fills the primary's "
                   "disk, and then nobody writes",
                   "leave it out (hactl sets 4GB), or set what the disk has to spare"});
}

void weak_authentication(const Formation& formation, Findings& found) {
  const std::vector<HbaRule>& rules = formation.spec.postgres.hba;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string& method = rules[i].method;
    if (method != "trust" && method != "md5" && method != "password") continue;
    const std::string why = method == "trust" ? "lets anyone from there in without a password"
                            : method == "md5" ? "uses a hash that is broken"
                                              : "sends passwords as they are";
    found.push_back({"", hba_field(i, "method"), "the method " + method + " " + why,
                     "set method to scram-sha-256, or cert"});
  }
  if (parameter(formation, "password_encryption") == "md5") {
    found.push_back({"", std::string(kParameters) + "password_encryption",
                     "new passwords are kept as md5 hashes, which scram-sha-256 can't use",
                     "leave it out"});
  }
}

void open_to_the_world(const Formation& formation, Findings& found) {
  const std::vector<HbaRule>& rules = formation.spec.postgres.hba;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto network = parse_network(rules[i].address);
    if (!network || network->prefix != 0) continue;
    found.push_back({"", hba_field(i, "address"),
                     rules[i].address + " is every address: whoever reaches the port may try",
                     "name the application's network"});
  }
}

void clients_without_tls(const Formation& formation, Findings& found) {
  const std::vector<HbaRule>& rules = formation.spec.postgres.hba;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].type != "host" && rules[i].type != "hostnossl") continue;
    found.push_back({"", hba_field(i, "type"),
                     rules[i].type +
                         " takes connections without TLS: they can be read and altered, "
                         "and a client can't tell which server it has reached",
                     "set type to hostssl"});
  }
}

void data_on_a_volatile_disk(const Formation& formation, Findings& found) {
  constexpr std::array<std::string_view, 5> kVolatile{"/tmp/", "/run/", "/var/run/", "/dev/shm/",
                                                      "/var/tmp/"};
  const auto look = [&](const std::string& field, const std::string& directory) {
    const bool is_volatile = std::ranges::any_of(
        kVolatile, [&](std::string_view place) { return directory.starts_with(place); });
    if (!is_volatile) return;
    found.push_back(
        {"", field, directory + " is emptied when the machine starts, or cleaned up",
         "choose a directory on a disk, such as /var/lib/hactl/" + formation.name.value});
  };
  const FormationSpec& spec = formation.spec;
  look("spec.postgres.data-directory", spec.postgres.data_directory);
  for (std::size_t i = 0; i < spec.regions.size(); ++i) {
    for (std::size_t k = 0; k < spec.regions[i].nodes.size(); ++k) {
      const auto& own = spec.regions[i].nodes[k].data_directory;
      if (!own) continue;
      look(
          "spec.regions[" + std::to_string(i) + "].nodes[" + std::to_string(k) + "].data-directory",
          *own);
    }
  }
}

void replay_may_wait_for_ever(const Formation& formation, Findings& found) {
  for (const char* name : {"max_standby_streaming_delay", "max_standby_archive_delay"}) {
    if (parameter(formation, name) != "-1") continue;
    found.push_back({"", kParameters + std::string(name),
                     "a query on a standby can hold up replay for as long as it likes: the standby "
                     "has the WAL, and a failover to it waits until it has replayed that",
                     "set a bound, such as 30s"});
  }
}

void replay_waits_for_commits(const Formation& formation, Findings& found) {
  if (parameter(formation, "synchronous_commit") != "remote_apply") return;
  found.push_back(
      {"", std::string(kParameters) + "synchronous_commit",
       "every commit waits until a standby has replayed it: one long query or lock on a "
       "standby stops writes",
       "leave it out; `on` already keeps every acknowledged commit on a standby's disk"});
}

}  // namespace hactl::lint_checks
