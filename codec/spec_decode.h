// From a document's tree to a Formation, whatever notation it was written in. Only codec/ includes
// this.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/document.h"
#include "codec/spec_problem.h"

namespace hactl {

/// "hactl/v1", the only value of apiVersion.
inline constexpr std::string_view kApiVersion = "hactl/v1";
inline constexpr std::string_view kFormationKind = "Formation";

/// A place in a file, beside the formation that was found there.
struct DecodedFormation {
  ParsedFormation parsed;
  Mark name;  ///< Of metadata.name.
};

/// The formations that a document holds: one, or the items of a List. Each is validated.
std::vector<DecodedFormation> decode_formations(const DocumentNode& document, std::string_view file,
                                                Strictness strictness);

}  // namespace hactl
