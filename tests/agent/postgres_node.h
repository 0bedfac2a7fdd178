// PostgresNode: one node of a test with its real PostgreSQL, driven through LocalPostgres.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/local_postgres.h"
#include "agent/pg_session.h"
#include "converge/postgres_settings.h"
#include "io/asio_scheduler.h"
#include "io/certificates.h"
#include "model/action.h"
#include "model/local.h"

namespace hactl {

inline constexpr const char* kTestBinDirectory = "/usr/lib/postgresql/15/bin";
/// What a test waits for takes milliseconds; a busy machine gets this long.
inline constexpr Duration kTestDeadline = 20s;

/// A port of 127.0.0.1 that nobody uses now.
std::uint16_t free_port();

class PostgresNode {
 public:
  PostgresNode(const std::string& directory, const PemPair& authority, const std::string& name);
  PostgresNode(const PostgresNode&) = delete;
  PostgresNode& operator=(const PostgresNode&) = delete;
  /// Stops PostgreSQL.
  ~PostgresNode();

  /// Makes the nodes know each other.
  static void introduce(PostgresNode& one, PostgresNode& other);

  Result<ActionOutcome> perform(const Action& action);
  PostgresView observe();

  /// Observes until `fits`, and says whether it did in time.
  bool reaches(const std::function<bool(const PostgresView&)>& fits);

  /// Writes the settings for a role and waits until a running server has loaded them.
  bool configure(const std::function<void(SettingsRole&)>& change);

  /// From nothing to an open primary on `timeline` of epoch 1, prepared.
  bool become_primary(TimelineId timeline);

  /// From nothing to a standby of `primary` that streams in `epoch`.
  bool become_standby_of(PostgresNode& primary, Epoch epoch);

  /// Given a slot at `primary` and attached to it.
  bool attach(PostgresNode& primary, Epoch epoch);

  /// Attached, and `primary` has seen it flush all that there is.
  bool follow(PostgresNode& primary, Epoch epoch);

  /// Runs statements as the superuser; the first field.
  Result<std::string> sql(const std::string& statements) const;

  /// What a client of the application gets on connecting.
  [[nodiscard]] Result<PgSession> connect_as_client() const;

  /// Replaces the door, as a new agent process would.
  void restart_agent();

  [[nodiscard]] Upstream as_upstream(Epoch epoch) const;

  PostgresGoal goal{};
  AgentPaths paths{};
  const NodeName name;
  int exits = 0;  ///< How often the door told that the postmaster has ended.

 private:
  AsioScheduler scheduler_;
  std::unique_ptr<LocalPostgres> door_;
};

}  // namespace hactl
