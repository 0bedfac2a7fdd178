#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "io/errno_error.h"
#include "io/process.h"

namespace hactl {
namespace {

/// What one entry of the user database may take; more than any real one.
constexpr std::size_t kUserEntryBytesMax = std::size_t{64} << 10U;

Error way_back(const std::string& doing) {
  return Error{ErrorCode::internal, doing + ": the change could be undone, refusing to go on"};
}

bool is_only(uid_t user, gid_t group) {
  uid_t users[3] = {0, 0, 0};
  gid_t groups[3] = {0, 0, 0};
  if (getresuid(&users[0], &users[1], &users[2]) != 0) return false;
  if (getresgid(&groups[0], &groups[1], &groups[2]) != 0) return false;
  for (int i = 0; i < 3; ++i) {
    if (users[i] != user || groups[i] != group) return false;
  }
  return true;
}

}  // namespace

Result<Done> switch_to_user(const std::string& user) {
  const std::string doing = "become user " + user;
  std::vector<char> buffer(kUserEntryBytesMax);
  passwd entry{};
  passwd* found = nullptr;
  const int number = getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (number != 0) return errno_error(doing, number);
  if (found == nullptr) return Error{ErrorCode::not_found, doing + ": there is no such user"};
  if (is_only(entry.pw_uid, entry.pw_gid)) return Done{};

  // Groups first: without root they could not be changed any more.
  if (initgroups(user.c_str(), entry.pw_gid) != 0) return errno_error(doing, errno);
  if (setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid) != 0) return errno_error(doing, errno);
  if (setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid) != 0) return errno_error(doing, errno);
  if (!is_only(entry.pw_uid, entry.pw_gid)) return way_back(doing);
  if (entry.pw_uid != 0 && setuid(0) == 0) return way_back(doing);
  return Done{};
}

}  // namespace hactl
