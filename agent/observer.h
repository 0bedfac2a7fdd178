// Observer: looks at the local PostgreSQL once, with everything kept between looks that makes the
// next one cheap. Blocks, a few seconds at most: for one worker thread.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "agent/pg_programs.h"
#include "agent/pg_session.h"
#include "agent/postmaster.h"
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
  };

  Seen look(const PostgresGoal& postgres);

 private:
  struct ControlKey {
    std::string path{};
    std::uint64_t inode = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const ControlKey&, const ControlKey&) = default;
  };

  void read_control(const std::string& directory, bool running);
  std::optional<SqlView> read_sql(const PostgresGoal& postgres,
                                  const RunningPostmaster& postmaster);

  const AgentPaths& paths_;
  PgPrograms programs_;
  std::optional<PgSession> session_;
  pid_t session_postmaster_ = 0;
  std::optional<ControlFacts> control_;
  ControlKey control_key_;
  std::chrono::steady_clock::time_point control_read_at_;
};

}  // namespace hactl
