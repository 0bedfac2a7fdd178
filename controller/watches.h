// Watches: streams of changes, as JSON lines {"type", "object"}. Each stream knows the last change
// that it was told; a round compares that with what is shown now, so that no change can be missed.
//
// Used from tasks of the scheduler, which outlives it together with the formations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/scheduler.h"
#include "base/time.h"
#include "controller/answers.h"
#include "controller/formation_set.h"
#include "controller/shown.h"
#include "io/http_server.h"
#include "model/ids.h"

namespace hactl {

/// Streams at one time.
inline constexpr std::size_t kWatchesMax = 128;
/// Least time between two rounds: changes that come faster are told together.
inline constexpr Duration kWatchRoundEvery{100};
/// Between two bookmarks, which also show that the stream is alive.
inline constexpr Duration kBookmarkEvery{10'000};

/// What a stream is about.
struct WatchSubject {
  enum class Kind { formations, nodes, events };
  Kind kind = Kind::formations;
  std::optional<FormationName> formation;  ///< Unset: all of them.
  std::optional<NodeName> node;            ///< Unset: all of them.
};

class Watches {
 public:
  Watches(Scheduler& scheduler, FormationSet& formations);
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;
  ~Watches();

  /// After FormationSet::start().
  void start();

  /// Begins a stream after `position`; unset: with everything that there is, as ADDED. A position
  /// that is too old gets an ERROR (410, Expired) and the end of the stream.
  void watch(const WatchSubject& subject, std::optional<ResourceVersion> position,
             std::shared_ptr<HttpExchange> exchange);

  /// Something about the formation may have changed.
  void looked_at(const FormationName& name);
  void forgotten(const FormationName& name);

  /// The formation, or the node, as it is shown now. Requires that the formation exists.
  [[nodiscard]] nlohmann::json formation_now(const FormationLoop& loop);
  [[nodiscard]] std::vector<nlohmann::json> nodes_now(const FormationLoop& loop);
  /// nullopt when the formation has no such node.
  [[nodiscard]] std::optional<nlohmann::json> node_now(const FormationLoop& loop,
                                                       const NodeName& node);
  /// Where a list that was made now stands.
  [[nodiscard]] ResourceVersion position() const;

  [[nodiscard]] std::size_t streams() const { return streams_.size(); }

 private:
  struct Stream {
    WatchSubject subject;
    // The connection holds the exchange too; either may go first.
    std::shared_ptr<HttpExchange> exchange;
    std::uint64_t change = 0;
    std::uint64_t event = 0;
  };

  void round();
  void bookmark();
  void refresh_dirty();
  /// Tells every stream what is new, then does `then`; drops those whose client has gone.
  void tell_all(const std::function<bool(Stream&)>& then);
  /// False when the client has gone.
  bool tell(Stream& stream);
  bool tell_objects(Stream& stream);
  bool tell_events(Stream& stream);
  [[nodiscard]] bool events_kept_since(const WatchSubject& subject, std::uint64_t version);
  [[nodiscard]] std::uint64_t event_at(const std::optional<ResourceVersion>& position) const;

  Scheduler& scheduler_;
  FormationSet& formations_;
  std::unique_ptr<Shown> shown_;
  std::map<std::uint64_t, Stream> streams_;
  std::set<FormationName> dirty_;
  std::uint64_t last_number_ = 0;
  Instant last_round_;
  std::optional<TimerId> round_timer_;
  TimerId bookmark_timer_;
};

}  // namespace hactl
