// Store: what survives the controller. Every write is a compare-and-swap on a version; nothing is
// told to anybody before it is in here. Real: controller/sqlite_store; simulated: sim/.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/decided.h"
#include "model/record.h"
#include "model/spec.h"
#include "model/status.h"

namespace hactl {

/// A spec that is carried out although a newer one was applied.
struct HeldSpec {
  FormationSpec spec;
  Generation generation;
  friend bool operator==(const HeldSpec&, const HeldSpec&) = default;
};

/// One formation as it is stored.
struct StoredFormation {
  Formation formation;
  Generation generation;  ///< Of formation.spec; starts at 1.
  /// Set while the rollout is paused: what is carried out, whatever is applied meanwhile.
  std::optional<HeldSpec> held{};
  FormationRecord record;
  std::string uid;
  UtcTime created;
  std::optional<UtcTime> deleting_since;
  std::string password;  ///< Of the application's role. Secret: never shown, never logged.
  std::vector<Condition> conditions;  ///< As last shown; for their last transitions.
  /// Version of this object in the store: the store's counter at its last write. Set by the store.
  std::uint64_t version = 0;

  /// What is carried out now, and its generation.
  [[nodiscard]] const FormationSpec& spec_in_force() const {
    return held ? held->spec : formation.spec;
  }
  [[nodiscard]] Generation generation_in_force() const {
    return held ? held->generation : generation;
  }
};

/// A formation as it was applied once, kept to be looked at and put back.
struct SpecRevision {
  Generation generation;          ///< That its spec got: the revision's number.
  std::optional<UtcTime> time{};  ///< Unset: it was applied before revisions were kept.
  Formation formation;
};

/// What a controller starts from.
struct StoredWorld {
  std::vector<StoredFormation> formations;
  std::vector<std::pair<FormationName, Event>> events;  ///< Oldest first; at most kEventsMax each.
  std::uint64_t version = 0;                            ///< The store's counter.
};

/// What is said of the store when the controller starts.
enum class StoreIs { as_it_was, put_back };

class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  struct Write {
    StoredFormation formation;
    std::uint64_t expected_version = 0;  ///< 0: it must not exist.
    std::vector<Event> events;           ///< Appended in the same transaction.
    /// What the events came of, to be kept with them: the last kDecisionsMax of a formation.
    std::optional<Decided> decided{};
    /// The formation as applied by this write, to be kept: the last kRevisionsMax. One with the
    /// same spec gives way to it; one of the same generation also gives it its time.
    std::optional<SpecRevision> revision{};
    bool remove = false;  ///< Forget the formation and its events instead.
  };

  virtual void load(std::function<void(Result<StoredWorld>)> loaded) = 0;

  /// Answers with the formation's new version once the write is durable; `conflict` when the stored
  /// version is not the expected one, and nothing was written. `timed_out`: the outcome is unknown.
  virtual void write(const Write& write, std::function<void(Result<std::uint64_t>)> written) = 0;

  /// The `decided` of the write that got `version`, as codec/decided_json writes it. `not_found`
  /// when it brought none, or it is not kept any more. A store that keeps none says so of all.
  virtual void decided(const FormationName& formation, std::uint64_t version,
                       std::function<void(Result<std::string>)> found);

  /// The revisions that are kept, oldest first; the last one is the present spec. A store that
  /// keeps none has none to show.
  virtual void revisions(const FormationName& formation,
                         std::function<void(Result<std::vector<SpecRevision>>)> found);
};

}  // namespace hactl
