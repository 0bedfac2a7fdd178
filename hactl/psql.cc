#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "hactl/access.h"
#include "hactl/verbs.h"

namespace hactl {

Result<int> run_psql(Session& session, const PsqlOptions& options) {
  UriRequest request;
  request.target = options.read_only ? UriTarget::read_only : UriTarget::read_write;
  const Result<std::string> formation = session.formation_name(options.formation);
  if (!formation.ok()) return formation.error();
  const Result<std::string> uri = formation_uri(session, *formation, request, Password::left_out);
  if (!uri.ok()) return uri.error();
  const Result<std::string> password = formation_password(session, *formation);
  if (!password.ok()) return password.error();
  // In the environment and not among the arguments, which every user of the machine can read.
  setenv("PGPASSWORD", password->c_str(), 1);
  std::vector<std::string> arguments{"psql", *uri};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) {
    pointers.push_back(argument.data());
  }
  pointers.push_back(nullptr);
  execvp("psql", pointers.data());
  return local_error("start psql: " + std::generic_category().message(errno));
}

}  // namespace hactl
