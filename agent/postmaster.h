// The postmaster and its processes as the system shows them: found, started, stopped. Blocks: for
// worker threads only.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "converge/postgres_settings.h"
#include "model/action.h"

namespace hactl {

/// How long a start is waited for; a server that replays for longer is left to it.
inline constexpr Duration kStartWait = 10s;
/// An orderly stop becomes a hard one after this long, and a kill after the second.
inline constexpr Duration kFastStopTime = 3s;
/// How long an orderly stop waits for what it can do without.
inline constexpr Duration kExpendableTime = 50ms;
inline constexpr Duration kImmediateStopTime = 2s;
/// How long killed processes are waited for.
inline constexpr Duration kKillTime = 5s;

/// A live postmaster and where it listens, from postmaster.pid.
struct RunningPostmaster {
  pid_t pid = 0;
  std::uint16_t port = 0;  ///< 0: not written yet.
  std::string socket_directory{};
  bool ready = false;     ///< It takes sessions.
  bool stopping = false;  ///< It was told to stop.
};

/// The postmaster of `data_directory`, whoever started it.
std::optional<RunningPostmaster> find_postmaster(const std::string& data_directory);

/// Live processes that work in `directory`.
std::vector<pid_t> processes_in(const std::string& directory);
bool process_works_in(pid_t pid, const std::string& directory);

/// Those of them that run PostgreSQL's server program.
std::vector<pid_t> server_processes(const std::string& data_directory);

/// Ends the WAL receivers of a postmaster, also those that have no connection yet; true when there
/// was none. Errors: unavailable, when a postmaster that runs does not tell its processes.
Result<bool> end_receivers(pid_t postmaster);

/// Makes the process that replays WAL look around at once. Told to be promoted, or to follow
/// somebody else, while a WAL receiver is being started, PostgreSQL 15 forgets it over that
/// receiver's end, and sleeps for wal_retrieve_retry_interval. The signal is that to read the
/// settings anew.
void wake_replay(const std::string& data_directory);

/// Starts the server in a session of its own, its log in the state directory, and waits until
/// `ready` says true or kStartWait has passed. Errors: conflict (processes of a former server still
/// live), unavailable (it ended; the reason from its log).
Result<pid_t> start_postmaster(const std::string& data_directory, const AgentPaths& paths,
                               const std::function<bool()>& ready,
                               const std::atomic<bool>& stopping);

/// How a server is stopped.
struct StopOrder {
  action::Stop::Mode mode = action::Stop::Mode::fast;
  std::vector<pid_t> expendable{};        ///< WAL senders that are waited for only for a moment.
  std::function<bool()> has_shut_down{};  ///< Whether its last checkpoint is written; empty: no.
};

/// Stops the server and waits until none of its processes is left. An orderly stop is over when the
/// last checkpoint is written, and sent and archived as far as that goes on: clients that knock
/// meanwhile are not waited for. Errors: timed_out.
Result<Done> stop_postmaster(const std::string& data_directory, const StopOrder& order);

/// Makes the server read its settings anew; nothing when none runs.
Result<Done> reload_postmaster(const std::string& data_directory);

}  // namespace hactl
