// MemoryStore: a Store that fails, forgets to answer or waits as a test says.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/scheduler.h"
#include "controller/event_number.h"
#include "controller/store.h"

namespace hactl {

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(Scheduler& scheduler) : scheduler_(scheduler) {}

  void load(std::function<void(Result<StoredWorld>)> loaded) override {
    ++loads;
    if (load_error) return post_answer<StoredWorld>(loaded, *load_error);
    StoredWorld world;
    world.version = version;
    for (const auto& [name, stored] : formations) {
      world.formations.push_back(stored);
    }
    post_answer<StoredWorld>(loaded, world);
  }

  void write(const Write& write, std::function<void(Result<std::uint64_t>)> written) override {
    ++attempts;
    if (holding) {
      held.emplace_back(write, std::move(written));
      return;
    }
    if (write_error) return post_answer<std::uint64_t>(written, *write_error);
    Result<std::uint64_t> result = carry_out(write);
    if (lose_answer) result = Error{ErrorCode::timed_out, "no answer"};
    lose_answer = false;
    post_answer<std::uint64_t>(written, result);
  }

  /// Carries out what was held, and holds no more.
  void release() {
    holding = false;
    for (auto& [write, written] : std::exchange(held, {})) {
      post_answer<std::uint64_t>(written, carry_out(write));
    }
  }

  /// Another writer's change.
  void touch(const FormationName& name) { formations.at(name).version = ++version; }

  bool holding = false;
  bool lose_answer = false;
  std::optional<Error> write_error{};
  std::optional<Error> load_error{};
  std::map<FormationName, StoredFormation> formations{};
  std::vector<Event> events{};
  std::map<std::uint64_t, Decided> decisions{};  ///< By the version of their write.
  std::vector<SpecRevision> revised{};           ///< Every revision that was written.
  std::uint64_t version = 0;
  int attempts = 0;
  int loads = 0;
  std::deque<std::pair<Write, std::function<void(Result<std::uint64_t>)>>> held{};

 private:
  Result<std::uint64_t> carry_out(const Write& write) {
    const FormationName& name = write.formation.formation.name;
    const auto found = formations.find(name);
    const std::uint64_t current = found == formations.end() ? 0 : found->second.version;
    if (current != write.expected_version) return Error{ErrorCode::conflict, "somebody else wrote"};
    ++version;
    if (write.remove) {
      formations.erase(name);
      return version;
    }
    StoredFormation& stored = formations[name];
    stored = write.formation;
    stored.version = version;
    if (write.revision) revised.push_back(*write.revision);
    if (write.decided) decisions[version] = *write.decided;
    for (std::size_t i = 0; i < write.events.size(); ++i) {
      events.push_back(write.events[i]);
      events.back().number = event_number(version, i);
    }
    return version;
  }

  template <typename T>
  void post_answer(std::function<void(Result<T>)> callback, Result<T> result) {
    scheduler_.post(
        [callback = std::move(callback), result = std::move(result)] { callback(result); });
  }

  Scheduler& scheduler_;
};

}  // namespace hactl
