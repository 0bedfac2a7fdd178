// Writer: a client that writes one row after another and never gives up, to see how long a
// formation keeps its clients from writing and whether it forgets anything that it has
// acknowledged.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/host_race.h"

namespace hactl {

/// Between the beginnings of two writes.
inline constexpr std::chrono::milliseconds kWriteEvery{5};
/// Silence after which other hosts are tried while an answer is still awaited.
inline constexpr std::chrono::milliseconds kAnswerPatience{300};
/// Rows that one run may write; a day and a half at full speed.
inline constexpr std::size_t kRowsMax = std::size_t{1} << 25U;

/// An acknowledged row.
struct Acknowledged {
  std::int64_t id = 0;
  SteadyTime at{};
};

/// A time without an acknowledgement.
struct Gap {
  SteadyTime from{};
  SteadyTime to{};
  [[nodiscard]] std::chrono::microseconds length() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(to - from);
  }
};

struct WriterOptions {
  std::string conninfo{};               ///< Names every host.
  std::string table = "hactl_traffic";  ///< Made when it is not there.
  std::string only{};  ///< The one host that is written to; empty: whoever lets us.
  /// A file that gets a line a write, tab-separated: id, "ack", "refused" or "unknown" (rows whose
  /// fate is indeterminate), when it was sent and when that became known, both in microseconds
  /// since 1970, and the host. Empty: none.
  std::string ledger{};
};

/// run() in one thread; stop() from any; the rest after run() has returned.
class Writer {
 public:
  /// Errors: invalid; unavailable when the ledger can't be written.
  static Result<Writer> create(const WriterOptions& options);

  Writer(Writer&& other) noexcept;

  /// Writes until stop(), or for `duration`.
  void run(std::optional<std::chrono::milliseconds> duration);

  /// Ends run() soon. Thread-safe, also in a signal handler.
  void stop() { stopping_ = true; }

  /// Acknowledgements so far. Thread-safe.
  [[nodiscard]] std::size_t acknowledged_count() const { return acknowledged_count_; }

  /// Rows sent, whatever came of them.
  [[nodiscard]] std::size_t sent() const { return sent_; }
  [[nodiscard]] const std::vector<Acknowledged>& acknowledged() const { return acknowledged_; }
  /// Rows whose fate is unknown: the connection broke, or the answer came with a warning.
  [[nodiscard]] std::size_t indeterminate() const { return indeterminate_; }
  /// What the last refused write or connection said; empty: nothing.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

  /// The longest time between two acknowledgements, the end of the run counting as one; of those
  /// that overlap `window` only when it is given.
  [[nodiscard]] Gap longest_gap(std::optional<Gap> window = std::nullopt) const;

  /// The acknowledged rows that the primary does not have, read within `limit`. Errors: timed_out.
  Result<std::vector<std::int64_t>> lost(std::chrono::milliseconds limit);

 private:
  enum class Answer { acknowledged, refused, indeterminate };

  Writer(HostRace race, std::string table) : race_(std::move(race)), table_(std::move(table)) {}

  bool connect(SteadyTime deadline);
  bool prepare();
  Answer write_row(SteadyTime deadline);
  Answer await_answer(SteadyTime deadline);
  Answer take_results();
  void note(Answer answer, std::chrono::system_clock::time_point sent);
  static void notice_received(void* writer, const PGresult* notice);

  HostRace race_;
  std::string table_;
  std::ofstream ledger_{};
  Connection connection_{};
  std::size_t host_ = kRaceHostsMax;
  std::size_t sent_to_ = kRaceHostsMax;  ///< The host of the row under way.
  bool warned_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> acknowledged_count_ = 0;
  std::int64_t next_id_ = 0;  ///< 0: not known yet.
  std::size_t sent_ = 0;
  std::size_t indeterminate_ = 0;
  std::vector<Acknowledged> acknowledged_{};
  SteadyTime started_{};
  SteadyTime ended_{};
  std::string last_error_{};
};

}  // namespace hactl
