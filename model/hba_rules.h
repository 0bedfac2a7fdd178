// Which pg_hba.conf lines a formation may add. Refused rather than escaped: a field that could end
// the line, include a file or mean something else in a newer PostgreSQL never gets there.
#pragma once

#include <string>
#include <vector>

#include "model/spec.h"

namespace hactl {

struct HbaObjection {
  std::string field;  ///< "type", "database", "user", "address" or "method".
  std::string message;
};

/// What is wrong with `rule`; empty: nothing.
std::vector<HbaObjection> hba_objections(const HbaRule& rule);

}  // namespace hactl
