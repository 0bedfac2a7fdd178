#include "io/errno_error.h"

#include <cctype>
#include <cerrno>
#include <system_error>

namespace hactl {
namespace {

ErrorCode code_of(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
    case ESRCH: return ErrorCode::not_found;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorCode::forbidden;
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG: return ErrorCode::invalid;
    default: return ErrorCode::unavailable;
  }
}

std::string_view advice_on(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT: return "; free some space";
    case EACCES:
    case EPERM: return "; check its owner and mode, and who runs this program";
    case EROFS: return "; the file system is mounted read-only";
    case EMFILE:
    case ENFILE: return "; raise the limit of open files";
    case EIO: return "; the disk reports errors, see the kernel's log";
    default: return "";
  }
}

}  // namespace

std::string errno_text(int number) {
  std::string text = std::generic_category().message(number);
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

Error errno_error(std::string_view doing, int number) {
  std::string message(doing);
  message += ": ";
  message += errno_text(number);
  message += advice_on(number);
  return Error{code_of(number), std::move(message)};
}

}  // namespace hactl
