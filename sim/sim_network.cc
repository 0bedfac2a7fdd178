#include "sim/sim_network.h"

#include <utility>

namespace hactl {

namespace {
/// Longer than every timeout of the protocol.
constexpr std::int64_t kSlowMaxMs = 30'000;
constexpr std::int64_t kUsualMaxMs = 20;
constexpr Duration kReportTime{3'000};
constexpr Duration kPollLimit{30'000};
/// Old messages of a node that may come again.
constexpr std::size_t kKept = 8;
}  // namespace

void SimNetwork::heal() {
  cut_up.clear();
  cut_down.clear();
  loss_percent = doubled_percent = slow_percent = replay_percent = 0;
}

SimNetwork::Fate SimNetwork::draw_fate() {
  if (loss_percent > 0 && prng_.chance(loss_percent)) return {true, Duration{0}};
  const std::int64_t longest = prng_.chance(slow_percent) ? kSlowMaxMs : kUsualMaxMs;
  return {false, Duration{prng_.between(0, longest)}};
}

void SimNetwork::hang_up(const NodeName& node) {
  const Fate fate = draw_fate();
  if (fate.lost) return;
  queue_.at(kWorldProcess, queue_.now() + fate.takes, [this, node] {
    if (controller_ == nullptr || is_cut(cut_up, node)) return;
    queue_.post(controller_->process(),
                [controller = controller_, node] { controller->hung_up(node); });
  });
}

void SimNetwork::keep(const NodeName& node, const Transport::Order& order) {
  std::deque<Transport::Order>& kept = orders_[node];
  kept.push_back(order);
  if (kept.size() > kKept) kept.pop_front();
}

void SimNetwork::keep(const NodeReport& report) {
  if (replay_percent == 0) return;
  std::deque<NodeReport>& kept = reports_[report.node];
  kept.push_back(report);
  if (kept.size() > kKept) kept.pop_front();
}

template <typename Message>
std::optional<Message> SimNetwork::draw(const std::map<NodeName, std::deque<Message>>& from,
                                        const NodeName& node) {
  if (replay_percent == 0 || !prng_.chance(replay_percent)) return std::nullopt;
  const auto found = from.find(node);
  if (found == from.end()) return std::nullopt;
  return found->second[static_cast<std::size_t>(
      prng_.between(0, static_cast<std::int64_t>(found->second.size()) - 1))];
}

std::optional<Transport::Order> SimNetwork::old_order(const NodeName& node) {
  return draw(orders_, node);
}

std::optional<NodeReport> SimNetwork::old_report(const NodeName& node) {
  return draw(reports_, node);
}

void SimTransport::carry_up(const std::shared_ptr<const Message>& message) {
  const SimNetwork::Fate fate = network_.draw_fate();
  if (fate.lost) return;
  // The agent may be gone when it arrives: nothing of it is touched but what is captured.
  queue_.at(kWorldProcess, queue_.now() + fate.takes,
            [&queue = queue_, &network = network_, node = node_, message] {
              if (SimNetwork::is_cut(network.cut_up, node)) return;
              SimController* controller = network.controller();
              if (controller == nullptr) {
                message->back(Error{ErrorCode::unavailable, "connection refused"});
                return;
              }
              queue.post(controller->process(),
                         [controller, message] { message->call(*controller, message->back); });
            });
}

std::uint64_t SimTransport::request(Duration timeout, Call call, Answer done) {
  const std::uint64_t id = ++last_request_;
  const TimerId timer = queue_.at(agent_, queue_.now() + timeout, [this, id] {
    answered(id, Error{ErrorCode::timed_out, "the controller does not answer"});
  });
  waiting_.emplace(id, Waiting{std::move(done), timer});
  // The agent may be gone when the answer arrives: only tasks of its process touch `this`.
  const auto back = [&queue = queue_, &network = network_, node = node_, agent = agent_, this,
                     id](const Result<std::optional<Order>>& answer) {
    for (int copies = network.draw_copies(); copies > 0; --copies) {
      const SimNetwork::Fate fate = network.draw_fate();
      if (fate.lost) continue;
      queue.at(agent, queue.now() + fate.takes, [&network, node, this, id, answer] {
        if (!SimNetwork::is_cut(network.cut_down, node)) answered(id, answer);
      });
    }
  };
  const auto message = std::make_shared<const Message>(Message{std::move(call), back});
  for (int copies = network_.draw_copies(); copies > 0; --copies)
    carry_up(message);
  return id;
}

void SimTransport::answered(std::uint64_t id, Result<std::optional<Order>> answer) {
  auto found = waiting_.extract(id);
  if (found.empty()) return;
  queue_.cancel(found.mapped().timeout);
  if (answer && *answer) {
    network_.keep(node_, **answer);
    if (auto old = network_.old_order(node_)) answer = std::move(old);
    if (hooks_.goal) hooks_.goal((*answer)->goal);
    if (ordered_) ordered_((*answer)->goal);
  }
  found.mapped().done(std::move(answer));
}

void SimTransport::send(const NodeReport& report, std::function<void(Result<Done>)> done) {
  NodeReport sent = report;
  if (hooks_.report) hooks_.report(sent);
  network_.keep(sent);
  if (const auto old = network_.old_report(node_)) {
    const auto again = [old](SimController& controller, const Answer& /*answer*/) {
      controller.report(*old, [](const Result<Done>& /*taken*/) {});
    };
    const auto nobody = [](const Result<std::optional<Order>>& /*answer*/) {};
    carry_up(std::make_shared<const Message>(Message{again, nobody}));
  }
  auto call = [sent = std::move(sent)](SimController& controller, const Answer& answer) {
    controller.report(sent, [answer](const Result<Done>& taken) {
      if (taken) {
        answer(std::optional<Order>{});
      } else {
        answer(taken.error());
      }
    });
  };
  request(kReportTime, std::move(call),
          [done = std::move(done)](const Result<std::optional<Order>>& answer) {
            done(answer ? Result<Done>(Done{}) : Result<Done>(answer.error()));
          });
}

void SimTransport::receive(const std::string& known,
                           std::function<void(Result<std::optional<Order>>)> received) {
  auto call = [known, node = node_](SimController& controller, Answer answer) {
    controller.poll(node, known, std::move(answer));
  };
  receiving_ = request(kPollLimit, std::move(call), std::move(received));
}

void SimTransport::stop_receiving() {
  queue_.at(agent_, queue_.now(), [this, id = receiving_] {
    answered(id, Error{ErrorCode::unavailable, "cancelled"});
  });
}

}  // namespace hactl
