// PgPrograms: PostgreSQL's own programs, run with nothing inherited. Blocks: for worker threads
// only.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "agent/pg_control.h"
#include "base/result.h"
#include "base/time.h"
#include "converge/postgres_settings.h"
#include "model/local.h"

namespace hactl {

/// Size of a WAL segment in the clusters that hactl makes: a promotion writes a whole one before it
/// lets anyone in, and a standby that changes its upstream begins at the start of one.
inline constexpr int kWalSegmentMegabytes = 4;

/// The environment of every PostgreSQL program: no passwords, keys or defaults from a home.
std::vector<std::string> postgres_environment(const AgentPaths& paths);

class PgPrograms {
 public:
  /// Both outlive this; a program under way is ended when `stopping` becomes true.
  PgPrograms(const AgentPaths& paths, const std::atomic<bool>& stopping)
      : paths_(paths), stopping_(stopping) {}

  /// Errors: not_found (no PostgreSQL there), invalid (another version).
  Result<Done> check_version(int version);

  /// A new cluster in `directory`, which is missing or empty.
  Result<Done> initdb(const std::string& directory);

  /// A copy of the server behind `conninfo`; `slot` empty: a temporary one.
  Result<Done> base_backup(const std::string& directory, const std::string& conninfo,
                           const std::string& slot);

  /// Makes `directory`, whose server is stopped, follow the server behind `conninfo`.
  Result<Done> rewind(const std::string& directory, const std::string& conninfo);

  /// Reads pg_control and PG_VERSION; in process where the file's layout is known.
  [[nodiscard]] Result<ControlFacts> control(const std::string& directory) const;

 private:
  [[nodiscard]] Result<ControlFacts> ask_controldata(const std::string& directory) const;
  Result<Done> run(const std::string& program, std::vector<std::string> arguments, Duration limit);
  /// Ends programs that a former agent has left behind.
  void end_leftovers(const std::string& directory) const;

  const AgentPaths& paths_;
  const std::atomic<bool>& stopping_;
  std::optional<int> version_;  // Of the programs, once known.
};

}  // namespace hactl
