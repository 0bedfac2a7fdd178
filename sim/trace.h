// Trace: what happened in a simulated world, line by line, and the first property that was broken.
#pragma once

#include <cstdint>
#include <string>

#include "model/record.h"
#include "sim/sim_scheduler.h"

namespace hactl {

class Trace {
 public:
  /// `print`: each line, to standard output. The queue outlives it.
  Trace(const EventQueue& queue, bool print) : queue_(queue), print_(print) {}

  void note(const std::string& line);
  /// The first violation is kept; the others stand in the trace.
  void violate(const std::string& property, const std::string& what);

  [[nodiscard]] const std::string& violation() const { return violation_; }
  [[nodiscard]] Instant violated_at() const { return violated_at_; }
  /// Of every line so far.
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] Instant now() const { return queue_.now(); }

 private:
  const EventQueue& queue_;
  const bool print_;
  std::string violation_;
  Instant violated_at_;
  std::uint64_t hash_ = 14695981039346656037ULL;
};

/// Where a switchover is to go: a node, a region, "the best".
std::string target_of(const MoveRequest& request);

}  // namespace hactl
