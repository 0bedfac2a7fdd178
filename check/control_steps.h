// ControlSteps: what the controller may do with what it knows: the real plan(), for every way in
// which time may have passed and nodes may have fallen silent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/observed.h"

#include "check/catalog.h"
#include "check/scope.h"
#include "check/steps.h"

namespace hactl::check {

/// The store and the published goals after the controller has looked at everything once.
struct ControlStep {
  Id stored = 0;
  std::array<Id, kNodes> goals{kNoId, kNoId, kNoId};  ///< kNoId: nothing is published.
  Id words = 0;
  Id broken = kNoId;
  Manner manner = Manner::prompt;
  unsigned silent = 0;         ///< A bit for each node of which nothing has been heard lately.
  std::uint8_t epoch = 0;      ///< With `candidate`: whom the record says to promote in it.
  std::uint8_t candidate = 0;  ///< Node + 1; 0: nobody.
  bool beyond = false;         ///< It leads beyond the scope.
  bool waived = false;         ///< The record accepts that commits of before `epoch` may be lost.
};

/// Of a formation that is being made.
inline constexpr std::uint64_t kConfigsMax = 100;

class ControlSteps {
 public:
  ControlSteps(Catalog& catalog, const Scope& scope) : catalog_(catalog), scope_(scope) {}

  const std::vector<ControlStep>& of(Id stored, const std::array<Id, kNodes>& reports);

  /// From now on, `beginning` is where the scope's ballots and settings are counted from.
  void begin_at(const FormationRecord& beginning);

  /// The store after edit `number` of the scope; kNoId: it can't be carried out now.
  Id edited(Id stored, std::size_t number);

  /// Equal for goals of which only the revision differs: such a one is not published again.
  std::uint32_t order_of(Id goal);

 private:
  struct Input {
    Id stored = 0;
    std::array<Id, kNodes> reports{};
    friend bool operator==(const Input&, const Input&) = default;
    friend std::uint64_t fingerprint(const Input& input) {
      std::uint64_t hash = mix(7, input.stored);
      for (const Id report : input.reports)
        hash = mix(hash, report);
      return hash;
    }
  };
  enum class Waits { not_over, over };

  std::vector<ControlStep> work_out(const Input& input);
  std::optional<ControlStep> look(const Input& input, unsigned silent, Waits waits);
  [[nodiscard]] Observed observed(const Input& input, unsigned silent, Waits waits) const;
  [[nodiscard]] bool within(const FormationRecord& record) const;

  Catalog& catalog_;
  const Scope& scope_;
  Interner<Input> inputs_;
  std::vector<std::vector<ControlStep>> known_;
  Interner<Goal> orders_;
  std::vector<Id> order_of_;
  Epoch epoch_max_{kEpochsMax - 1};
  ConfigGeneration config_max_{kConfigsMax};
};

}  // namespace hactl::check
