// HostRace: tries to connect to every host of a connection string at the same time, again and
// again, until one of them lets us write.
#pragma once

#include <libpq-fe.h>
#include <poll.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace hactl {

/// Hosts in one connection string.
inline constexpr std::size_t kRaceHostsMax = 64;
/// One attempt may take this long: a host that is frozen accepts and then says nothing.
inline constexpr std::chrono::milliseconds kAttemptTime{1'000};
/// Attempts under way at once: more of them only take processors away from the servers.
inline constexpr std::ptrdiff_t kAttemptsAtOnce = 2;
/// Between two attempts on one host: knocking faster keeps the server from getting ready.
inline constexpr std::chrono::milliseconds kAttemptPause{25};
/// A second attempt begins when the first has had no answer for so long: its host may be dead.
inline constexpr std::chrono::milliseconds kAttemptAlone{30};
/// Likewise, after the host let us in but only to read, or said that it stops.
inline constexpr std::chrono::milliseconds kOtherRolePause{250};

using SteadyTime = std::chrono::steady_clock::time_point;

struct ConnectionCloser {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, ConnectionCloser>;

/// For one thread.
class HostRace {
 public:
  /// Errors: invalid, when the connection string cannot be read.
  static Result<HostRace> create(const std::string& conninfo);

  /// Moves every attempt on, waiting at most `limit` for something to happen. Yields the first
  /// connection that can write, with its host's number; the other attempts are then given up.
  struct Winner {
    Connection connection{};
    std::size_t host = 0;
  };
  Winner step(std::chrono::milliseconds limit);

  /// Leaves one host out: the one whose answer is still awaited. kRaceHostsMax: none.
  void leave_out(std::size_t host) { left_out_ = host; }

  /// Leaves a host alone for a moment: it has said that it stops.
  void rest(std::size_t host);

  /// Tries only that host; kRaceHostsMax: all.
  void use_only(std::size_t host) { only_ = host; }

  /// The number of a host as the connection string names it. Errors: not_found.
  [[nodiscard]] Result<std::size_t> number_of(const std::string& host) const;

  /// As the connection string names it; "-" when there is no such number.
  [[nodiscard]] const std::string& name_of(std::size_t host) const;

  /// Gives up every attempt.
  void stop();

 private:
  struct Attempt {
    std::string host{};
    std::string port{};
    Connection connection{};
    PostgresPollingStatusType wants = PGRES_POLLING_WRITING;
    SteadyTime deadline{};  ///< Of the attempt, or the start of the next one.
  };

  void begin(Attempt& attempt) const;
  void begin_due();
  void fail(Attempt& attempt) const;

  std::vector<std::string> keywords_{};
  std::vector<std::string> values_{};
  std::vector<Attempt> attempts_{};
  std::size_t left_out_ = kRaceHostsMax;
  std::size_t only_ = kRaceHostsMax;
};

}  // namespace hactl
