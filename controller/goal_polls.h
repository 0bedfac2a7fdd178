// GoalPolls: agents that wait for a goal. A new goal answers them at once.
//
// Used from tasks of the scheduler, which outlives it together with the formations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/scheduler.h"
#include "base/time.h"
#include "controller/formation_set.h"
#include "io/http_server.h"

namespace hactl {

/// How long a poll waits: below the idle limits of common proxies.
inline constexpr Duration kGoalPollFor{25'000};

class GoalPolls {
 public:
  GoalPolls(Scheduler& scheduler, FormationSet& formations);
  GoalPolls(const GoalPolls&) = delete;
  GoalPolls& operator=(const GoalPolls&) = delete;
  ~GoalPolls();

  /// Answers {"goal", "tag"} as soon as the agent's goal is another than the one tagged `known`,
  /// and 204 after kGoalPollFor. An agent's earlier poll is answered 204.
  void wait(const AgentName& agent, std::string known, std::shared_ptr<HttpExchange> exchange);

  /// The agent's goal has changed.
  void goal_changed(const AgentName& agent);

  [[nodiscard]] std::size_t waiting() const { return polls_.size(); }

 private:
  struct Poll {
    std::uint64_t number = 0;
    std::string known;
    // The connection holds the exchange too; either may go first.
    std::shared_ptr<HttpExchange> exchange;
    TimerId timer;
  };

  /// Whether there is something else than `known` to tell, which is then told.
  bool answered(const AgentName& agent, const std::string& known, HttpExchange& exchange);
  void end(const AgentName& agent, std::uint64_t number);
  /// The client has gone: its process has ended, or the way to it.
  void closed(const AgentName& agent, std::uint64_t number);

  Scheduler& scheduler_;
  FormationSet& formations_;
  std::map<AgentName, Poll> polls_;
  std::uint64_t last_number_ = 0;
};

}  // namespace hactl
