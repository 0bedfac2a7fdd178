// Access to a formation's database: the connection string, and the password when it is asked for.
#pragma once

#include <string>

#include "base/result.h"
#include "hactl/connection_uri.h"
#include "hactl/session.h"

namespace hactl {

enum class Password { left_out, included };

/// Asks the controller for the formation (empty: the only one) and, when included, its password.
/// `request` says the rest; its ca_file becomes the context's.
Result<std::string> formation_uri(Session& session, const std::string& formation,
                                  UriRequest request, Password password);

/// The application role's password. Errors: as the server says; not_found when it has none.
Result<std::string> formation_password(Session& session, const std::string& formation);

}  // namespace hactl
