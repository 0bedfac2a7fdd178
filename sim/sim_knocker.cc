#include "sim/sim_knocker.h"

#include <utility>

#include "model/limits.h"

namespace hactl {

void SimKnocker::knock(const KnockOrder& order, std::function<void(KnockAnswer)> answered) {
  const SimServer* server = cluster_.find(order.host, order.port);
  const bool way = server != nullptr && !network_.cut_up.contains(server->name) &&
                   !network_.cut_down.contains(server->name);
  KnockAnswer answer = KnockAnswer::silent;
  if (way && !server->running()) answer = KnockAnswer::refused;
  if (way && server->running() && !server->frozen()) answer = KnockAnswer::answered;
  const Duration takes = answer == KnockAnswer::silent ? kKnockTime : Duration{cluster_.latency()};
  queue_.at(controller_, queue_.now() + takes,
            [answered = std::move(answered), answer] { answered(answer); });
}

}  // namespace hactl
