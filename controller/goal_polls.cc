#include "controller/goal_polls.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "codec/messages.h"
#include "controller/answers.h"

namespace hactl {
namespace {
constexpr int kNoContent = 204;
}  // namespace

GoalPolls::GoalPolls(Scheduler& scheduler, FormationSet& formations)
    : scheduler_(scheduler), formations_(formations) {}

GoalPolls::~GoalPolls() {
  for (const auto& [agent, poll] : polls_) {
    scheduler_.cancel(poll.timer);
  }
}

bool GoalPolls::answered(const AgentName& agent, const std::string& known, HttpExchange& exchange) {
  const FormationLoop* loop = formations_.find(agent.first);
  const TaggedGoal* goal = loop == nullptr ? nullptr : loop->goal_for(agent.second);
  if (goal == nullptr || goal->tag == known) return false;
  exchange.respond(
      json_response(200, nlohmann::json{{"goal", to_json(goal->goal)}, {"tag", goal->tag}}));
  return true;
}

void GoalPolls::wait(const AgentName& agent, std::string known,
                     std::shared_ptr<HttpExchange> exchange) {
  const auto earlier = polls_.find(agent);
  if (earlier != polls_.end()) end(agent, earlier->second.number);
  if (answered(agent, known, *exchange)) return;
  const std::uint64_t number = ++last_number_;
  exchange->on_closed([this, agent, number] { closed(agent, number); });
  const TimerId timer =
      scheduler_.at(scheduler_.now() + kGoalPollFor, [this, agent, number] { end(agent, number); });
  polls_.emplace(agent, Poll{number, std::move(known), std::move(exchange), timer});
}

void GoalPolls::closed(const AgentName& agent, std::uint64_t number) {
  const auto found = polls_.find(agent);
  const bool waiting = found != polls_.end() && found->second.number == number;
  end(agent, number);
  if (waiting) formations_.hung_up(agent);
}

void GoalPolls::end(const AgentName& agent, std::uint64_t number) {
  const auto found = polls_.find(agent);
  if (found == polls_.end() || found->second.number != number) return;
  const Poll poll = std::move(found->second);
  polls_.erase(found);
  scheduler_.cancel(poll.timer);
  if (poll.exchange->closed()) return;
  HttpResponse nothing_new;
  nothing_new.status = kNoContent;
  poll.exchange->respond(std::move(nothing_new));
}

void GoalPolls::goal_changed(const AgentName& agent) {
  const auto found = polls_.find(agent);
  if (found == polls_.end() || !answered(agent, found->second.known, *found->second.exchange)) {
    return;
  }
  scheduler_.cancel(found->second.timer);
  polls_.erase(found);
}

}  // namespace hactl
