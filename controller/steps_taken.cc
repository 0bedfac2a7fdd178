#include "controller/steps_taken.h"

#include <algorithm>
#include <utility>

namespace hactl {
namespace {

/// Whether the decision begins a step. Others go on with the one that the phase is of.
bool begins(Phase before, Phase after) {
  if (before == Phase::stable || before == Phase::bootstrap) return true;
  return after != before && (after == Phase::switchover || after == Phase::collect);
}

bool is_in(const std::vector<PreviewStep>& steps, const PreviewStep& step) {
  return std::ranges::find(steps, step.title, &PreviewStep::title) != steps.end();
}

bool are_among(const std::vector<NodeName>& nodes, const std::set<NodeName>& all) {
  return std::ranges::all_of(nodes, [&](const NodeName& node) { return all.contains(node); });
}

}  // namespace

void StepsTaken::decided(Phase before, Phase after, const std::vector<Event>& events) {
  // A step that another one overtakes, as a failover does a move, has not been taken.
  if (begins(before, after) && !events.empty()) deciding_ = events.front().message;
  if (after == Phase::stable && deciding_) take(*std::exchange(deciding_, std::nullopt));
}

void StepsTaken::foreseen(std::vector<PreviewStep> steps, Generation generation,
                          const Restarts& restarts) {
  std::vector<PreviewStep> under_way;
  for (PreviewStep& step : foreseen_) {
    // A restart makes no decision, and a preview leaves out what a node has been told already.
    const bool restart = step.kind == StepKind::restart && generation == generation_;
    if (!restart || is_in(steps, step)) continue;
    if (are_among(step.restarts, restarts.done)) {
      take(std::move(step.title));
    } else if (are_among(step.restarts, restarts.ordered)) {
      under_way.push_back(std::move(step));
    }
  }
  // The phase's own step goes on first, under the name that it began with.
  const bool goes_on = deciding_ && !steps.empty();
  if (goes_on) steps.erase(steps.begin());
  steps.insert(steps.begin(), std::make_move_iterator(under_way.begin()),
               std::make_move_iterator(under_way.end()));
  foreseen_ = std::move(steps);
  generation_ = generation;
}

std::vector<std::string> StepsTaken::to_come() const {
  std::vector<std::string> titles;
  if (deciding_) titles.push_back(*deciding_);
  for (const PreviewStep& step : foreseen_) {
    titles.push_back(step.title);
  }
  return titles;
}

void StepsTaken::take(std::string title) {
  done_.push_back(std::move(title));
  if (done_.size() > kStepsTakenMax) done_.erase(done_.begin());
}

}  // namespace hactl
