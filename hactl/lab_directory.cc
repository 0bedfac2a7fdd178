#include "hactl/lab_directory.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "codec/spec_yaml.h"
#include "hactl/session.h"
#include "io/file.h"
#include "model/limits.h"

namespace hactl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPostgresUser = "postgres";

// FNV-1a: only has to differ between labs of one machine.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return hash;
}

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

Result<Owner> postgres_owner() {
  const passwd* entry = getpwnam(kPostgresUser);
  if (entry == nullptr) {
    return Error{ErrorCode::not_found,
                 "error: there is no user postgres, whom PostgreSQL must run as"};
  }
  return Owner{entry->pw_uid, entry->pw_gid};
}

bool may_enter(const struct stat& directory, const Owner& owner) {
  if (directory.st_uid == owner.user) return (directory.st_mode & S_IXUSR) != 0;
  if (directory.st_gid == owner.group) return (directory.st_mode & S_IXGRP) != 0;
  return (directory.st_mode & S_IXOTH) != 0;
}

}  // namespace

LabDirectory LabDirectory::at(const std::string& path) {
  std::error_code error;
  fs::path resolved = fs::weakly_canonical(fs::absolute(path), error);
  if (error) resolved = fs::absolute(path).lexically_normal();
  std::string text = resolved.string();
  while (text.size() > 1 && text.ends_with('/')) {
    text.pop_back();
  }
  return LabDirectory(text);
}

std::string LabDirectory::sockets(const NodeName& name) const {
  std::string directory = node(name) + "/run";
  if (directory.size() <= kLabSocketDirectoryBytesMax) return directory;
  return fmt::format("/tmp/hactl-{:016x}/{}", hash_of(path_), name.value);
}

Result<Formation> lab_formation(const LabDirectory& lab) {
  const Result<std::string> text = read_file(lab.formation(), kSpecBytesMax);
  if (!text.ok() && text.error().code == ErrorCode::not_found) {
    return Error{ErrorCode::not_found, fmt::format("error: there is no lab in {}: make one with "
                                                   "`hactl lab up`",
                                                   lab.path())};
  }
  if (!text.ok()) return text.error().within("error");
  ParsedFormation parsed = parse_formation_yaml(*text, lab.formation());
  if (!parsed.ok()) return Error{ErrorCode::invalid, to_string(parsed.problems)};
  return std::move(parsed.formation);
}

std::vector<std::string> lab_data_directories(const LabDirectory& lab,
                                              const std::vector<Member>& members) {
  std::vector<std::string> result{lab.path() + "/nodes"};
  for (const Member& member : members) {
    result.push_back(member.data_directory);
  }
  return result;
}

std::string last_log_line(const std::string& file) {
  std::ifstream log(file);
  std::string last;
  for (std::string line; std::getline(log, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

std::string lab_user() {
  if (geteuid() == 0) return kPostgresUser;
  const passwd* entry = getpwuid(geteuid());
  return entry == nullptr ? kPostgresUser : entry->pw_name;
}

Result<Done> give_to_lab_user(const std::vector<std::string>& paths) {
  if (geteuid() != 0) return Done{};
  const Result<Owner> owner = postgres_owner();
  if (!owner.ok()) return owner.error();
  for (const std::string& path : paths) {
    if (lchown(path.c_str(), owner->user, owner->group) == 0) continue;
    return Error{ErrorCode::forbidden, fmt::format("error: give {} to postgres: {}", path,
                                                   std::generic_category().message(errno))};
  }
  return Done{};
}

Result<Done> check_reachable(const std::string& path) {
  if (geteuid() != 0) return Done{};
  const Result<Owner> owner = postgres_owner();
  if (!owner.ok()) return owner.error();
  fs::path place = "/";
  for (const fs::path& part : fs::path(path).relative_path()) {
    place /= part;
    struct stat info {};
    if (stat(place.c_str(), &info) != 0) return Done{};  // Not made yet: ours to make.
    if (may_enter(info, *owner)) continue;
    return Error{ErrorCode::forbidden,
                 fmt::format("error: postgres cannot enter {}: choose another --dir, or run "
                             "`chmod o+x {}`",
                             place.string(), place.string())};
  }
  return Done{};
}

std::string sibling_program(const std::string& name) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return error ? name : (self.parent_path() / name).string();
}

}  // namespace hactl
