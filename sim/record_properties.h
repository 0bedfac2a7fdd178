// RecordProperties: the controllers' decisions by themselves: numbers go forward (I12), settings
// are few and of the right epochs (I7), a promotion is ordered with every word that it needs (I8),
// one node leads in an epoch (I14), who was let go counts for nothing (I13), and a ballot is begun
// only when it can end (I14).
#pragma once

#include <map>
#include <optional>
#include <set>

#include "model/observed.h"
#include "model/plan.h"
#include "model/record.h"
#include "sim/trace.h"

namespace hactl {

class RecordProperties {
 public:
  explicit RecordProperties(Trace& trace) : trace_(trace) {}

  /// `observed` and `now` are those of the controller that wrote it.
  void record_written(const FormationRecord& record, const Observed& observed, Instant now);
  void planned(const Plan& plan);
  /// The store is an older copy of itself: numbers start from there.
  void store_restored();

  [[nodiscard]] int failovers() const { return failovers_; }
  /// Ballots that were begun because another one, or a switchover, came to nothing.
  [[nodiscard]] int ballots_repeated() const { return ballots_repeated_; }

 private:
  void check_numbers(const FormationRecord& record);
  void check_settings(const FormationRecord& record);
  void check_promotion(const FormationRecord& record);
  void check_dropped(const FormationRecord& record);
  void check_ballot(const FormationRecord& record, const Observed& observed, Instant now);

  Trace& trace_;
  std::optional<FormationRecord> last_;
  std::map<Epoch, NodeName> candidates_;
  std::map<Epoch, NodeName> leaders_;
  int failovers_ = 0;
  int ballots_repeated_ = 0;
};

}  // namespace hactl
