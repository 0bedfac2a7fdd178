#include "controller/sqlite_revisions.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "controller/sqlite_statement.h"
#include "controller/stored_json.h"
#include "model/limits.h"

namespace hactl {
namespace {

Result<Done> put_revision(sqlite3* database, const SpecRevision& revision) {
  Statement put(database, "INSERT OR REPLACE INTO revisions VALUES(?, ?, ?)");
  put.bind(revision.formation.name.value).bind(revision.generation.value);
  return put.bind(stored_revision_text(revision)).finish();
}

/// The present spec of a formation that a program without revisions was the last to change; nullopt
/// when it is kept, or there is no such formation.
Result<std::optional<SpecRevision>> unkept_revision(sqlite3* database, const std::string& name) {
  Statement present(database, "SELECT document FROM formations WHERE name=?");
  present.bind(name);
  const std::string document = present.step() ? present.text(0) : std::string();
  if (const Result<Done> done = present.finish(); !done.ok()) return done.error();
  if (document.empty()) return std::optional<SpecRevision>();
  Result<StoredFormation> stored = parse_stored_formation(document);
  if (!stored.ok()) return stored.error().within("formation \"" + name + "\"");
  Statement kept(database, "SELECT 1 FROM revisions WHERE formation=? AND generation=?");
  const bool found = kept.bind(name).bind(stored->generation.value).step();
  if (const Result<Done> done = kept.finish(); !done.ok()) return done.error();
  if (found) return std::optional<SpecRevision>();
  return std::optional(SpecRevision{stored->generation, {}, std::move(stored->formation)});
}

}  // namespace

Result<Done> write_revision(sqlite3* database, SpecRevision revision) {
  const std::string& name = revision.formation.name.value;
  const Result<std::optional<SpecRevision>> unkept = unkept_revision(database, name);
  if (!unkept.ok()) return unkept.error();
  Result<Done> done = *unkept ? put_revision(database, **unkept) : Result<Done>(Done{});
  if (!done.ok()) return done;
  std::vector<std::uint64_t> same;
  Statement kept(database, "SELECT generation, document FROM revisions WHERE formation=?");
  kept.bind(name);
  while (kept.step()) {
    const Result<SpecRevision> other = parse_stored_revision(kept.text(1));
    if (!other.ok()) continue;  // Whoever looks at it is told; nobody's change fails for it.
    if (other->generation == revision.generation) {
      revision.time = other->time;
    } else if (other->formation.spec == revision.formation.spec) {
      same.push_back(kept.number(0));
    }
  }
  done = kept.finish();
  for (const std::uint64_t generation : same) {
    if (!done.ok()) return done;
    Statement drop(database, "DELETE FROM revisions WHERE formation=? AND generation=?");
    done = drop.bind(name).bind(generation).finish();
  }
  if (done.ok()) done = put_revision(database, revision);
  if (!done.ok()) return done;
  Statement trim(database,
                 "DELETE FROM revisions WHERE formation=?1 AND generation <= (SELECT generation "
                 "FROM revisions WHERE formation=?1 ORDER BY generation DESC LIMIT 1 OFFSET ?2)");
  return trim.bind(name).bind(std::uint64_t{kRevisionsMax}).finish();
}

Result<std::vector<SpecRevision>> read_revisions(sqlite3* database, const std::string& name) {
  std::vector<SpecRevision> revisions;
  Statement kept(database, "SELECT document FROM revisions WHERE formation=? ORDER BY generation");
  kept.bind(name);
  while (kept.step()) {
    Result<SpecRevision> revision = parse_stored_revision(kept.text(0));
    if (!revision.ok()) return revision.error().within("a revision of formation \"" + name + "\"");
    revisions.push_back(std::move(*revision));
  }
  if (const Result<Done> done = kept.finish(); !done.ok()) return done.error();
  Result<std::optional<SpecRevision>> unkept = unkept_revision(database, name);
  if (!unkept.ok()) return unkept.error();
  if (*unkept) revisions.push_back(**unkept);
  return revisions;
}

}  // namespace hactl
