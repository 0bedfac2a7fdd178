// The revisions of SqliteStore: a row each, the last kRevisionsMax of a formation.
//
// Within an open transaction, or alone.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "controller/store.h"

struct sqlite3;

namespace hactl {

/// Store::Write::revision, before the formation itself is written: what that still is may be a
/// revision that nobody has kept.
Result<Done> write_revision(sqlite3* database, SpecRevision revision);

/// Store::revisions().
Result<std::vector<SpecRevision>> read_revisions(sqlite3* database, const std::string& name);

}  // namespace hactl
