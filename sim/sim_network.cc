#include "sim/sim_network.h"

#include <utility>

namespace hactl {

namespace {
/// Longer than every timeout of the protocol.
constexpr std::int64_t kSlowMaxMs = 30'000;
constexpr std::int64_t kUsualMaxMs = 20;
constexpr Duration kReportTime{3'000};
constexpr Duration kPollLimit{30'000};
}  // namespace

void SimNetwork::carry(const std::set<NodeName>& cut, const NodeName& node,
                       std::function<void()> task) {
  const int copies = prng_.chance(doubled_percent) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    if (prng_.chance(loss_percent)) continue;
    const std::int64_t longest = prng_.chance(slow_percent) ? kSlowMaxMs : kUsualMaxMs;
    queue_.at(kWorldProcess, queue_.now() + Duration{prng_.between(0, longest)},
              [&cut, node, task] {
                if (!cut.contains(node)) task();
              });
  }
}

void SimNetwork::hang_up(const NodeName& node) {
  queue_.at(kWorldProcess, queue_.now() + Duration{prng_.between(0, kUsualMaxMs)}, [this, node] {
    if (controller_ == nullptr || cut_up.contains(node)) return;
    queue_.post(controller_->process(),
                [controller = controller_, node] { controller->hung_up(node); });
  });
}

void SimTransport::request(Duration timeout, const Call& call, Answer done) {
  const std::uint64_t id = ++last_request_;
  waiting_.emplace(id, std::move(done));
  queue_.at(agent_, queue_.now() + timeout, [this, id] {
    answered(id, Error{ErrorCode::timed_out, "the controller does not answer"});
  });
  // The agent may be gone when the answer arrives: only tasks of its process touch `this`.
  const auto back = [&queue = queue_, &network = network_, node = node_, agent = agent_, this,
                     id](const Result<std::optional<Order>>& answer) {
    network.carry(network.cut_down, node, [&queue, agent, this, id, answer] {
      queue.post(agent, [this, id, answer] { answered(id, answer); });
    });
  };
  network_.carry(network_.cut_up, node_, [&queue = queue_, &network = network_, call, back] {
    SimController* controller = network.controller();
    if (controller == nullptr) {
      back(Error{ErrorCode::unavailable, "connection refused"});
      return;
    }
    queue.post(controller->process(), [controller, call, back] { call(*controller, back); });
  });
}

void SimTransport::answered(std::uint64_t id, Result<std::optional<Order>> answer) {
  auto found = waiting_.extract(id);
  if (found.empty()) return;
  if (answer && *answer && hooks_.goal) hooks_.goal((*answer)->goal);
  found.mapped()(std::move(answer));
}

void SimTransport::send(const NodeReport& report, std::function<void(Result<Done>)> done) {
  NodeReport sent = report;
  if (hooks_.report) hooks_.report(sent);
  const auto call = [sent](SimController& controller, const Answer& answer) {
    controller.report(sent, [answer](const Result<Done>& taken) {
      if (taken) {
        answer(std::optional<Order>{});
      } else {
        answer(taken.error());
      }
    });
  };
  request(kReportTime, call, [done = std::move(done)](const Result<std::optional<Order>>& answer) {
    done(answer ? Result<Done>(Done{}) : Result<Done>(answer.error()));
  });
}

void SimTransport::receive(const std::string& known,
                           std::function<void(Result<std::optional<Order>>)> received) {
  const auto call = [known, node = node_](SimController& controller, Answer answer) {
    controller.poll(node, known, std::move(answer));
  };
  request(kPollLimit, call, std::move(received));
}

}  // namespace hactl
