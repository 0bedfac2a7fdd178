// Observer: looks at the local PostgreSQL once, with everything kept between looks that makes the
// next one cheap. Blocks, a few seconds at most: for one worker thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "agent/data_directory.h"
#include "agent/pg_programs.h"
#include "agent/pg_session.h"
#include "agent/postmaster.h"
#include "agent/sql_view.h"
#include "model/goal.h"
#include "model/local.h"

namespace hactl {

class Observer {
 public:
  /// Both outlive this.
  Observer(const AgentPaths& paths, const std::atomic<bool>& stopping)
      : paths_(paths), programs_(paths, stopping) {}

  struct Seen {
    PostgresView view{};
    pid_t postmaster = 0;  ///< 0: none runs.
    pid_t receiver = 0;    ///< The WAL receiver; 0: there is none.
  };

  Seen look(const PostgresGoal& postgres);

 private:
  std::optional<SqlLook> read_sql(const PostgresGoal& postgres,
                                  const RunningPostmaster& postmaster);

  const AgentPaths& paths_;
  PgPrograms programs_;
  TimelineReader timelines_;
  std::optional<PgSession> session_;
  SqlMemory memory_;  ///< Of what was seen through `session_`.
  pid_t session_postmaster_ = 0;
  std::uint64_t segment_bytes_ = 0;  ///< 0: not known yet.
};

}  // namespace hactl
