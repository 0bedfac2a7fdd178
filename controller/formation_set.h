// FormationSet: every formation's loop, and every agent that was heard from, also before its
// formation exists.
//
// Used from tasks of the scheduler, which outlives it together with the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/scheduler.h"
#include "base/time.h"
#include "controller/formation_loop.h"
#include "controller/store.h"
#include "model/ids.h"
#include "model/report.h"

namespace hactl {

/// Agents whose last report is kept. One is some kilobytes.
inline constexpr std::size_t kAgentsMax = 1'024;
/// After this silence an agent gives way to another, when there are too many.
inline constexpr Duration kAgentForgottenAfter{60'000};

/// An agent's last word.
struct HeardAgent {
  NodeReport report;
  Instant received_at;
};

using AgentName = std::pair<FormationName, NodeName>;

class FormationSet {
 public:
  /// Whom it tells; see FormationLoop::Callbacks.
  struct Listener {
    std::function<void(const FormationName&, const NodeName&)> goal_changed;
    std::function<void(const FormationName&)> looked_at;
    std::function<void(const FormationName&)> forgotten;
    std::function<void(const FormationName&, const Error&)> store_failed;
  };

  FormationSet(Scheduler& scheduler, Store& store, Knocker& knocker, Listener listener);
  FormationSet(const FormationSet&) = delete;
  FormationSet& operator=(const FormationSet&) = delete;
  ~FormationSet();

  /// Goes on where the store left off. Called once, before anything else.
  void start(StoredWorld world, StoreIs store_is = StoreIs::as_it_was);

  /// The loop of a formation that exists; nullptr when it does not.
  [[nodiscard]] FormationLoop* find(const FormationName& name);
  /// The loops of those that exist, by name.
  [[nodiscard]] std::vector<FormationLoop*> all();

  /// FormationLoop::apply(), for a formation that may be new. Errors also: unavailable when there
  /// are kFormationsMax.
  void apply(ApplyRequest request, FormationLoop::ChangeCallback callback);

  /// Errors: unavailable when there are too many agents.
  Result<Done> report_received(NodeReport report);

  /// The agent's connection was closed from its side.
  void hung_up(const AgentName& agent);

  [[nodiscard]] const std::map<AgentName, HeardAgent>& agents() const { return agents_; }

  /// The highest version of the store that is known.
  [[nodiscard]] std::uint64_t version() const;
  /// The version that it started from.
  [[nodiscard]] std::uint64_t started_version() const { return started_version_; }
  [[nodiscard]] std::uint64_t writes() const { return writes_gone_ + sum(&FormationLoop::writes); }

 private:
  FormationLoop& make(const FormationName& name);
  void hand_over_reports(FormationLoop& loop);
  void forget_later(const FormationName& name);
  [[nodiscard]] std::uint64_t sum(std::uint64_t (FormationLoop::*count)() const) const;

  Scheduler& scheduler_;
  Store& store_;
  Knocker& knocker_;
  const Listener listener_;
  std::map<FormationName, std::unique_ptr<FormationLoop>> loops_;
  std::map<AgentName, HeardAgent> agents_;
  std::uint64_t started_version_ = 0;
  std::uint64_t version_gone_ = 0;  ///< The highest of the loops that were destroyed.
  std::uint64_t writes_gone_ = 0;
  // Tasks look whether the set still lives.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace hactl
