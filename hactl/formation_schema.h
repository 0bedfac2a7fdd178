// The formation's schema, schemas/formation.schema.json, as part of the program.
#pragma once

#include <string>

namespace hactl {

std::string formation_schema();

}  // namespace hactl
