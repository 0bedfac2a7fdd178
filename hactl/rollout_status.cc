#include <chrono>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "hactl/duration_text.h"
#include "hactl/rollout.h"
#include "hactl/verbs.h"
#include "hactl/waiting.h"

namespace hactl {
namespace {

using Clock = std::chrono::steady_clock;

// How the rollout of the spec that was applied last stands.
struct Progress {
  enum class State { under_way, blocked, done };
  State state = State::under_way;
  std::string line{};
};

std::string waiting_line(const std::string& name, const std::string& what) {
  return fmt::format("Waiting for formation \"{}\" rollout to finish: {}...", name, what);
}

Progress progress_of(const FormationItem& item) {
  const std::string& name = item.formation.name.value;
  const auto message = [&](std::string_view type) {
    const Condition* condition = find_condition(item.status.conditions, type);
    return condition == nullptr ? std::string() : condition->message;
  };
  const Condition* paused = find_condition(item.status.conditions, "Paused");
  const bool observed = item.status.observed_generation >= item.generation;
  if (!observed && paused != nullptr) {
    return {Progress::State::under_way, waiting_line(name, "paused: " + paused->message)};
  }
  if (!observed) {
    return {Progress::State::under_way,
            fmt::format("Waiting for formation \"{}\" spec update to be observed...", name)};
  }
  if (condition_is(item, "Converged", ConditionStatus::yes)) {
    return {Progress::State::done, fmt::format("formation \"{}\" successfully rolled out", name)};
  }
  const Condition* progressing = find_condition(item.status.conditions, "Progressing");
  if (progressing != nullptr && progressing->reason == "Blocked") {
    return {Progress::State::blocked, waiting_line(name, "blocked: " + message("Converged"))};
  }
  return {Progress::State::under_way, waiting_line(name, message("Converged"))};
}

// One formation that is watched.
class Watch {
 public:
  Watch(Terminal& terminal, const RolloutStatusOptions& options)
      : terminal_(terminal), options_(options) {}

  /// Whether there is no more to wait for.
  bool look(const FormationItem* item) {
    if (item == nullptr) return false;  // Then the wait itself says that there is none.
    if (options_.revision != 0 && item->generation.value != options_.revision) {
      error_ = local_error(
          fmt::format("desired revision ({}) is different from the running revision ({})",
                      options_.revision, item->generation.value));
      return true;
    }
    const Progress progress = progress_of(*item);
    if (progress.line != said_) terminal_.out() << progress.line << std::endl;
    said_ = progress.line;
    done_ = progress.state == Progress::State::done;
    if (progress.state != Progress::State::blocked) {
      blocked_since_.reset();
      return done_ || options_.watch == Waiting::no;
    }
    if (!blocked_since_) blocked_since_ = Clock::now();
    const bool stays = Clock::now() - *blocked_since_ >= kBlockedPatience;
    if (!stays && options_.watch == Waiting::yes) return false;
    error_ = blocked(item->formation.name.value);
    return true;
  }

  [[nodiscard]] std::optional<Error> outcome(const std::string& name) const {
    if (error_ || done_ || options_.watch == Waiting::no) return error_;
    if (blocked_since_) return blocked(name);
    return Error{ErrorCode::timed_out,
                 fmt::format("error: timed out waiting for the condition on formations/{}", name)};
  }

 private:
  static Error blocked(const std::string& name) {
    return Error{ErrorCode::timed_out,
                 fmt::format("error: formation \"{}\" is blocked: nothing will happen before "
                             "something outside changes (`hactl why formation {}`)",
                             name, name)};
  }

  Terminal& terminal_;
  const RolloutStatusOptions& options_;
  std::string said_{};
  bool done_ = false;
  std::optional<Clock::time_point> blocked_since_{};
  std::optional<Error> error_{};
};

}  // namespace

Result<int> run_rollout_status(Session& session, const RolloutStatusOptions& options) {
  // As for kubectl, no limit unless one is given.
  const Duration timeout = options.timeout.count() == 0 ? kDurationMax : options.timeout;
  return for_each_formation(
      session, options.targets, [&](Api& api, const std::string& name) -> Result<Done> {
        Watch watch(session.terminal(), options);
        const Result<bool> ended = wait_for_formation(
            api, name, timeout, [&](const FormationItem* item) { return watch.look(item); });
        if (!ended.ok()) return ended.error();
        if (const std::optional<Error> error = watch.outcome(name)) return *error;
        return Done{};
      });
}

}  // namespace hactl
