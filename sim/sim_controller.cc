#include "sim/sim_controller.h"

#include <utility>

namespace hactl {

namespace {
constexpr Duration kPollTime{25'000};
constexpr Duration kLoadRetry{500};
}  // namespace

SimController::SimController(const Place& place, const MakeKnocker& make_knocker,
                             FormationName formation, std::uint64_t seed, Written written)
    : scheduler_(place.queue, place.queue.start_process(), place.clock),
      store_(place.queue, place.disk, scheduler_.process(), place.hooks, seed,
             [this](const StoredFormation& stored) { written_(*this, stored); }),
      knocker_(make_knocker(scheduler_.process())),
      loop_(scheduler_, store_, *knocker_, std::move(formation),
            {.goal_changed = [this](const NodeName& node) { answer_poll(node); },
             .looked_at =
                 [this] {
                   if (looked_at_) looked_at_(*this);
                 },
             .forgotten = [] {},
             .store_failed = [](const Error&) {}}),
      written_(std::move(written)) {}

void SimController::start(StoreIs store_is) {
  store_.load([this, store_is](const Result<StoredWorld>& world) {
    if (!world) {
      scheduler_.at(scheduler_.now() + kLoadRetry, [this, store_is] { start(store_is); });
      return;
    }
    for (const StoredFormation& stored : world->formations) {
      if (stored.formation.name == loop_.name()) loop_.adopt(stored, {}, store_is);
    }
    ready_ = true;
  });
}

void SimController::report(NodeReport report, const std::function<void(Result<Done>)>& done) {
  if (!ready_) {
    done(Error{ErrorCode::unavailable, "the controller is starting"});
    return;
  }
  loop_.report_received(std::move(report));
  done(Done{});
}

void SimController::poll(const NodeName& node, const std::string& known, OrderCallback answer) {
  if (!ready_) {
    answer(Error{ErrorCode::unavailable, "the controller is starting"});
    return;
  }
  const TaggedGoal* goal = loop_.goal_for(node);
  if (goal == nullptr) {
    answer(Error{ErrorCode::not_found, "no goal yet"});
    return;
  }
  if (goal->tag != known) {
    answer(std::optional(Transport::Order{goal->goal, goal->tag}));
    return;
  }
  if (const auto old = polls_.find(node); old != polls_.end()) {
    scheduler_.cancel(old->second.timer);
    polls_.erase(old);
  }
  Poll poll{known, std::move(answer), {}};
  poll.timer = scheduler_.at(scheduler_.now() + kPollTime, [this, node] {
    auto found = polls_.extract(node);
    if (!found.empty()) found.mapped().answer(std::optional<Transport::Order>{});
  });
  polls_.insert_or_assign(node, std::move(poll));
}

void SimController::answer_poll(const NodeName& node) {
  const TaggedGoal* goal = loop_.goal_for(node);
  const auto found = polls_.find(node);
  if (found == polls_.end() || goal == nullptr || goal->tag == found->second.known) return;
  scheduler_.cancel(found->second.timer);
  auto taken = polls_.extract(found);
  taken.mapped().answer(std::optional(Transport::Order{goal->goal, goal->tag}));
}

}  // namespace hactl
