// The API's description, embedded when the program is built.
#pragma once

#include <string>

namespace hactl {

/// schemas/openapi.json as it was then.
std::string openapi_document();

}  // namespace hactl
