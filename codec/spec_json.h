// Formations as JSON: for the API and the store. The rules are those of the YAML file.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "codec/spec_problem.h"
#include "model/spec.h"

namespace hactl {

/// Decodes and validates a formation object; problems name fields, without line and column.
/// `status` and what else the controller adds to `metadata` is ignored.
ParsedFormation formation_from_json(const nlohmann::json& json,
                                    Strictness strictness = Strictness::strict);

/// {apiVersion, kind, metadata, spec} with what the user wrote and without defaults.
nlohmann::json formation_json(const Formation& formation);

/// The same with the keys in the order in which people write them.
nlohmann::ordered_json formation_document(const Formation& formation);

}  // namespace hactl
