// Shown: formations and nodes as users were last shown them, and in which order they changed. What
// only moves on (LSNs, lags, times) is no change.
//
// Used from tasks of the scheduler; a plain value but for that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "controller/answers.h"
#include "controller/formation_loop.h"
#include "model/ids.h"

namespace hactl {

/// Removed objects that watches can still be told of.
inline constexpr std::size_t kRemovedKeptMax = 256;

/// What can be watched beside events.
enum class ShownKind { formation, node };

/// What of an object must differ for a reader to be told.
nlohmann::json comparable_of(ShownKind kind, nlohmann::json object);

/// A formation or a node.
struct ShownKey {
  ShownKind kind = ShownKind::formation;
  FormationName formation;
  NodeName node;
  friend auto operator<=>(const ShownKey&, const ShownKey&) = default;
};

struct ShownObject {
  nlohmann::json object;      ///< As it was when last refreshed; of a removed one the last state.
  nlohmann::json comparable;  ///< Without what only moves on.
  std::uint64_t first_change = 0;  ///< The change that made it.
  std::uint64_t change = 0;        ///< The last one.
};

class Shown {
 public:
  /// Changes are counted from `first_change` on: more than any earlier life of the controller has
  /// counted, so that positions of another life are recognised. `version`: of the store, at start.
  Shown(std::uint64_t first_change, std::uint64_t version);

  /// The same as refresh(), for a formation that was there before this life of the controller.
  void adopt(const FormationLoop& loop);
  /// Looks at the formation and its nodes.
  void refresh(const FormationLoop& loop);
  /// The formation is gone.
  void remove(const FormationName& name);

  [[nodiscard]] const std::map<ShownKey, ShownObject>& objects() const { return objects_; }
  [[nodiscard]] const std::deque<std::pair<ShownKey, ShownObject>>& removed() const {
    return removed_;
  }
  /// nullptr when there is none.
  [[nodiscard]] const ShownObject* find(const ShownKey& key) const;

  /// Number of the last change.
  [[nodiscard]] std::uint64_t last_change() const { return last_change_; }
  /// Whether everything that changed or went since `position` can still be told.
  [[nodiscard]] bool can_resume(const ResourceVersion& position) const;
  /// The change after which a reader who knows `position` goes on.
  [[nodiscard]] std::uint64_t change_at(const ResourceVersion& position) const;

 private:
  void put(const ShownKey& key, nlohmann::json object);
  void drop(const ShownKey& key);

  std::uint64_t first_change_ = 0;
  std::uint64_t first_version_ = 0;
  std::uint64_t last_change_ = 0;
  std::uint64_t forgotten_change_ = 0;  ///< Of the last removal that is not kept any more.
  std::map<ShownKey, ShownObject> objects_;
  std::deque<std::pair<ShownKey, ShownObject>> removed_;
};

}  // namespace hactl
